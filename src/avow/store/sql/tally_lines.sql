-- The lines of one dimension of some days, of which there are none: visits, by the points that saw them; and what each point saw.
INSERT INTO daily (dimension, site, day, key, points, visits, views, loose, invented, seconds)
SELECT {dimension:String}, site, day, key, points, count(), 0, 0, 0, 0
FROM
(
  SELECT site, day, key, arrayStringConcat(arraySort(groupUniqArray(point)), ',') AS points
  FROM {{keyed}}
  WHERE visit != 0
  GROUP BY site, day, visit, owner, key
)
GROUP BY site, day, key, points
UNION ALL
SELECT {dimension:String}, site, day, key, point, 0, count(), countIf(visit = 0), sum(demonstration), sum(seconds)
FROM {{keyed}}
GROUP BY site, day, key, point
