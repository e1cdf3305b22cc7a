-- How many events there are in each of these hours that hold any, as numbers since 1970.
SELECT intDiv(toUnixTimestamp(time), 3600) AS hour, count() AS events
FROM events
WHERE {{happened}}
GROUP BY hour
ORDER BY hour
