-- One click on a link, by its number, which begins with its moment: only that moment is read.
SELECT record_id, toUnixTimestamp64Milli(time) AS collected_ms, site, point, rulebook_id, name, page, referrer, campaign,
       browser, system, device, language, status, bytes, method, props, subject, visit, sealed, robot, demonstration,
       toString(delete_on) AS delete_on, then
FROM events
WHERE site = {site:String}
  AND time = fromUnixTimestamp64Milli({at_ms:Int64}, 'UTC')
  AND record_id = {record:UUID}
LIMIT 1
