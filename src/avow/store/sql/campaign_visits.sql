-- Visits by the campaign that brought them, the last one where there were several; '' for those that none brought.
SELECT
  brought AS name,
  count() AS visits
FROM
(
  SELECT
    argMaxIf(campaign, time, campaign != '') AS brought
  FROM site_events(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64})
  WHERE has(splitByChar(',', {point:String}), point)
    AND robot = 0
    AND visit != 0
  GROUP BY visit, subject
)
GROUP BY name
