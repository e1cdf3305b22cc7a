-- The hours of what these subjects left at these collection points until a moment.
SELECT DISTINCT intDiv(toUnixTimestamp(time), 3600) AS hour
FROM events
WHERE subject IN {subjects:Array(UUID)} AND point IN {points:Array(String)}
  AND time <= fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
