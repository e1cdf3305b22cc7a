-- What people searched for on the site, most often first: only terms of several visits, for a rare one may say who asked.
SELECT
  props['search-term'] AS name,
  count() AS views,
  uniqIf(visitor, visitor != 0) AS visitors
FROM site_events(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64})
WHERE has(splitByChar(',', {point:String}), point)
  AND robot = 0
  AND name != ''
  AND ({without:UInt8} = 0 OR props['search-results'] = '0')
GROUP BY name
HAVING visitors >= {least:Int64}
ORDER BY views DESC, name
LIMIT {limit:Int64}
