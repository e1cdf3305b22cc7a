-- Page views, visits and visitors of people by day, or by month where asked; days without any are absent.
SELECT
  if({months:UInt8} = 1, toStartOfMonth(day), day) AS first,
  sum({{views_there}}) AS views,
  countIf(visit != 0) AS visits,
  uniqIf(visitor, visitor != 0) AS visitors
FROM {{every_visit}}
WHERE {{has_points}}
  AND robot = 0
GROUP BY first
ORDER BY first
