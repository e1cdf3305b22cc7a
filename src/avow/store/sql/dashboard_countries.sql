-- Countries that network addresses belong to, most views first.
-- A server-log line counts as a page view when it is a successful GET of something that is not a part of a page.
SELECT
  props['country'] AS name,
  count() AS views,
  uniqIf(
    if(empty(subject), visit, sipHash64(subject)),
    visit != 0 OR notEmpty(subject)
  ) AS visitors
FROM events
WHERE site = {site:String}
  AND time >= fromUnixTimestamp64Milli({from_ms:Int64})
  AND time < fromUnixTimestamp64Milli({to_ms:Int64})
  AND ({point:String} = '' OR has(splitByChar(',', {point:String}), point))
  AND (status = 0 OR (status IN (200, 304) AND method IN ('', 'GET') AND NOT match(page, '(?i)\\.(css|js|map|png|jpe?g|gif|ico|svg|webp|avif|woff2?|ttf|mp4|webm|xml|txt)$')))
  AND robot = 0
  AND name != ''
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
