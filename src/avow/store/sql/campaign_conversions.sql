-- Conversions and their value by campaign and currency. A conversion belongs to the campaign that it names itself, else to
-- the last one by which its visit, or its recognised visitor, came within the window before it; '' where there is none.
-- What a page says again in one visit, word for word, counts once; what another company reports has an id of its own.
WITH
  conversions AS
  (
    SELECT
      min(time) AS at,
      visit AS of_visit,
      subject AS of_subject,
      campaign AS named,
      upper(props['currency']) AS currency,
      toDecimal64OrZero(props['purchase-value'], 2) AS worth,
      max(demonstration) AS invented
    FROM site_events(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64})
    WHERE has(splitByChar(',', {point:String}), point)
      AND robot = 0
    GROUP BY
      point, visit, subject, campaign, page, currency, worth, toString(props),
      if(visit = 0 OR has(splitByChar(',', {reports:String}), point), record_id, toUUID('00000000-0000-0000-0000-000000000000'))
  ),
  came AS
  (
    SELECT time, campaign, visit, subject
    FROM events
    WHERE site = {site:String}
      AND time >= fromUnixTimestamp64Milli({from_ms:Int64} - {window_ms:Int64})
      AND time < fromUnixTimestamp64Milli({to_ms:Int64})
      AND has(splitByChar(',', {views:String}), point)
      AND robot = 0
      AND campaign != ''
  )
SELECT
  multiIf(
    named != '', named,
    visit_time >= greatest(subject_time, at - toIntervalMillisecond({window_ms:Int64})), visit_campaign,
    subject_time >= at - toIntervalMillisecond({window_ms:Int64}), subject_campaign,
    ''
  ) AS name,
  currency,
  count() AS conversions,
  sum(worth) AS value,
  sum(invented) AS demonstration
FROM
(
  SELECT by_visit.*, after.campaign AS subject_campaign, after.time AS subject_time
  FROM
  (
    SELECT conversions.*, before.campaign AS visit_campaign, before.time AS visit_time
    FROM conversions
    ASOF LEFT JOIN (SELECT time, campaign, visit FROM came WHERE visit != 0) AS before
      ON conversions.of_visit = before.visit AND conversions.at >= before.time
  ) AS by_visit
  ASOF LEFT JOIN (SELECT time, campaign, subject FROM came WHERE notEmpty(subject)) AS after
    ON by_visit.of_subject = after.subject AND by_visit.at >= after.time
)
GROUP BY name, currency
