"""Where they came from, and through which collection point we know it."""

from __future__ import annotations

from dataclasses import dataclass

from avow.analytics.question import Column, Query, Ranked, Scope, ranked_by


@dataclass(frozen=True, slots=True)
class Sources:
    """Sites that linked here, campaigns, and collection points by their names in the policy."""

    referrers: tuple[Ranked, ...]
    campaigns: tuple[Ranked, ...]
    points: tuple[Ranked, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """From when to when one collection point has events, wherever the period lies."""

    point: str
    events: int
    first_ms: int
    last_ms: int


def sources(query: Query, scope: Scope) -> Sources:
    """Return where the page views of the scope came from."""
    return Sources(
        ranked_by(query, Column.REFERRER, scope),
        ranked_by(query, Column.CAMPAIGN, scope),
        ranked_by(query, Column.POINT, scope),
    )


def extents(query: Query, site: str) -> tuple[Extent, ...]:
    """Return what the store holds at all, by collection point."""
    rows = query.query("dashboard_extent", site=site)
    return tuple(Extent(str(row["name"]), *(int(row[name]) for name in ("events", "first_ms", "last_ms"))) for row in rows)
