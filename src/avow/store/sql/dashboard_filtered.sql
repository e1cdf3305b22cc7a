-- As `dashboard_ranked`, of the visits that the filters leave, by what is known of each of them.
SELECT
  {column:Identifier} AS name,
  sum({{views_there}}) AS views,
  countIf(visit != 0) AS visits
FROM {{every_visit}}
WHERE {{there}}
  AND robot = 0
  AND ({unknown:UInt8} = 1 OR name != '')
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
