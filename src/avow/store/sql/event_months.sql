-- The months of both tables of events, with the parts that hold them.
SELECT table, toUInt32(partition) AS month, groupArray(name) AS parts, sum(rows) AS events, sum(bytes_on_disk) AS bytes
FROM system.parts
WHERE database = currentDatabase() AND table IN ('events', 'events_next') AND active
GROUP BY table, month
ORDER BY table, month
