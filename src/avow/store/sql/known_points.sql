-- Every subject that has rows with the points at which they are: after a restore the vault is asked which of them were deleted.
SELECT DISTINCT subject, point FROM events WHERE subject != toUUID('00000000-0000-0000-0000-000000000000')
