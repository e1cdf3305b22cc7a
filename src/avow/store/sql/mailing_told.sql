-- What came back of a mailing: by the link that was followed ('' for opened), and of all links together (`is_whole`). Scanners
-- are apart: what was told as a robot's when it came, and whatever of a message came within the moment in which several of its
-- links were followed, which no reader does. The demonstration is left out.
WITH told AS (
  SELECT
    link AS followed,
    subject,
    robot,
    uniqExactIf(link, link != '') OVER (
      PARTITION BY subject
      ORDER BY toUnixTimestamp64Milli(time)
      RANGE BETWEEN {moment_ms:UInt32} PRECEDING AND {moment_ms:UInt32} FOLLOWING
    ) AS links
  FROM events
  WHERE point = {point:String}
    AND props['mailing'] = {mailing:String}
    AND demonstration = 0
), judged AS (
  SELECT followed, subject, notEmpty(subject) AS is_known, robot = 1 OR (is_known AND links > 1) AS is_scan FROM told
)
SELECT
  followed AS link,
  0 AS is_whole,
  uniqExactIf(subject, NOT is_scan AND is_known) AS people,
  countIf(NOT is_scan) AS times,
  countIf(is_scan) AS scans
FROM judged
GROUP BY followed
UNION ALL
SELECT
  '' AS link,
  1 AS is_whole,
  uniqExactIf(subject, NOT is_scan AND is_known AND followed != '') AS people,
  countIf(NOT is_scan AND followed != '') AS times,
  countIf(is_scan) AS scans
FROM judged
