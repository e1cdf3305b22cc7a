-- The newest events of these subjects at these collection points before a moment, invented ones apart from real ones.
SELECT record_id, toUnixTimestamp64Milli(time) AS collected_ms, site, point, rulebook_id, name, page, referrer, campaign,
       browser, system, device, language, status, bytes, method, props, subject, sealed, robot, demonstration,
       toString(delete_on) AS delete_on, then
FROM events
WHERE subject IN {subjects:Array(UUID)}
  AND point IN {points:Array(String)}
  AND time < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
  AND demonstration = {demonstration:UInt8}
ORDER BY time DESC, record_id DESC
LIMIT {most:UInt32}
