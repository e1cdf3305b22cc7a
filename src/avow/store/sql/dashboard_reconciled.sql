-- One audience from three sources: visits seen by the tag, by a beacon and by the server's log, each visit once.
-- A visit number is the same for all three on one day. People who share an address and an agent are told apart where they
-- may be recognised: such a visit counts as many times as there are recognised people in it.
SELECT
  sum(people) AS visits,
  sumIf(people, by_tag) AS tag,
  sumIf(people, by_beacon) AS beacon,
  sumIf(people, by_log) AS log,
  sumIf(people, by_log AND NOT by_tag AND NOT by_beacon) AS log_alone
FROM
(
  SELECT
    greatest(1, uniqExactIf(subject, notEmpty(subject))) AS people,
    max(has(splitByChar(',', {tag:String}), point)) AS by_tag,
    max(has(splitByChar(',', {beacon:String}), point)) AS by_beacon,
    max(has(splitByChar(',', {log:String}), point)) AS by_log
  FROM page_views(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64}, point = {point:String})
  WHERE has(splitByChar(',', {point:String}), point)
    AND robot = 0
    AND visit != 0
  GROUP BY visit
)
