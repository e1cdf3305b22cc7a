-- Live evidence: events of each point whose day to be erased or de-identified has passed. The same conditions as due_events.sql; the demonstration left out.
SELECT point, count() AS events
FROM events
WHERE demonstration = 0
  AND delete_on < {today:Date32}
  AND (then != 'deidentify' OR subject != toUUID('00000000-0000-0000-0000-000000000000') OR sealed != '')
GROUP BY point
