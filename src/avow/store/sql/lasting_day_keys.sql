-- Those keys of days that also seal a row that is not due yet.
SELECT DISTINCT concat(point, '/', toString(toDate(time))) AS name
FROM events
WHERE delete_on > {today:Date32} AND sealed != '' AND subject = toUUID('00000000-0000-0000-0000-000000000000')
  AND (point, toDate(time)) IN (
      SELECT point, toDate(time)
      FROM events
      WHERE delete_on <= {today:Date32} AND sealed != '' AND subject = toUUID('00000000-0000-0000-0000-000000000000')
  )
