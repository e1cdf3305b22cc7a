-- Visits by the campaign that brought them, the last one where there were several; '' for those that none brought.
SELECT
  brought AS name,
  count() AS visits
FROM
(
  SELECT
    argMaxIf(campaign, time, campaign != '') AS brought
  FROM events
  WHERE {{happened}}
    AND {{at_points}}
    AND robot = 0
    AND visit != 0
  GROUP BY visit, subject
)
GROUP BY name
