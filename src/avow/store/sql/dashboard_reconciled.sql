-- One audience from three sources: visits seen by the tag, by a beacon and by the server's log, each visit once for each source.
-- What a visit is, say `store/tally_terms.py`: the same number for all three on one day, recognised people in it told apart.
SELECT sum(of_all) AS visits, sum(of_tag) AS tag, sum(of_beacon) AS beacon, sum(of_log) AS log, visits - sum(of_browser) AS log_alone
FROM
(
  SELECT sum(visits) AS of_all, sumIf(visits, match(points, {tag:String})) AS of_tag,
    sumIf(visits, match(points, {beacon:String})) AS of_beacon, sumIf(visits, match(points, {log:String})) AS of_log,
    sumIf(visits, match(points, {browser:String})) AS of_browser
  FROM daily
  WHERE dimension = '' AND {{tallied}} AND {{there}}
  UNION ALL
  SELECT count() AS of_all, countIf(by_tag) AS of_tag, countIf(by_beacon) AS of_beacon, countIf(by_log) AS of_log,
    countIf(by_tag OR by_beacon) AS of_browser
  FROM
  (
    SELECT max(match(point, {tag:String})) AS by_tag, max(match(point, {beacon:String})) AS by_beacon,
      max(match(point, {log:String})) AS by_log
    FROM {{seen}}
    WHERE robot = 0 AND visit != 0 AND {{seen_there}}
    GROUP BY site, day, visit, owner
  )
)
