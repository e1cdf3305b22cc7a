-- The columns that the table has.
SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'events'
