-- What is not yet in the table that is to take the place of `events`, of a span of time.
INSERT INTO events_next (record_id, time, site, point, rulebook_id, name, page, referrer, campaign, browser, system, device, language,
       status, bytes, method, props, subject, visit, sealed, robot, demonstration, delete_on, then)
SELECT record_id, time, site, point, rulebook_id, name, page, referrer, campaign, browser, system, device, language,
       status, bytes, method, props, subject, visit, sealed, robot, demonstration, delete_on, then
FROM events
WHERE time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
  AND record_id NOT IN (
      SELECT record_id
      FROM events_next
      WHERE time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
  )
