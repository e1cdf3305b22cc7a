-- Live evidence beside the policy: how many events of each point are held, and since when.
SELECT point, count() AS events, toUnixTimestamp64Milli(min(time)) AS oldest_ms FROM events GROUP BY point
