-- Parts that a mutation or merge has replaced and that still lie on the disk.
SELECT name FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active = 0
