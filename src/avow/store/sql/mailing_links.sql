-- What came back of a mailing by the link that was followed ('' for opened); of people, robots and the demonstration left out.
SELECT
  props['link-followed'] AS link,
  uniqExactIf(subject, notEmpty(subject)) AS people,
  count() AS times
FROM events
WHERE point = {point:String}
  AND props['mailing'] = {mailing:String}
  AND robot = 0
  AND demonstration = 0
GROUP BY link
