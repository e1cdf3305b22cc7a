-- All searches on the site: how many, of how many visits, how many found nothing, how many different terms.
SELECT
  count() AS searches,
  uniqIf(visitor, visitor != 0) AS visitors,
  countIf(results = 0) AS without,
  uniqExactIf(search_term, search_term != '') AS terms
FROM events
WHERE {{happened}}
  AND {{at_points}}
  AND robot = 0
