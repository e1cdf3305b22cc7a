-- Page views, visits and visitors of people by day, or by month where asked; days without any are absent.
SELECT first, sum(n_views) AS views, sum(n_visits) AS visits, uniqMerge(who) AS visitors
FROM
(
  SELECT if({months:UInt8} = 1, toStartOfMonth(day), day) AS first, sum(views) AS n_views, sum(visits) AS n_visits,
    uniqStateIf(toUInt64(0), 0) AS who
  FROM daily
  WHERE dimension = '' AND {{tallied}} AND {{there}}
  GROUP BY first
  UNION ALL
  SELECT if({months:UInt8} = 1, toStartOfMonth(day), day) AS first, 0 AS n_views, 0 AS n_visits,
    uniqStateIf(visitor, visitor != 0) AS who
  FROM visits
  WHERE robot = 0 AND {{tallied}} AND {{there}}
  GROUP BY first
  UNION ALL
  SELECT if({months:UInt8} = 1, toStartOfMonth(day), day) AS first, count() AS n_views, {{visits_seen}} AS n_visits,
    uniqStateIf({{visitor_of}}, visit != 0 OR notEmpty(owner)) AS who
  FROM {{seen}}
  WHERE robot = 0 AND {{seen_there}}
  GROUP BY first
)
GROUP BY first
ORDER BY first
