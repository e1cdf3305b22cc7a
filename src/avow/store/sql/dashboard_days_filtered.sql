-- As `dashboard_days`, of the visits that the filters leave.
SELECT
  if({months:UInt8} = 1, toStartOfMonth(day), day) AS first,
  sum({{views_there}}) AS views,
  countIf(visit != 0) AS visits,
  uniqIf(visitor, visitor != 0) AS visitors
FROM {{every_visit}}
WHERE {{there}}
  AND robot = 0
GROUP BY first
ORDER BY first
