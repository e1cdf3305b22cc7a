-- Links that people followed and files that they fetched, most often first.
SELECT
  link AS name,
  count() AS views,
  uniqIf(visitor, visitor != 0) AS visitors
FROM events
WHERE {{happened}}
  AND {{at_points}}
  AND robot = 0
  AND name != ''
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
