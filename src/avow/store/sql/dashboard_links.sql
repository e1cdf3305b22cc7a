-- Links that people followed and files that they fetched, most often first.
SELECT
  props['link-followed'] AS name,
  count() AS views,
  uniqIf(visitor, visitor != 0) AS visitors
FROM site_events(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64})
WHERE has(splitByChar(',', {point:String}), point)
  AND robot = 0
  AND name != ''
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
