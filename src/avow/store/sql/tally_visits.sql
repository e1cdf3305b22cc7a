-- The visits of some days, of which there are no rows.
INSERT INTO visits
  (site, day, visit, subject, visitor, robot, started, ended, entry, exit, referrer, campaign,
   browser, system, device, language, country, points, views, invented, seconds)
SELECT site, day, visit, subject, visitor, robot, started, ended, entry, exit, referrer, campaign,
       browser, system, device, language, country, points, views, invented, seconds
FROM {{visits}}
