-- Everything held about these subjects, point by point, the oldest first: read block by block, never as a whole.
SELECT record_id, toUnixTimestamp64Milli(time) AS collected_ms, site, point, rulebook_id, name, page, referrer, campaign,
       browser, system, device, language, status, bytes, method, props, subject, sealed, robot, demonstration,
       toString(delete_on) AS delete_on, then
FROM events
WHERE subject IN {subjects:Array(UUID)}
ORDER BY point, time, record_id
SETTINGS max_block_size = 2000
