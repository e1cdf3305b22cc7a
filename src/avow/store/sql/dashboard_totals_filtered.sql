-- As `dashboard_totals`, of the visits that the filters leave.
SELECT
  sumIf({{views_there}}, robot = 0) AS views,
  countIf(robot = 0 AND visit != 0) AS visits,
  uniqIf(visitor, robot = 0 AND visitor != 0) AS visitors,
  sumIf({{views_there}}, robot = 1) AS robots,
  sum({{invented_there}}) AS demonstration
FROM {{every_visit}}
WHERE {{there}}
