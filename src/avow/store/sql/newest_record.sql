-- The newest record of a span of time, and how many there are: what a drain collected later than this cannot be stored yet.
SELECT
    count() AS records,
    toUnixTimestamp64Milli(max(time)) AS newest_ms
FROM events
WHERE site IN {sites:Array(String)}
  AND point IN {points:Array(String)}
  AND time BETWEEN fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
