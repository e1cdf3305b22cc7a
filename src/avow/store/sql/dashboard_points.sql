-- Views and visits of people by collection point, most views first.
SELECT
  p AS name,
  sum(n) AS views,
  sum(n_visits) AS visits
FROM {{every_line}}
ARRAY JOIN points AS p, n_views AS n
WHERE {{here}}
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
