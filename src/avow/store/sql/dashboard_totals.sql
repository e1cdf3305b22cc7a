-- Page views, visits and visitors of people, and what robots fetched.
SELECT sum(n_views) AS views, sum(n_visits) AS visits, uniqMerge(who) AS visitors, sum(n_robots) AS robots, sum(n_invented) AS demonstration
FROM
(
  SELECT sumIf(views, dimension = '') AS n_views, sumIf(visits, dimension = '') AS n_visits, uniqStateIf(toUInt64(0), 0) AS who,
    sumIf(views, dimension = 'robot') AS n_robots, sum(invented) AS n_invented
  FROM daily
  WHERE dimension IN ('', 'robot') AND {{tallied}} AND {{there}}
  UNION ALL
  SELECT 0 AS n_views, 0 AS n_visits, uniqStateIf(visitor, visitor != 0) AS who, 0 AS n_robots, 0 AS n_invented
  FROM visits
  WHERE robot = 0 AND {{tallied}} AND {{there}}
  UNION ALL
  SELECT countIf(robot = 0) AS n_views, uniqExactIf((site, day, visit, owner), robot = 0 AND visit != 0) AS n_visits,
    uniqStateIf({{visitor_of}}, robot = 0 AND (visit != 0 OR notEmpty(owner))) AS who,
    countIf(robot = 1) AS n_robots, sum(demonstration) AS n_invented
  FROM {{seen}}
  WHERE {{seen_there}}
)
