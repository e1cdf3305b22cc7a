-- Clicks on links to other companies, and what those report of them, by collection point and currency.
SELECT
  point AS name,
  upper(props['currency']) AS currency,
  count() AS events,
  sum(toDecimal64OrZero(props['purchase-value'], 2)) AS value
FROM events
WHERE site = {site:String}
  AND time >= fromUnixTimestamp64Milli({from_ms:Int64})
  AND time < fromUnixTimestamp64Milli({to_ms:Int64})
  AND has(splitByChar(',', {point:String}), point)
  AND robot = 0
GROUP BY name, currency
