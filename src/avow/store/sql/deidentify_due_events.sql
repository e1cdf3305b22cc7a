-- What is left of a row says that something happened, not to whom.
ALTER TABLE {{events}}
UPDATE subject = toUUID('00000000-0000-0000-0000-000000000000'), sealed = ''
WHERE delete_on <= {today:Date32} AND then = 'deidentify'
  AND (subject != toUUID('00000000-0000-0000-0000-000000000000') OR sealed != '')
SETTINGS mutations_sync = 2
