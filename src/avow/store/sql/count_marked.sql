-- How many rows are of these pairs of subject and collection point, each from until a moment of its own?
SELECT count() AS events FROM {{events}}
WHERE subject IN {subjects:Array(UUID)} AND {{marked}}
