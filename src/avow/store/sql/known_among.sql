-- Those of these subjects that have rows.
SELECT DISTINCT subject FROM events WHERE subject IN {subjects:Array(UUID)}
UNION DISTINCT
SELECT DISTINCT subject FROM visits WHERE subject IN {subjects:Array(UUID)}
