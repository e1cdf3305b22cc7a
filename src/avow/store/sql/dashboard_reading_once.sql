-- As `dashboard_reading`, from events: of a visit that several of the points saw, how far they saw the page together.
SELECT
  page AS name,
  count() AS left_on,
  sum(of_one) AS spent,
  round(spent / left_on) AS seconds,
  round(avg(furthest)) AS depth
FROM
(
  SELECT page, sum(seconds) AS of_one, max(depth) AS furthest
  FROM {{seen}}
  WHERE {{at_points}}
    AND robot = 0
    AND page != ''
  GROUP BY page, site, day, visit, owner, if(visit = 0, record_id, toUUID('00000000-0000-0000-0000-000000000000'))
)
GROUP BY name
ORDER BY spent DESC, name
LIMIT {limit:Int64}
