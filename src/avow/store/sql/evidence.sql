-- Live evidence beside the policy: how many events of each point are held, and since when; the demonstration left out.
SELECT point, count() AS events, toUnixTimestamp64Milli(min(time)) AS oldest_ms FROM events WHERE demonstration = 0 GROUP BY point
