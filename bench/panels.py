"""The panels of the dashboard: by which function of analytics each is answered, and how DuckDB is asked the same.

Of raw events, and of the same visits and integers by day that we have, with the events of today: `bench.derived`.

What a function asks of the event store is its own affair: `Timed` measures each question by itself, whatever it is. DuckDB has
every column that ours has, those that are worked out at intake included, and no rule to work out; where ours estimates how many
there are of something, it estimates, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from avow.analytics.extents import extents
from avow.analytics.period import Period, period
from avow.analytics.question import ROBOTS, Column, Known, Query, Scope, ranked, ranked_by, ranked_each
from avow.analytics.reading import reading
from avow.analytics.reconciled import Sources, reconciled
from avow.analytics.searches import LEAST_VISITS, TERMS, searches
from avow.analytics.visits import series, totals
from avow.store.tallies import Tallies
from bench.events import SITE

TIMEZONE = "America/Los_Angeles"
#: A moment of the day on which the benchmarks' events end.
NOW_MS = int(datetime(2026, 10, 17, 12, tzinfo=UTC).timestamp()) * 1000
#: What the dashboard is asked for, by the names of its periods.
PERIODS = ("24h", "30d", "12m")
#: By which visits are filtered where they are.
FILTERS = ((Known.COUNTRY, "US"), (Known.DEVICE, "desktop"))
#: Pages as browsers saw them, as the dashboard shows first.
BROWSERS = ("page-view", "page-pixel")

_SPAN = "at_ms >= $from AND at_ms < $to AND robot = 0"
_VIEWS = f"{_SPAN} AND is_view = 1 AND point IN ('page-view', 'page-pixel')"
_VISITORS = "approx_count_distinct(CASE WHEN visitor <> 0 THEN visitor END)"
_VISITS = "approx_count_distinct(CASE WHEN visit <> 0 THEN hash(visit, subject) END)"


def _ranked(column: str, where: str = _VIEWS) -> str:
    return (
        f"SELECT {column} AS name, count(*) AS views, {_VISITORS} AS visitors FROM events WHERE {where} "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10"
    )


def _known(column: str, where: str = _VIEWS) -> str:
    return _ranked(column, f"{where} AND {column} <> ''")


def _terms(more: str) -> str:
    where = f"{_SPAN} AND point = 'site-search' AND search_term <> ''{more}"
    return (
        f"SELECT search_term, count(*) AS views, {_VISITORS} AS visitors FROM events WHERE {where} "
        f"GROUP BY 1 HAVING visitors >= {LEAST_VISITS} ORDER BY 2 DESC, 1 LIMIT {TERMS}"
    )


_SERIES = (
    f"SELECT date_trunc($step, epoch_ms(at_ms)) AS bucket, count(*), {_VISITS}, {_VISITORS} FROM events WHERE {_VIEWS} "
    "GROUP BY 1 ORDER BY 1"
)
_ROBOTS = _VIEWS.replace("robot = 0", "robot = 1")
_SEEN = "count(DISTINCT CASE WHEN subject <> '00000000-0000-0000-0000-000000000000'{} THEN subject END)"
_RECONCILED = f"""
SELECT sum(greatest(1, people)), sum(greatest(1, tag_people)) FILTER (by_tag), sum(greatest(1, beacon_people)) FILTER (by_beacon),
  sum(greatest(1, log_people)) FILTER (by_log), sum(greatest(1, log_people)) FILTER (by_log AND NOT by_tag AND NOT by_beacon)
FROM (
  SELECT visit, {_SEEN.format("")} AS people, {_SEEN.format(" AND point = 'page-view'")} AS tag_people,
    {_SEEN.format(" AND point = 'page-pixel'")} AS beacon_people, {_SEEN.format(" AND point = 'server-log'")} AS log_people,
    bool_or(point = 'page-view') AS by_tag, bool_or(point = 'page-pixel') AS by_beacon, bool_or(point = 'server-log') AS by_log
  FROM events WHERE {_SPAN} AND is_view = 1 AND visit <> 0 AND point IN ('page-view', 'page-pixel', 'server-log') GROUP BY visit)
"""
_READING = f"""
SELECT page, count(*), round(avg(spent)), round(avg(furthest))
FROM (SELECT page, visit, sum(seconds) AS spent, max(depth) AS furthest
  FROM events WHERE {_SPAN} AND point = 'page-leave' AND page <> '' GROUP BY page, visit)
GROUP BY page ORDER BY sum(spent) DESC, page LIMIT 10
"""


@dataclass(frozen=True)
class Panel:
    """A panel: the function that answers it, and DuckDB's statements for all that it says; `$from` and `$to` are milliseconds."""

    name: str
    ask: Callable[[Query, Scope, Period], object]
    raw: Sequence[str]
    takes_filters: bool = False


