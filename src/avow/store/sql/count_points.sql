-- How many events of these subjects are held, by collection point and version, and from when to when?
SELECT point, rulebook_id, count() AS events, toUnixTimestamp64Milli(min(time)) AS first_ms, toUnixTimestamp64Milli(max(time)) AS last_ms
FROM events
WHERE subject IN {subjects:Array(UUID)}
GROUP BY point, rulebook_id
ORDER BY point, rulebook_id
