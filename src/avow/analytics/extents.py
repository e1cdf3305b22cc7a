"""From when to when the store has events at all."""

from __future__ import annotations

from dataclasses import dataclass

from avow.analytics.question import Query


@dataclass(frozen=True, slots=True)
class Extent:
    """From when to when one collection point has events, wherever the period lies."""

    point: str
    events: int
    first_ms: int
    last_ms: int


def extents(query: Query, site: str) -> tuple[Extent, ...]:
    """Return what the store holds at all, by collection point."""
    rows = query.query("dashboard_extent", site=site)
    return tuple(Extent(str(row["name"]), *(int(row[name]) for name in ("events", "first_ms", "last_ms"))) for row in rows)
