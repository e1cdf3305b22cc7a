-- The days that hold rows, as spans for `export_events`.
SELECT toUnixTimestamp64Milli(min(time)) AS first_ms, toUnixTimestamp64Milli(max(time)) AS last_ms, count() AS events
FROM events
GROUP BY toDate(time)
ORDER BY first_ms
