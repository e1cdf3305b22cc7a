-- Which of these records are stored already? Only the batch's own time is read.
SELECT record_id
FROM events
WHERE site IN {sites:Array(String)}
  AND point IN {points:Array(String)}
  AND time BETWEEN fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
  AND toUInt128(record_id) IN {records:Array(UInt128)}
