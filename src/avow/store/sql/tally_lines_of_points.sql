-- The lines of one dimension of some days, of which there are none: what each point saw.
INSERT INTO daily (dimension, site, day, key, points, views, loose, invented, seconds)
SELECT {dimension:String}, site, day, key, point, count(), countIf(visit = 0), sum(demonstration), sum(seconds)
FROM {{keyed}}
GROUP BY site, day, key, point
