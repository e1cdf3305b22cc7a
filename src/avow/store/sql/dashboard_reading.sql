-- How long pages were in front of people and how far they were seen: by page, the ones with most time first.
-- A page that is left, looked at again and left again sends what came since: seconds add up, the furthest point counts.
SELECT
  page AS name,
  count() AS visits,
  round(avg(spent)) AS seconds,
  round(avg(furthest)) AS depth
FROM
(
  SELECT
    page,
    if(visit = 0, toString(record_id), toString(visit)) AS one,
    sum(seconds) AS spent,
    max(depth) AS furthest
  FROM events
  WHERE {{happened}}
    AND {{at_points}}
    AND robot = 0
    AND page != ''
  GROUP BY page, one
)
GROUP BY name
ORDER BY sum(spent) DESC, name
LIMIT {limit:Int64}
