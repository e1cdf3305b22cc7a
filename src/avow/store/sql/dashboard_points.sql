-- Views and visits of people by collection point, most views first.
SELECT name, sum(n_views) AS views, sum(n_visits) AS visits
FROM
(
  SELECT arrayJoin(splitByChar(',', points)) AS name, sum(views) AS n_views, sum(visits) AS n_visits
  FROM daily
  WHERE dimension = '' AND {{tallied}} AND {{there}}
  GROUP BY points
  UNION ALL
  SELECT toString(point) AS name, count() AS n_views, {{visits_seen}} AS n_visits
  FROM {{seen}}
  WHERE robot = 0 AND {{seen_there}}
  GROUP BY name
)
WHERE match(name, {points:String})
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
