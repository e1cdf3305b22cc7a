-- Parts that a mutation or merge has replaced and that still lie on the disk.
SELECT count() AS parts FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active = 0
