-- The hours of what these subjects left, in events and in visits.
SELECT DISTINCT intDiv(toUnixTimestamp(time), 3600) AS hour
FROM events
WHERE subject IN {subjects:Array(UUID)}
UNION DISTINCT
SELECT DISTINCT intDiv(toUnixTimestamp(started), 3600) AS hour
FROM visits
WHERE subject IN {subjects:Array(UUID)}
