-- One span of time for a backup, in the order of the insert.
SELECT record_id, time, site, point, rulebook_id, name, page, referrer, campaign, browser, system, device, language,
       status, bytes, method, props, subject, visit, sealed, robot, demonstration, delete_on, then
FROM events
WHERE time >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND time <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
