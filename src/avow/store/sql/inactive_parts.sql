-- Parts that a mutation or merge has replaced and that still lie on the disk. Those that are being deleted are named only to
-- who asks for the state.
SELECT concat(table, ' ', name) AS name
FROM system.parts
WHERE database = currentDatabase() AND table IN ('events', 'events_next', 'visits', 'daily')
  AND _state IN ('Outdated', 'Deleting', 'DeleteOnDestroy')
