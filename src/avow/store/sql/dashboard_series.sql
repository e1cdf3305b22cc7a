-- Page views, visits and visitors by hour or minute, from events: `steps` are the first seconds of all of them, in their order;
-- empty ones are absent. A visit counts in each step in which it was seen.
SELECT
  roundDown(toUnixTimestamp(time), {steps:Array(UInt32)}) AS bucket,
  count() AS views,
  {{visits_seen}} AS visits,
  uniqIf({{visitor_of}}, visit != 0 OR notEmpty(owner)) AS visitors
FROM {{seen}}
WHERE {{seen_there}}
  AND robot = 0
GROUP BY bucket
ORDER BY bucket
