-- How many rows of these subjects are left?
SELECT count() AS events FROM {{events}} WHERE subject IN {subjects:Array(UUID)}
