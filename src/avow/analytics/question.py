"""What every question on the dashboard is asked about, of whom, and the shape of a ranked answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from avow.local_days import LocalDay, calendar_day, day_of, ranges, segments

#: Rows of a ranked table; a longer list is a report, not a dashboard.
RANKED_ROWS = 10
#: What stands for no point: names without a letter, which no point has.
_NONE: Final = ","
#: The pattern that finds no point.
_NO_POINT: Final = "^,$"
#: Spans of tallied days that one question names; of more the longest, and the rest is asked from events.
SPANS: Final = 64
#: No web server wrote a log before, and no period is longer.
_EARLIEST: Final = date(1990, 1, 1)
_LONGEST: Final = timedelta(days=40 * 366)


class Query(Protocol):
    """Something that runs a named query of the event store: `avow.store.events.Events` fits."""

    def query(
        self, name: str, **parameters: str | int | Sequence[str] | Sequence[int] | Sequence[date]
    ) -> Sequence[Mapping[str, Any]]:  # Any: a column may hold any type
        """Run store/sql/<name>.sql with bound parameters and return its rows by column name."""
        ...


class Column(StrEnum):
    """By what page views are ranked: the dimensions of people that a table of the dashboard may be about."""

    PAGE = "page"
    REFERRER = "referrer"
    CAMPAIGN = "campaign"
    POINT = "point"
    BROWSER = "browser"
    SYSTEM = "system"
    DEVICE = "device"
    LANGUAGE = "language"
    COUNTRY = "country"
    LINK = "link"


class Known(StrEnum):
    """What is known of a visit, for filters: its ends, its first referrer, its last campaign and what it came with."""

    ENTRY = "entry"
    EXIT = "exit"
    REFERRER = "referrer"
    CAMPAIGN = "campaign"
    BROWSER = "browser"
    SYSTEM = "system"
    DEVICE = "device"
    LANGUAGE = "language"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events: of one site, "" for all, from (inclusive) to (exclusive) in milliseconds, of these points.

    `points` None stands for all of them, and no point for none: who may measure nothing is told nothing. `timezone` is the
    business's, which says what a day is; `days` are those of the span that are tallied (`store.tallies.Tallies.answer`), the
    rest is asked from events. Of `filters`, all hold: "" is what is not known.
    """

    site: str
    from_ms: int
    to_ms: int
    points: tuple[str, ...] | None = None
    timezone: str = "UTC"
    days: tuple[LocalDay, ...] = ()
    filters: tuple[tuple[Known, str], ...] = ()

    def parameters(self) -> dict[str, str | int]:
        """Return the bound parameters that queries of events alone take; `point` is names with commas between, "" for all."""
        named = "" if self.points is None else ",".join(self.points) or _NONE
        return {"site": self.site, "from_ms": self.from_ms, "to_ms": self.to_ms, "point": named}

    def asked(self) -> dict[str, Any]:  # Any: texts, numbers and lists of them
        """Return the bound parameters that queries of tallied days and events take (`store/tally_terms.py`)."""
        whole, rest = _apart(self.days, self.from_ms, self.to_ms)
        since, first = segments(_days_between(rest[0][0], rest[-1][1], self.timezone))
        return {
            "site": self.site,
            "points": of_any(self.points),
            "firsts": [run[0].day for run in whole],
            "lasts": [run[-1].day for run in whole],
            "froms": [span[0] for span in rest],
            "untils": [span[1] for span in rest],
            "ranges": ranges(rest),
            "segments": since,
            "bases": first,
            "filters": [str(known) for known, _ in self.filters],
            "wanted": [value for _, value in self.filters],
        }

    def during(self, from_ms: int, to_ms: int, days: tuple[LocalDay, ...] = ()) -> Scope:
        """Return the same question of another span, such as the one to compare with (`period.before`), and its tallied days."""
        return replace(self, from_ms=from_ms, to_ms=to_ms, days=days)

    def unfiltered(self, what: str) -> Scope:
        """Return the scope; raise ValueError where it has filters, by which this cannot be asked."""
        if self.filters:
            raise ValueError(f"{what} cannot be asked of some visits only")
        return self


