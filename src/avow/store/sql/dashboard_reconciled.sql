-- One audience from three sources: visits seen by the tag, by a beacon and by the server's log, each visit once for each source.
-- A visit number is the same for all three on one day. People who share an address and an agent are told apart where they
-- may be recognised: such a visit counts as many times as there are recognised people in it, for a source as many times as
-- that source recognised, and once for one that saw it and recognised nobody.
SELECT
  sum(greatest(1, people)) AS visits,
  sumIf(greatest(1, tag_people), by_tag) AS tag,
  sumIf(greatest(1, beacon_people), by_beacon) AS beacon,
  sumIf(greatest(1, log_people), by_log) AS log,
  sumIf(greatest(1, log_people), by_log AND NOT by_tag AND NOT by_beacon) AS log_alone
FROM
(
  SELECT
    uniqExactIf(subject, notEmpty(subject)) AS people,
    uniqExactIf(subject, notEmpty(subject) AND has(splitByChar(',', {tag:String}), point)) AS tag_people,
    uniqExactIf(subject, notEmpty(subject) AND has(splitByChar(',', {beacon:String}), point)) AS beacon_people,
    uniqExactIf(subject, notEmpty(subject) AND has(splitByChar(',', {log:String}), point)) AS log_people,
    max(has(splitByChar(',', {tag:String}), point)) AS by_tag,
    max(has(splitByChar(',', {beacon:String}), point)) AS by_beacon,
    max(has(splitByChar(',', {log:String}), point)) AS by_log
  FROM events
  WHERE {{page_views}}
    AND {{at_points}}
    AND robot = 0
    AND visit != 0
  GROUP BY visit
)
