"""What every question on the dashboard is asked about, of whom, and the shape of a ranked answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

#: Rows of a ranked table; a longer list is a report, not a dashboard.
RANKED_ROWS = 10


class Query(Protocol):
    """Something that runs a named query of the event store: `avow.store.events.Events` fits."""

    def query(
        self, name: str, **parameters: str | int | list[int]
    ) -> Sequence[Mapping[str, Any]]:  # Any: a column may hold any type
        """Run store/sql/<name>.sql with bound parameters and return its rows by column name."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events: of one site, from (inclusive) to (exclusive) in milliseconds, of these points or of all (empty)."""

    site: str
    from_ms: int
    to_ms: int
    points: tuple[str, ...] = ()

    def parameters(self) -> dict[str, str | int]:
        """Return the bound parameters that every dashboard query takes; `point` is a list with commas, "" for all."""
        return {"site": self.site, "from_ms": self.from_ms, "to_ms": self.to_ms, "point": ",".join(self.points)}


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a ranked table; `share` is its part of the longest line, 0 to 1, for the bar beside it."""

    name: str
    views: int
    visitors: int
    share: float


def ranked(query: Query, name: str, scope: Scope, limit: int = RANKED_ROWS) -> tuple[Ranked, ...]:
    """Return the rows of a ranked query, most page views first."""
    rows = query.query(name, limit=limit, **scope.parameters())
    most = max((int(row["views"]) for row in rows), default=0)
    return tuple(
        Ranked(str(row["name"]), int(row["views"]), int(row["visitors"]), int(row["views"]) / most if most else 0.0)
        for row in rows
    )
