-- Page views, visits and visitors by minute, hour, day or month of the business's time zone; empty ones are absent.
SELECT
  toUnixTimestamp(toDateTime(dateTrunc({step:String}, time, {timezone:String}), {timezone:String})) AS bucket,
  count() AS views,
  uniqIf((visit, subject), visit != 0) AS visits,
  uniqIf(visitor, visitor != 0) AS visitors
FROM page_views(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64}, point = {point:String})
WHERE robot = 0
GROUP BY bucket
ORDER BY bucket
