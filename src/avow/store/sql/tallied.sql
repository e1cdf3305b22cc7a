-- How much is made of each day, and of what: a day whose sums are not what was noted of it is made again.
SELECT day, sum(of_visits) AS visits, sum(of_lines) AS lines, groupBitXor(mark) AS mark
FROM
(
  SELECT day, count() AS of_visits, 0 AS of_lines, groupBitXor(cityHash64(site, visit, visitor, robot, started, points, views)) AS mark
  FROM visits
  WHERE ({all:UInt8} = 1 OR day IN {days:Array(Date)})
  GROUP BY day
  UNION ALL
  SELECT day, 0 AS of_visits, count() AS of_lines, groupBitXor(cityHash64(dimension, site, key, points, visits, views, depth)) AS mark
  FROM daily
  WHERE ({all:UInt8} = 1 OR day IN {days:Array(Date)})
  GROUP BY day
)
GROUP BY day
