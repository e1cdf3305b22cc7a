-- What is held about these subjects at these collection points, oldest first.
SELECT record_id, toUnixTimestamp64Milli(time) AS collected_ms, site, point, rulebook_id, name, page, referrer, campaign,
       browser, system, device, language, status, bytes, method, props, subject, sealed, robot, demonstration,
       toString(delete_on) AS delete_on, then
FROM events
WHERE subject IN {subjects:Array(UUID)} AND point IN {points:Array(String)}
ORDER BY time, record_id
