-- What one month of a table of events holds, day by day, in a number that is the same in whatever order and parts it lies.
SELECT
  toUnixTimestamp64Milli(toDateTime64(toDate(time), 3, 'UTC')) AS day_ms,
  count() AS events,
  sum(cityHash64(record_id, time, site, point, rulebook_id, name, page, referrer, campaign, browser, system, device, language,
    status, bytes, method, props, subject, visit, sealed, robot, demonstration, delete_on, then)) AS fingerprint
FROM {{events}}
WHERE toYYYYMM(time) = {month:UInt32}
GROUP BY day_ms
ORDER BY day_ms
