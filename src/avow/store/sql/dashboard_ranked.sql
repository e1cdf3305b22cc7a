-- Page views of people by one column (`analytics.question.Column`), most first; without those of which it is not known, where asked.
SELECT
  {column:Identifier} AS name,
  count() AS views,
  uniqIf(visitor, visitor != 0) AS visitors
FROM events
WHERE {{page_views}}
  AND robot = 0
  AND ({unknown:UInt8} = 1 OR name != '')
GROUP BY name
ORDER BY views DESC, name
LIMIT {limit:Int64}
