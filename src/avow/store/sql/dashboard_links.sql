-- Links that people followed and files that they fetched, most often first.
SELECT
  props['link-followed'] AS name,
  count() AS views,
  uniqIf(
    if(empty(subject), visit, sipHash64(subject)),
    visit != 0 OR notEmpty(subject)
  ) AS visitors
FROM events
WHERE site = {site:String}
  AND time >= fromUnixTimestamp64Milli({from_ms:Int64})
  AND time < fromUnixTimestamp64Milli({to_ms:Int64})
  AND has(splitByChar(',', {point:String}), point)
  AND robot = 0
  AND name != ''
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
