-- The hours of what these pairs of subject and collection point left, each until a moment of its own.
SELECT DISTINCT intDiv(toUnixTimestamp(time), 3600) AS hour
FROM events
WHERE subject IN {subjects:Array(UUID)} AND {{marked}}
