-- As `dashboard_reading`, from events: of a visit that several of the points saw, how far they saw the page together.
SELECT name, count() AS left_on, sum(of_one) AS spent, round(spent / left_on) AS seconds, round(avg(furthest)) AS depth
FROM {{left}}
GROUP BY name
ORDER BY spent DESC, name
LIMIT {limit:Int64}
