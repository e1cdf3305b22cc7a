-- How many rows of these subjects at these collection points, from until a moment, are left?
SELECT count() AS events FROM {{events}}
WHERE subject IN {subjects:Array(UUID)} AND point IN {points:Array(String)}
  AND time <= fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
