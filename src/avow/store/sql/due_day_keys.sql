-- Keys of days (point/day) that seal a row that is due and belongs to nobody known.
SELECT DISTINCT concat(point, '/', toString(toDate(time))) AS name
FROM events
WHERE delete_on <= {today:Date32} AND sealed != '' AND subject = toUUID('00000000-0000-0000-0000-000000000000')
