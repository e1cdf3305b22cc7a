-- How many events there are in each of these hours that hold any, as numbers since 1970.
SELECT intDiv(toUnixTimestamp(time), 3600) AS hour, count() AS events
FROM events
WHERE time >= fromUnixTimestamp64Milli({from_ms:Int64}) AND time < fromUnixTimestamp64Milli({to_ms:Int64})
GROUP BY hour
ORDER BY hour