def _apart(days: Sequence[LocalDay], from_ms: int, to_ms: int) -> tuple[list[list[LocalDay]], list[tuple[int, int]]]:
    """Return tallied days as runs of days that follow each other, and the spans of moments between them."""
    runs: list[list[LocalDay]] = []
    for day in days:
        if day.from_ms < from_ms or day.until_ms > to_ms:
            continue
        if runs and runs[-1][-1].until_ms == day.from_ms:
            runs[-1].append(day)
        else:
            runs.append([day])
    kept = sorted(sorted(runs, key=len, reverse=True)[:SPANS], key=lambda run: run[0].from_ms)
    edges = [from_ms, *(edge for run in kept for edge in (run[0].from_ms, run[-1].until_ms)), to_ms]
    rest = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]
    return kept, rest or [(to_ms, to_ms)]


def of_any(points: Iterable[str] | None) -> str:
    """Return the pattern that finds one of these points in names with commas between; None stands for all of them."""
    if points is None:
        return ""
    named = "|".join(map(re.escape, points))
    return f"(^|,)({named})(,|$)" if named else _NO_POINT


def of_several(points: Iterable[str]) -> str:
    """Return the pattern that finds two of these points in names with commas between."""
    named = "|".join(map(re.escape, points))
    return f"(^|,)({named}),(.*,)?({named})(,|$)"


def _days_between(from_ms: int, to_ms: int, timezone: str) -> list[LocalDay]:
    """Return the days that have a moment of a span."""
    first = max(day_of(from_ms, timezone).day, _EARLIEST)
    last = max(first, min(day_of(min(to_ms, _LATEST_MS) - 1, timezone).day, first + _LONGEST))
    return [calendar_day(first + timedelta(days=number), timezone) for number in range((last - first).days + 1)]


#: The first moment of the year 2200.
_LATEST_MS: Final = 7_258_118_400_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a ranked table; `share` is its part of the longest line, 0 to 1, for the bar next to it."""

    name: str
    views: int
    visits: int
    share: float


#: Of which a line says how often it is not known; of the others only what is known is a line.
_WITH_UNKNOWN: Final = frozenset({Column.BROWSER, Column.SYSTEM, Column.DEVICE})
#: What asks for robots by the names that they give.
ROBOTS: Final[dict[str, str | int]] = {"dimension": "robot", "column": "browser", "robot": 1, "unknown": 1}


def ranked_by(query: Query, column: Column, scope: Scope) -> tuple[Ranked, ...]:
    """Return page views by one column, most first; of filtered visits what is known of each, and of pages where they began."""
    if scope.filters:
        known = Known.ENTRY if column is Column.PAGE else Known(column.value)
        return ranked(query, "dashboard_filtered", scope, column=known.value, unknown=int(column in _WITH_UNKNOWN))
    if column is Column.POINT:
        return ranked(query, "dashboard_points", scope)
    unknown = int(column in _WITH_UNKNOWN)
    return ranked(query, "dashboard_ranked", scope, dimension=column.value, column=column.value, robot=0, unknown=unknown)


#: By what page views of people are ranked in one question.
EACH: Final = (
    Column.PAGE,
    Column.REFERRER,
    Column.CAMPAIGN,
    Column.COUNTRY,
    Column.LANGUAGE,
    Column.BROWSER,
    Column.SYSTEM,
    Column.DEVICE,
)


def ranked_each(query: Query, scope: Scope) -> Mapping[Column, tuple[Ranked, ...]]:
    """Return what `ranked_by` returns for each of `EACH`, in about the time of one of them."""
    if scope.filters:
        return {column: ranked_by(query, column, scope) for column in EACH}
    unknown = [column.value for column in EACH if column in _WITH_UNKNOWN]
    asked = {"limit": RANKED_ROWS, "dimensions": [column.value for column in EACH], "unknown": unknown}
    found: dict[str, list[Mapping[str, Any]]] = {}  # Any: as `Query`
    for row in query.query("dashboard_ranked_each", **(scope.asked() | asked)):
        found.setdefault(str(row["dimension"]), []).append(row)
    return {column: lines(found.get(column.value, ())) for column in EACH}


def ranked(query: Query, name: str, scope: Scope, **asked: str | int) -> tuple[Ranked, ...]:
    """Return the rows of a ranked query, most page views first; `asked` is what it takes next to the scope."""
    return lines(query.query(name, **({"limit": RANKED_ROWS} | scope.asked() | asked)))


def lines(rows: Sequence[Mapping[str, Any]]) -> tuple[Ranked, ...]:  # Any: as `Query`
    """Return the rows of a ranked query as lines, in their order."""
    most = max((int(row["views"]) for row in rows), default=0)
    return tuple(
        Ranked(str(row["name"]), int(row["views"]), int(row["visits"]), int(row["views"]) / most if most else 0.0) for row in rows
    )
