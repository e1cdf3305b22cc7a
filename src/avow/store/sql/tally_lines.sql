-- The lines of one dimension of some days, of which there are none.
INSERT INTO daily (dimension, site, day, key, points, visits, views, loose, invented, seconds, depth)
SELECT {dimension:String}, site, day, key, points, visits, views, loose, invented, seconds, depth
FROM {{lines}}
