-- How many rows of these subjects are held of each collection point, under each version of the policy?
SELECT point, rulebook_id, count() AS events
FROM events
WHERE subject IN {subjects:Array(UUID)}
GROUP BY point, rulebook_id
ORDER BY point, rulebook_id
