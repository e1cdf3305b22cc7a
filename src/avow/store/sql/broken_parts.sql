-- Parts of what was made of events that could not be read at a start: nobody can ask them, and their bytes stay.
SELECT table, name
FROM system.detached_parts
WHERE database = currentDatabase() AND table IN ('visits', 'daily')
