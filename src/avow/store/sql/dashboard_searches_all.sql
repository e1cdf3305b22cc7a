-- All searches on the site: how many, of how many visits, how many found nothing, how many different terms.
SELECT
  count() AS searches,
  uniqIf(visitor, visitor != 0) AS visitors,
  countIf(props['search-results'] = '0') AS without,
  uniqExactIf(props['search-term'], props['search-term'] != '') AS terms
FROM site_events(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64})
WHERE has(splitByChar(',', {point:String}), point)
  AND robot = 0
