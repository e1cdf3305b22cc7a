-- As `dashboard_series`, of the visits that the filters leave.
SELECT
  roundDown(toUnixTimestamp(time), {steps:Array(UInt32)}) AS bucket,
  count() AS views,
  {{visits_seen}} AS visits,
  uniqIf({{visitor_of}}, visit != 0 OR notEmpty(owner)) AS visitors
FROM {{seen}}
WHERE {{seen_there}}
  AND robot = 0
  AND (site, day, visit, owner) IN (SELECT site, day, visit, subject FROM {{visits}} WHERE {{filtered}})
GROUP BY bucket
ORDER BY bucket
