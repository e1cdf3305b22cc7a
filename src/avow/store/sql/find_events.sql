-- Everything held about these subjects, oldest first.
SELECT record_id, toUnixTimestamp64Milli(time) AS collected_ms, site, point, rulebook_id, name, page, referrer, campaign,
       browser, system, device, language, status, bytes, method, props, subject, sealed, robot, demonstration,
       toString(delete_on) AS delete_on, then
FROM events
WHERE subject IN {subjects:Array(UUID)}
ORDER BY time, record_id
