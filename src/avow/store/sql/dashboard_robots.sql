-- Robots that fetched pages, most active first.
SELECT
  browser AS name,
  count() AS views,
  uniqIf(visit, visit != 0) AS visitors
FROM page_views(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64}, point = {point:String})
WHERE robot = 1
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
