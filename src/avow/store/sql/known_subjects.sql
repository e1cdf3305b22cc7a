-- Every subject that has rows: the thorough purge asks the vault which of them still have a key.
SELECT DISTINCT subject FROM events WHERE subject != toUUID('00000000-0000-0000-0000-000000000000')
UNION DISTINCT
SELECT DISTINCT subject FROM visits WHERE subject != toUUID('00000000-0000-0000-0000-000000000000')
