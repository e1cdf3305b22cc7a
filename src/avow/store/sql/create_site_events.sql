-- What happened at a site, at all of them for '', in a span of time. `visitor` tells people apart: by the known subject where the person allowed one,
-- else by the visit, which nobody can link from day to day; 0 where neither is known.
CREATE OR REPLACE VIEW site_events AS
SELECT
  *,
  if(empty(subject), visit, sipHash64(subject)) AS visitor
FROM events
WHERE ({site:String} = '' OR site = {site:String})
  AND time >= fromUnixTimestamp64Milli({from_ms:Int64})
  AND time < fromUnixTimestamp64Milli({to_ms:Int64})
