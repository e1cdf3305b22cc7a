-- Conversions and their value by campaign and currency. A conversion belongs to the campaign that it names itself, else to
-- the last one by which its visit, or its recognised visitor, came within the window before it; '' where there is none.
-- What a page says again in one visit, word for word, counts once; what another company reports has an id of its own.
-- `converted` is the same for all currencies of a campaign: the visits of the span that it brought (`campaign_visits.sql`)
-- and of which a conversion came, there or in a later visit of the same visitor.
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
    FROM events
    WHERE {{happened}}
      AND {{at_points}}
      AND robot = 0
    GROUP BY
      point, visit, subject, campaign, page, currency, worth, toString(props),
      if(visit = 0 OR has(splitByChar(',', {reports:String}), point), record_id, toUUID('00000000-0000-0000-0000-000000000000'))
  ),
  came AS
  (
    SELECT time, campaign, visit, subject
    FROM events
    WHERE ({site:String} = '' OR site = {site:String})
      AND time >= fromUnixTimestamp64Milli({from_ms:Int64} - {window_ms:Int64})
      AND time < fromUnixTimestamp64Milli({to_ms:Int64})
      AND has(splitByChar(',', {views:String}), point)
      AND robot = 0
      AND campaign != ''
  ),
  visits AS
  (
    SELECT visit, subject, argMaxIf(campaign, time, campaign != '') AS brought
    FROM events
    WHERE {{happened}}
      AND has(splitByChar(',', {views:String}), point)
      AND robot = 0
      AND visit != 0
    GROUP BY visit, subject
  ),
  attributed AS
  (
    SELECT
      visit_time >= at - toIntervalMillisecond({window_ms:Int64}) AND visit_campaign != '' AS by_visit,
      subject_time >= at - toIntervalMillisecond({window_ms:Int64}) AND subject_campaign != '' AS by_subject,
      multiIf(
        named != '', named,
        by_visit AND visit_time >= subject_time, visit_campaign,
        by_subject, subject_campaign,
        ''
      ) AS name,
      multiIf(
        name = '', (of_visit, of_subject, name),
        by_visit AND name = visit_campaign, (of_visit, visit_subject, name),
        by_subject AND name = subject_campaign, (subject_visit, of_subject, name),
        (of_visit, of_subject, name)
      ) AS bringing,
      currency,
      worth,
      invented
    FROM
    (
      SELECT in_visit.*, after.campaign AS subject_campaign, after.time AS subject_time, after.visit AS subject_visit
      FROM
      (
        SELECT conversions.*, before.campaign AS visit_campaign, before.time AS visit_time, before.subject AS visit_subject
        FROM conversions
        ASOF LEFT JOIN (SELECT time, campaign, visit, subject FROM came WHERE visit != 0) AS before
          ON conversions.of_visit = before.visit AND conversions.at >= before.time
      ) AS in_visit
      ASOF LEFT JOIN (SELECT time, campaign, visit, subject FROM came WHERE notEmpty(subject)) AS after
        ON in_visit.of_subject = after.subject AND in_visit.at >= after.time
    )
  )
SELECT
  name,
  currency,
  count() AS conversions,
  uniqExactMerge(uniqExactStateIf(bringing, bringing IN (SELECT visit, subject, brought FROM visits))) OVER (PARTITION BY name) AS converted,
  sum(worth) AS value,
  sum(invented) AS demonstration
FROM attributed
GROUP BY name, currency
