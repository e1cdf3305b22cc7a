-- From when to when each collection point has events at all, so that an empty period can say where the data is.
SELECT
  point AS name,
  count() AS events,
  toUnixTimestamp64Milli(min(time)) AS first_ms,
  toUnixTimestamp64Milli(max(time)) AS last_ms
FROM events
WHERE ({site:String} = '' OR site = {site:String})
GROUP BY name
ORDER BY name
