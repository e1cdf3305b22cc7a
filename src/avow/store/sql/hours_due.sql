-- The hours of what is due: to be erased, or to be said of nobody any more.
SELECT DISTINCT intDiv(toUnixTimestamp(time), 3600) AS hour
FROM events
WHERE delete_on <= {today:Date32}
  AND (then != 'deidentify' OR subject != toUUID('00000000-0000-0000-0000-000000000000') OR sealed != '')
