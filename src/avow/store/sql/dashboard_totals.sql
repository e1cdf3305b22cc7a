-- Page views, visits and visitors of people, and what robots fetched.
-- Visitors: the known subject where the person allowed one, else the visit, which nobody can link from day to day.
-- A server-log line counts as a page view when it is a successful GET of something that is not a part of a page.
SELECT
  countIf(robot = 0) AS views,
  uniqIf((visit, subject), robot = 0 AND visit != 0) AS visits,
  uniqIf(
    if(empty(subject), visit, sipHash64(subject)),
    robot = 0 AND (visit != 0 OR notEmpty(subject))
  ) AS visitors,
  countIf(robot = 1) AS robots,
  countIf(demonstration = 1) AS demonstration
FROM events
WHERE site = {site:String}
  AND time >= fromUnixTimestamp64Milli({from_ms:Int64})
  AND time < fromUnixTimestamp64Milli({to_ms:Int64})
  AND ({point:String} = '' OR has(splitByChar(',', {point:String}), point))
  AND (status = 0 OR (status IN (200, 304) AND method IN ('', 'GET') AND NOT match(page, '(?i)\\.(css|js|map|png|jpe?g|gif|ico|svg|webp|avif|woff2?|ttf|mp4|webm|xml|txt)$')))
