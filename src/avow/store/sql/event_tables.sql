-- The table of events and the one that is filled to take its place (store/moving.py), that one first; and the order of each.
SELECT name, sorting_key
FROM system.tables
WHERE database = currentDatabase() AND name IN ('events', 'events_next')
ORDER BY name DESC
