-- What is due, by what happens to it, and the keys of days that hold such rows.
SELECT then, count() AS events
FROM events
WHERE delete_on <= {today:Date32}
  AND (then != 'deidentify' OR subject != toUUID('00000000-0000-0000-0000-000000000000') OR sealed != '')
GROUP BY then
