-- What people searched for on the site, most often first: only terms of several visits, for a rare one may say who asked.
SELECT
  search_term AS name,
  count() AS views,
  uniqIf(visitor, visitor != 0) AS visits
FROM events
WHERE {{happened}}
  AND {{at_points}}
  AND robot = 0
  AND name != ''
  AND ({without:UInt8} = 0 OR results = 0)
GROUP BY name
HAVING visits >= {least:Int64}
ORDER BY views DESC, name
LIMIT {limit:Int64}
