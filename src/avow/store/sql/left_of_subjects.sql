-- How much of these subjects is left: rows in that table of events which has most of them (the one that is filled to take its
-- place may be there, store/moving.py), and visits that were made of them?
SELECT max(events) AS events, max(visits) AS visits
FROM (
    SELECT count() AS events, 0 AS visits
    FROM merge(currentDatabase(), '^events(_next)?$')
    WHERE subject IN {subjects:Array(UUID)}
    GROUP BY _table
    UNION ALL
    SELECT 0 AS events, count() AS visits
    FROM visits
    WHERE subject IN {subjects:Array(UUID)}
)