def _at(scope: Scope, *points: str) -> Scope:
    return replace(scope, points=points)


PANELS = (
    Panel(
        "series",
        series,
        [_SERIES],
        takes_filters=True,
    ),
    Panel(
        "totals",
        lambda query, scope, _span: totals(query, scope),
        [
            f"SELECT count(*), {_VISITS}, {_VISITORS}, count(*) FILTER (demonstration = 1) FROM events WHERE {_VIEWS}",
            f"SELECT count(*) FROM events WHERE {_ROBOTS}",
        ],
        takes_filters=True,
    ),
    Panel(
        "ranked",
        lambda query, scope, _span: ranked_each(query, scope),
        [
            _known("page"),
            _known("referrer"),
            _known("campaign"),
            *(_known(column.value) for column in (Column.COUNTRY, Column.LANGUAGE)),
            *(_ranked(column.value) for column in (Column.BROWSER, Column.SYSTEM, Column.DEVICE)),
        ],
        takes_filters=True,
    ),
    Panel("points", lambda query, scope, _span: ranked_by(query, Column.POINT, scope), [_ranked("point")]),
    Panel(
        "robots", lambda query, scope, _span: ranked(query, "dashboard_ranked", scope, **ROBOTS), [_ranked("browser", _ROBOTS)]
    ),
    Panel(
        "reconciled",
        lambda query, scope, _span: reconciled(query, scope, Sources(("page-view",), ("page-pixel",), ("server-log",))),
        [_RECONCILED],
    ),
    Panel("reading", lambda query, scope, _span: reading(query, _at(scope, "page-leave")), [_READING]),
    Panel(
        "actions",
        lambda query, scope, _span: [
            ranked_by(query, column, _at(scope, *points))
            for column, points in (
                (Column.POINT, ("outbound-link", "download")),
                (Column.LINK, ("outbound-link",)),
                (Column.LINK, ("download",)),
            )
        ],
        [
            _ranked("point", f"{_SPAN} AND point IN ('outbound-link', 'download')"),
            _known("link", f"{_SPAN} AND point = 'outbound-link'"),
            _known("link", f"{_SPAN} AND point = 'download'"),
        ],
    ),
    Panel(
        "searches",
        lambda query, scope, _span: searches(query, _at(scope, "site-search")),
        [
            f"SELECT count(*), {_VISITORS}, count(*) FILTER (results = 0) FROM events WHERE {_SPAN} AND point = 'site-search'",
            _terms(""),
            _terms(" AND results = 0"),
        ],
    ),
    Panel(
        "extent",
        lambda query, scope, _span: extents(query, scope.site),
        ["SELECT point, count(*), min(at_ms), max(at_ms) FROM events GROUP BY 1 ORDER BY 1"],
    ),
)


def asked(name: str) -> tuple[Scope, Period]:
    """Return what the dashboard asks of events for a period of this name: its scope, and the period itself."""
    span = period(name, NOW_MS, TIMEZONE)
    return Scope(SITE, span.from_ms, span.to_ms, BROWSERS, TIMEZONE), span


def ways(name: str, tallies: Tallies) -> Mapping[str, Scope]:
    """Return the scopes of a period: of events alone, of the days that are tallied and events of the rest, and of some visits."""
    scope, span = asked(name)
    tallied = replace(scope, days=tallies.days(span.from_ms, span.to_ms))
    return {"events": scope, "tallied": tallied, "filtered": replace(tallied, filters=FILTERS)}


@dataclass(frozen=True)
class Question:
    """One question that a panel asked of the event store, what it took, and how many rows it found."""

    name: str
    parameters: dict[str, Any]
    wall_ms: float
    cpu_ms: float
    rows: int

    @property
    def label(self) -> str:
        """Its name, with what tells questions of one statement apart."""
        told = [str(self.parameters[name]) for name in ("column", "dimension", "without") if self.parameters.get(name)]
        return "/".join(dict.fromkeys([self.name, *told]))


@dataclass
class Timed:
    """Asks the event store, and notes each question: wall time, and processor time of this process, in which the engine is."""

    query_of: Callable[..., Sequence[Any]]
    questions: list[Question] = field(default_factory=list)

    def query(self, name: str, **parameters: Any) -> Sequence[Any]:
        """Ask."""
        began, used = time.perf_counter(), time.process_time()
        rows = self.query_of(name, **parameters)
        took, cpu = time.perf_counter() - began, time.process_time() - used
        self.questions.append(Question(name, parameters, took * 1000, cpu * 1000, len(rows)))
        return rows
