-- What was made of events, all of it: it is made again.
TRUNCATE TABLE visits
