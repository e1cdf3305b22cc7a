-- Before a restore: what the backup holds takes the place of what is here.
TRUNCATE TABLE events
