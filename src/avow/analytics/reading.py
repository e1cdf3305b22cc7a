"""How long pages were read, and what was done on them next to looking."""

from __future__ import annotations

from dataclasses import dataclass, replace

from avow.analytics.question import RANKED_ROWS, Column, Query, Ranked, Scope, of_several, ranked_by


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
    asked = leaves.unfiltered("reading").asked() | {"limit": RANKED_ROWS}
    rows = query.query("dashboard_reading", two=of_several(leaves.points), **asked)
    if any(row["together"] for row in rows):  # no sum says how far two points saw a page together
        rows = query.query("dashboard_reading_once", **asked | replace(leaves, days=()).asked())
    return tuple(Read(str(row["name"]), *(int(row[name]) for name in ("left_on", "seconds", "depth"))) for row in rows)


def actions(query: Query, done: Scope, links: Scope, downloads: Scope) -> Actions:
    """Return what people did, each from the points of its own scope; a scope without points has nothing."""
    return Actions(
        ranked_by(query, Column.POINT, done.unfiltered("events")) if done.points else (),
        *(ranked_by(query, Column.LINK, scope.unfiltered("links")) if scope.points else () for scope in (links, downloads)),
    )
