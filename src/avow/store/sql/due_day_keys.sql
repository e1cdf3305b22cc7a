-- Keys of days (point/day) whose every sealed row without a person is due.
SELECT concat(point, '/', toString(toDate(time))) AS name
FROM events
WHERE sealed != '' AND subject = toUUID('00000000-0000-0000-0000-000000000000')
GROUP BY name
HAVING max(delete_on) <= {today:Date32}
