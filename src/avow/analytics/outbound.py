"""Where visitors went on to: clicks on links to other companies, and what those report of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from avow.analytics.campaigns import Value, values
from avow.analytics.question import Query, Scope


@dataclass(frozen=True, slots=True)
class CountedLink:
    """A link of the policy by its label, with the collection points of its clicks and of its reports ("" for none)."""

    label: str
    clicks: str
    reports: str


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of one link: clicks, those of them that something was reported of, and reports, on the day of their click."""

    label: str
    is_reported: bool
    clicks: int
    reported: int
    reports: int
    values: tuple[Value, ...]

    @property
    def rate(self) -> float:
        """Clicks with a report by clicks, never more than 1; 0 without clicks. One click may have several reports."""
        return self.reported / self.clicks if self.clicks else 0.0


def followed(query: Query, scope: Scope, links: Sequence[CountedLink]) -> tuple[Followed, ...]:
    """Return each link with its clicks and reports in the scope's period, in the policy's order."""
    if not links:
        return ()
    points = tuple(point for link in links for point in (link.clicks, link.reports) if point)
    rows = query.query(
        "outbound_links",
        **replace(scope, points=points).parameters(),
        clicks=",".join(link.clicks for link in links),
        reports=",".join(link.reports for link in links),
    )

    def count(point: str, what: str = "events") -> int:
        return sum(int(row[what]) for row in rows if row["name"] == point)

    return tuple(
        Followed(
            link.label,
            bool(link.reports),
            count(link.clicks),
            count(link.clicks, "reported"),
            count(link.reports),
            values(row for row in rows if link.reports and row["name"] == link.reports),
        )
        for link in links
    )
