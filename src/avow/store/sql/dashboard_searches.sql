-- What people searched for on the site, most often first: only terms of several visits, for a rare one may say who asked.
SELECT
  props['search-term'] AS name,
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
  AND ({without:UInt8} = 0 OR props['search-results'] = '0')
GROUP BY name
HAVING visitors >= {least:Int64}
ORDER BY views DESC, name
LIMIT {limit:Int64}
