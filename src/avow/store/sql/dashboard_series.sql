-- Page views, visits and visitors by step: `steps` are the first seconds of all of them, in their order; empty ones are absent.
SELECT
  roundDown(toUnixTimestamp(time), {steps:Array(UInt32)}) AS bucket,
  count() AS views,
  uniqIf((visit, subject), visit != 0) AS visits,
  uniqIf(visitor, visitor != 0) AS visitors
FROM events
WHERE {{page_views}}
  AND robot = 0
GROUP BY bucket
ORDER BY bucket
