-- The hours of what demonstrations left.
SELECT DISTINCT intDiv(toUnixTimestamp(time), 3600) AS hour
FROM events
WHERE demonstration = 1
