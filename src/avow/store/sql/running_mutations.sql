SELECT count() AS mutations
FROM system.mutations
WHERE database = currentDatabase() AND table IN ('events', 'events_next') AND NOT is_done
