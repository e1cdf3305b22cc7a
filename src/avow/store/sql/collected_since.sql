-- How many events of each point were collected since a moment (the chart of the last 12 months); the demonstration left out.
SELECT point, count() AS events
FROM events
WHERE demonstration = 0
  AND time >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
GROUP BY point
