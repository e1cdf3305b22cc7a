-- How long pages were in front of people and how far they were seen: by page, the ones with most time first.
-- A page that is left, looked at again and left again sends what came since: seconds add up, the furthest point counts.
-- `together`: at how many of the points one visit left a page, at most; of several, `dashboard_reading_once` says the furthest.
SELECT
  key AS name,
  sumIf(n_visits, {{has_points}}) + sum({{loose_there}}) AS left_on,
  sum({{seconds_there}}) AS spent,
  round(spent / left_on) AS seconds,
  round(sum({{depth_there}}) / left_on) AS depth,
  max({{points_there}}) AS together
FROM {{every_line}}
GROUP BY name
HAVING left_on > 0
ORDER BY spent DESC, name
LIMIT {limit:Int64}
