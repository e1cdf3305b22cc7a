"""What every question on the dashboard is asked about, of whom, and the shape of a ranked answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

#: Rows of a ranked table; a longer list is a report, not a dashboard.
RANKED_ROWS = 10
#: What stands for no point: names without a letter, which no point has.
_NONE: Final = ","


class Query(Protocol):
    """Something that runs a named query of the event store: `avow.store.events.Events` fits."""

    def query(
        self, name: str, **parameters: str | int | list[int]
    ) -> Sequence[Mapping[str, Any]]:  # Any: a column may hold any type
        """Run store/sql/<name>.sql with bound parameters and return its rows by column name."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events: of one site, "" for all, from (inclusive) to (exclusive) in milliseconds, of these points.

    `points` None stands for all of them, and no point for none: who may measure nothing is told nothing.
    """

    site: str
    from_ms: int
    to_ms: int
    points: tuple[str, ...] | None = None

    def parameters(self) -> dict[str, str | int]:
        """Return the bound parameters that every dashboard query takes; `point` is names with commas between, "" for all."""
        named = "" if self.points is None else ",".join(self.points) or _NONE
        return {"site": self.site, "from_ms": self.from_ms, "to_ms": self.to_ms, "point": named}


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a ranked table; `share` is its part of the longest line, 0 to 1, for the bar next to it."""

    name: str
    views: int
    visitors: int
    share: float


class Column(StrEnum):
    """By what page views are ranked: the columns of `events` that a table of the dashboard may be about."""

    PAGE = "page"
    REFERRER = "referrer"
    CAMPAIGN = "campaign"
    POINT = "point"
    BROWSER = "browser"
    SYSTEM = "system"
    DEVICE = "device"
    LANGUAGE = "language"
    COUNTRY = "country"


#: Of which a line says how often it is not known; of the others only what is known is a line.
_WITH_UNKNOWN: Final = frozenset({Column.POINT, Column.BROWSER, Column.SYSTEM, Column.DEVICE})


def ranked_by(query: Query, column: Column, scope: Scope) -> tuple[Ranked, ...]:
    """Return page views by one column, most first."""
    return ranked(query, "dashboard_ranked", scope, column=column.value, unknown=int(column in _WITH_UNKNOWN))


def ranked(query: Query, name: str, scope: Scope, **asked: str | int) -> tuple[Ranked, ...]:
    """Return the rows of a ranked query, most page views first; `asked` is what it takes next to the scope."""
    rows = query.query(name, **({"limit": RANKED_ROWS} | scope.parameters() | asked))
    most = max((int(row["views"]) for row in rows), default=0)
    return tuple(
        Ranked(str(row["name"]), int(row["views"]), int(row["visitors"]), int(row["views"]) / most if most else 0.0)
        for row in rows
    )
