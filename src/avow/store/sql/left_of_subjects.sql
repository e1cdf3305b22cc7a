-- How much of these subjects is left, by table: of events, of the table that is filled to take its place (store/moving.py), and
-- of the visits that were made of events? A table in which nothing is left has no row.
SELECT _table AS name, count() AS left
FROM merge(currentDatabase(), '^(events(_next)?|visits)$')
WHERE subject IN {subjects:Array(UUID)}
GROUP BY name
