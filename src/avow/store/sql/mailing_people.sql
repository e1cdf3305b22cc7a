-- How many people opened a mailing, how many followed a link of it, and what robots fetched.
SELECT
  uniqExactIf(subject, robot = 0 AND notEmpty(subject) AND props['link-followed'] = '') AS opened,
  uniqExactIf(subject, robot = 0 AND notEmpty(subject) AND props['link-followed'] != '') AS followed,
  countIf(robot = 1) AS robots
FROM events
WHERE point = {point:String}
  AND props['mailing'] = {mailing:String}
  AND demonstration = 0
