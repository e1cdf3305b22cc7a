-- The lines of one dimension of some days, of which there are none: visits, by the points that saw them.
INSERT INTO daily (dimension, site, day, key, points, visits)
SELECT {dimension:String}, site, day, key, points, count()
FROM
(
  SELECT site, day, key, arrayStringConcat(arraySort(groupUniqArray(point)), ',') AS points
  FROM {{keyed}}
  WHERE visit != 0
  GROUP BY site, day, visit, owner, key
)
GROUP BY site, day, key, points
