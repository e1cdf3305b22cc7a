-- What these subjects left at these collection points until a moment, and nothing else of theirs.
ALTER TABLE {{events}} DELETE
WHERE subject IN {subjects:Array(UUID)} AND point IN {points:Array(String)}
  AND time <= fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
SETTINGS mutations_sync = 2
