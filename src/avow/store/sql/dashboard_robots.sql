-- Robots that fetched pages, most active first.
SELECT
  browser AS name,
  count() AS views,
  uniqIf(visit, visit != 0) AS visitors
FROM events
WHERE {{page_views}}
  AND robot = 1
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
