"""How long pages were read, and what was done on them beside looking."""

from __future__ import annotations

from dataclasses import dataclass

from avow.analytics.question import RANKED_ROWS, Query, Ranked, Scope, ranked


@dataclass(frozen=True, slots=True)
class Read:
    """One page: on how many visits it was left, and of those the average seconds in front and percent seen."""

    page: str
    visits: int
    seconds: int
    depth: int


@dataclass(frozen=True, slots=True)
class Actions:
    """Events that are no page views, by collection point; links to other sites and files, by address."""

    events: tuple[Ranked, ...]
    links: tuple[Ranked, ...]
    downloads: tuple[Ranked, ...]


def reading(query: Query, leaves: Scope) -> tuple[Read, ...]:
    """Return the pages with most time in front of people; `leaves` names the points that are sent when a page is left."""
    if not leaves.points:
        return ()
    rows = query.query("dashboard_reading", limit=RANKED_ROWS, **leaves.parameters())
    return tuple(Read(str(row["name"]), *(int(row[name]) for name in ("visits", "seconds", "depth"))) for row in rows)


def actions(query: Query, done: Scope, links: Scope, downloads: Scope) -> Actions:
    """Return what people did, each from the points of its own scope; a scope without points has nothing."""
    return Actions(
        *(
            ranked(query, name, scope) if scope.points else ()
            for name, scope in (("dashboard_points", done), ("dashboard_links", links), ("dashboard_links", downloads))
        )
    )
