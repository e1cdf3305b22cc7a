-- How long pages were in front of people and how far they were seen: by page, the ones with most time first.
-- A page that is left, looked at again and left again sends what came since: seconds add up, the furthest point counts.
-- `together`: whether one visit left a page at several of the points; then `dashboard_reading_once` says the furthest.
SELECT name, sum(n_left) AS left_on, sum(n_seconds) AS spent, round(spent / left_on) AS seconds, round(sum(n_depth) / left_on) AS depth,
  max(is_together) AS together
FROM
(
  SELECT key AS name, sum(visits) + sum(loose) AS n_left, sum(seconds) AS n_seconds, sum(depth) AS n_depth,
    maxIf(match(points, {two:String}), visits > 0) AS is_together
  FROM daily
  WHERE dimension = 'page' AND {{tallied}} AND {{there}}
  GROUP BY name
  UNION ALL
  SELECT name, count() AS n_left, sum(of_one) AS n_seconds, sum(furthest) AS n_depth, 0 AS is_together
  FROM {{left}}
  GROUP BY name
)
GROUP BY name
HAVING left_on > 0
ORDER BY spent DESC, name
LIMIT {limit:Int64}
