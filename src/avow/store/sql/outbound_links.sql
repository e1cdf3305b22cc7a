-- Clicks on links to other companies, and what those report of them, by collection point and currency. The n-th of `clicks`
-- is the point of the clicks that the n-th of `reports` is told of. A report has the moment and the visit of its click:
-- `reported` is how many of the clicks have one.
WITH happened AS
(
  SELECT
    point,
    transform(toString(point), splitByChar(',', {reports:String}), splitByChar(',', {clicks:String}), toString(point)) AS of_link,
    upper(props['currency']) AS currency,
    toDecimal64OrZero(props['purchase-value'], 2) AS worth,
    (of_link, time, visit) AS click
  FROM events
  WHERE {{happened}}
    AND {{at_points}}
    AND robot = 0
)
SELECT
  point AS name,
  currency,
  count() AS events,
  countIf(
    has(splitByChar(',', {clicks:String}), point)
    AND click IN (SELECT click FROM happened WHERE has(splitByChar(',', {reports:String}), point))
  ) AS reported,
  sum(worth) AS value
FROM happened
GROUP BY name, currency
