-- As `dashboard_ranked`, of people by each of some dimensions in one look at the events of today.
SELECT dimension, name, sum(n_views) AS views, sum(n_visits) AS visits
FROM
(
  SELECT toString(dimension) AS dimension, key AS name, sum(views) AS n_views, sum(visits) AS n_visits
  FROM daily
  WHERE dimension IN {dimensions:Array(String)} AND {{tallied}} AND {{there}}
  GROUP BY dimension, name
  UNION ALL
  SELECT line.1 AS dimension, line.2 AS name, count() AS n_views, {{visits_seen}} AS n_visits
  FROM {{seen}}
  ARRAY JOIN {{each_line}} AS line
  WHERE robot = 0 AND {{seen_there}} AND has({dimensions:Array(String)}, dimension)
    AND (name != '' OR has({unknown:Array(String)}, dimension))
  GROUP BY dimension, name
)
GROUP BY dimension, name
HAVING views > 0
ORDER BY views DESC, name
LIMIT {limit:Int64} BY dimension
