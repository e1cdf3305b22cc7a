-- How many visits of these subjects, made of their events, are left?
SELECT count() AS visits FROM visits WHERE subject IN {subjects:Array(UUID)}
