"""DuckDB's statements for the panels of the dashboard, of the same tables that we have: visits, integers by day, and events of today.

In its own best words: sets of points are looked up rather than matched row by row, today's events are of one day and one website,
and nothing is asked of the months before the first event. `$open` is the first moment of today, milliseconds, `$to` the last;
`$first` and `$last` are the days that are tallied.
"""

from __future__ import annotations

from avow.analytics.searches import LEAST_VISITS, TERMS

_NIL = "'00000000-0000-0000-0000-000000000000'"
_SEEN = f"""
WITH open AS (SELECT * FROM events WHERE is_view = 1 AND at_ms >= $open AND at_ms < $to),
heads AS (SELECT visit, min(subject) FILTER (subject <> {_NIL}) AS head FROM open WHERE visit <> 0 GROUP BY visit
  HAVING head IS NOT NULL AND count(*) FILTER (subject = {_NIL}) > 0),
seen AS (SELECT open.*, CASE WHEN open.visit = 0 OR open.subject <> {_NIL} THEN open.subject ELSE coalesce(heads.head, {_NIL}) END AS owner
  FROM open LEFT JOIN heads USING (visit))
"""
_DAYS = "day BETWEEN $first AND $last"
_OF_ONE = "CASE WHEN visit <> 0 THEN hash(visit, owner) END"
_VISITS = f"count(DISTINCT {_OF_ONE})"
_VISITOR = f"CASE WHEN owner <> {_NIL} THEN hash(owner) WHEN visit <> 0 THEN visit END"
_VIEWS = ("page-view", "page-pixel")


def _sets(points: tuple[str, ...]) -> str:
    named = " OR ".join(f"list_contains(string_split(points, ','), '{one}')" for one in points)
    return f"points IN (SELECT DISTINCT points FROM daily WHERE dimension = '' AND ({named}))"


def _at(points: tuple[str, ...]) -> str:
    return f"point IN ({', '.join(map(repr, points))})"


def _ranked(column: str, points: tuple[str, ...] = _VIEWS, *, dimension: str = "", robot: int = 0) -> str:
    known = f" AND {column} <> ''" if column in {"page", "referrer", "campaign", "language", "country", "link"} else ""
    return f"""{_SEEN}
SELECT name, sum(views) AS views, sum(visits) AS visits FROM (
  SELECT key AS name, sum(views) AS views, sum(visits) AS visits FROM daily
  WHERE dimension = '{dimension or column}' AND {_DAYS} AND {_sets(points)} GROUP BY key
  UNION ALL
  SELECT {column}, count(*), {_VISITS} FROM seen WHERE robot = {robot} AND {_at(points)}{known} GROUP BY 1)
GROUP BY name HAVING sum(views) > 0 ORDER BY 2 DESC, 1 LIMIT 10"""


def _points(points: tuple[str, ...] = _VIEWS) -> str:
    return f"""{_SEEN}
SELECT name, sum(views) AS views, sum(visits) AS visits FROM (
  SELECT unnest(string_split(points, ',')) AS name, views, visits FROM (
    SELECT points, sum(views) AS views, sum(visits) AS visits FROM daily WHERE dimension = '' AND {_DAYS} AND {_sets(points)} GROUP BY points)
  UNION ALL
  SELECT point, count(*), {_VISITS} FROM seen WHERE robot = 0 AND {_at(points)} GROUP BY 1)
WHERE name IN ({", ".join(map(repr, points))}) GROUP BY name ORDER BY 2 DESC, 1 LIMIT 10"""


