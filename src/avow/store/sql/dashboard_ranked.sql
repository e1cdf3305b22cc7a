-- Page views and visits of people, or of robots, by one dimension (`store/tally_terms.py`), most views first.
SELECT name, sum(n_views) AS views, sum(n_visits) AS visits
FROM
(
  SELECT key AS name, sum(views) AS n_views, sum(visits) AS n_visits
  FROM daily
  WHERE dimension = {dimension:String} AND {{tallied}} AND {{there}}
  GROUP BY name
  UNION ALL
  SELECT toString({column:Identifier}) AS name, count() AS n_views, {{visits_seen}} AS n_visits
  FROM {{seen}}
  WHERE robot = {robot:UInt8} AND {{seen_there}} AND ({unknown:UInt8} = 1 OR name != '')
  GROUP BY name
)
GROUP BY name
HAVING views > 0
ORDER BY views DESC, name
LIMIT {limit:Int64}
