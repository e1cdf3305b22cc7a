SELECT sum(total_rows) AS rows FROM system.tables WHERE database = currentDatabase() AND name = 'events'
