-- How far pages were seen on some days, of which there are no such lines: of a visit, the furthest that each point saw.
INSERT INTO daily (dimension, site, day, key, points, depth)
SELECT {dimension:String}, site, day, key, point, sum(furthest)
FROM
(
  SELECT site, day, key, point, max(depth) AS furthest
  FROM {{keyed}}
  WHERE depth > 0
  GROUP BY site, day, visit, owner, key, point, if(visit = 0, record_id, toUUID('00000000-0000-0000-0000-000000000000'))
)
GROUP BY site, day, key, point
