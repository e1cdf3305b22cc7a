-- Page views, visits and visitors of people, and what robots fetched.
SELECT
  countIf(robot = 0) AS views,
  uniqIf((visit, subject), robot = 0 AND visit != 0) AS visits,
  uniqIf(visitor, robot = 0 AND visitor != 0) AS visitors,
  countIf(robot = 1) AS robots,
  countIf(demonstration = 1) AS demonstration
FROM events
WHERE {{page_views}}
