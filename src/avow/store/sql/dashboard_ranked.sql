-- Page views and visits of people, or of robots, by one dimension (`store/tally_terms.py`), most views first.
SELECT
  key AS name,
  sum({{views_there}}) AS views,
  sumIf(n_visits, {{has_points}}) AS visits
FROM {{every_line}}
GROUP BY name
HAVING views > 0
ORDER BY views DESC, name
LIMIT {limit:Int64}
