-- Clicks on links to other companies, and what those report of them, by collection point and currency.
SELECT
  point AS name,
  upper(props['currency']) AS currency,
  count() AS events,
  sum(toDecimal64OrZero(props['purchase-value'], 2)) AS value
FROM site_events(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64})
WHERE has(splitByChar(',', {point:String}), point)
  AND robot = 0
GROUP BY name, currency
