"""How long pages were read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from avow.analytics.question import RANKED_ROWS, Query, Scope, of_several


@dataclass(frozen=True, slots=True)
class Read:
    """One page: on how many visits it was left, and of those the average seconds in front and percent seen."""

    page: str
    visits: int
    seconds: int
    depth: int


def reading(query: Query, leaves: Scope) -> tuple[Read, ...]:
    """Return the pages with most time in front of people; `leaves` names the points that are sent when a page is left."""
    if not leaves.points:
        return ()
    asked = leaves.unfiltered("reading").asked() | {"limit": RANKED_ROWS}
    rows = query.query("dashboard_reading", two=of_several(leaves.points), **asked)
    if any(row["together"] for row in rows):  # no sum says how far two points saw a page together
        rows = query.query("dashboard_reading_once", **asked | replace(leaves, days=()).asked())
    return tuple(Read(str(row["name"]), *(int(row[name]) for name in ("left_on", "seconds", "depth"))) for row in rows)