SERIES = [
    f"""{_SEEN}
SELECT bucket, sum(views), sum(visits) FROM (
  SELECT date_trunc($step, day) AS bucket, sum(views) AS views, sum(visits) AS visits FROM daily
  WHERE dimension = '' AND {_DAYS} AND {_sets(_VIEWS)} GROUP BY 1
  UNION ALL
  SELECT date_trunc($step, $last + 1) AS bucket, count(*), {_VISITS} FROM seen WHERE robot = 0 AND {_at(_VIEWS)})
GROUP BY bucket ORDER BY bucket""",
    f"""{_SEEN}
SELECT bucket, approx_count_distinct(visitor) FROM (
  SELECT date_trunc($step, day) AS bucket, visitor FROM visits WHERE robot = 0 AND visitor <> 0 AND {_DAYS} AND {_sets(_VIEWS)}
  UNION ALL
  SELECT date_trunc($step, $last + 1) AS bucket, {_VISITOR} FROM seen WHERE robot = 0 AND {_at(_VIEWS)})
GROUP BY bucket ORDER BY bucket""",
]
TOTALS = [
    f"""{_SEEN}
SELECT sum(views), sum(visits), sum(robots), sum(invented) FROM (
  SELECT sum(views) FILTER (dimension = '') AS views, sum(visits) FILTER (dimension = '') AS visits,
    sum(views) FILTER (dimension = 'robot') AS robots, sum(invented) AS invented
  FROM daily WHERE dimension IN ('', 'robot') AND {_DAYS} AND {_sets(_VIEWS)}
  UNION ALL
  SELECT count(*) FILTER (robot = 0), count(DISTINCT CASE WHEN robot = 0 AND visit <> 0 THEN hash(visit, owner) END),
    count(*) FILTER (robot = 1), sum(demonstration) FROM seen WHERE {_at(_VIEWS)})""",
    f"""{_SEEN}
SELECT approx_count_distinct(visitor) FROM (
  SELECT visitor FROM visits WHERE robot = 0 AND visitor <> 0 AND {_DAYS} AND {_sets(_VIEWS)}
  UNION ALL SELECT {_VISITOR} FROM seen WHERE robot = 0 AND {_at(_VIEWS)})""",
]
RANKED = [_ranked(column) for column in ("page", "referrer", "campaign", "country", "language", "browser", "system", "device")]
POINTS = [_points()]
ROBOTS = [_ranked("browser", dimension="robot", robot=1)]
RECONCILED = [
    f"""{_SEEN}
SELECT sum(visits), sum(tag), sum(beacon), sum(log), sum(visits) - sum(browser) FROM (
  SELECT sum(visits) AS visits, sum(visits) FILTER ({_sets(("page-view",))}) AS tag, sum(visits) FILTER ({_sets(("page-pixel",))}) AS beacon,
    sum(visits) FILTER ({_sets(("server-log",))}) AS log, sum(visits) FILTER ({_sets(_VIEWS)}) AS browser
  FROM daily WHERE dimension = '' AND {_DAYS} AND {_sets((*_VIEWS, "server-log"))}
  UNION ALL
  SELECT count(*), count(*) FILTER (tag), count(*) FILTER (beacon), count(*) FILTER (log), count(*) FILTER (tag OR beacon) FROM (
    SELECT bool_or(point = 'page-view') AS tag, bool_or(point = 'page-pixel') AS beacon, bool_or(point = 'server-log') AS log
    FROM seen WHERE robot = 0 AND visit <> 0 AND {_at((*_VIEWS, "server-log"))} GROUP BY visit, owner))"""
]
READING = [
    f"""{_SEEN}
SELECT name, sum(left_on), round(sum(spent) / sum(left_on)), round(sum(depth) / sum(left_on)) FROM (
  SELECT key AS name, sum(visits) + sum(loose) AS left_on, sum(seconds) AS spent, sum(depth) AS depth FROM daily
  WHERE dimension = 'page' AND {_DAYS} AND {_sets(("page-leave",))} GROUP BY key
  UNION ALL
  SELECT page, count(*), sum(spent), sum(furthest) FROM (
    SELECT page, sum(seconds) AS spent, max(depth) AS furthest FROM seen WHERE robot = 0 AND point = 'page-leave' AND page <> ''
    GROUP BY page, visit, owner) GROUP BY page)
GROUP BY name ORDER BY sum(spent) DESC, name LIMIT 10"""
]
ACTIONS = [_points(("outbound-link", "download")), _ranked("link", ("outbound-link",)), _ranked("link", ("download",))]


def _terms(more: str) -> str:
    return f"""SELECT search_term, count(*) AS views, approx_count_distinct(CASE WHEN visitor <> 0 THEN visitor END) AS visits FROM events
WHERE at_ms >= $from AND at_ms < $to AND robot = 0 AND point = 'site-search' AND search_term <> ''{more}
GROUP BY 1 HAVING visits >= {LEAST_VISITS} ORDER BY 2 DESC, 1 LIMIT {TERMS}"""


SEARCHES = [
    """SELECT count(*), approx_count_distinct(CASE WHEN visitor <> 0 THEN visitor END), count(*) FILTER (results = 0) FROM events
WHERE at_ms >= $from AND at_ms < $to AND robot = 0 AND point = 'site-search'""",
    _terms(""),
    _terms(" AND results = 0"),
]
EXTENT = ["SELECT point, count(*), min(at_ms), max(at_ms) FROM events GROUP BY 1 ORDER BY 1"]
#: By panel.
DERIVED = {
    "series": SERIES,
    "totals": TOTALS,
    "ranked": RANKED,
    "points": POINTS,
    "robots": ROBOTS,
    "reconciled": RECONCILED,
    "reading": READING,
    "actions": ACTIONS,
    "searches": SEARCHES,
    "extent": EXTENT,
}
