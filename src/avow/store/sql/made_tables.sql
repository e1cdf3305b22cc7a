-- The tables of what is made of events, and as what each was made.
SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND name IN ('visits', 'daily')
