-- Page views by collection point: tag, pixel, server log.
SELECT
  point AS name,
  count() AS views,
  uniqIf(visitor, visitor != 0) AS visitors
FROM page_views(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64}, point = {point:String})
WHERE robot = 0
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
