-- All searches on the site: how many, of how many visits, how many found nothing, how many different terms.
SELECT
  count() AS searches,
  uniqIf(
    if(empty(subject), visit, sipHash64(subject)),
    visit != 0 OR notEmpty(subject)
  ) AS visitors,
  countIf(props['search-results'] = '0') AS without,
  uniqExactIf(props['search-term'], props['search-term'] != '') AS terms
FROM events
WHERE site = {site:String}
  AND time >= fromUnixTimestamp64Milli({from_ms:Int64})
  AND time < fromUnixTimestamp64Milli({to_ms:Int64})
  AND has(splitByChar(',', {point:String}), point)
  AND robot = 0
