"""Conversions: what came of an advertisement, on the company's pages and on another company's behind a link.

A collection point by `pixel` takes in one of three things. A conversion on the company's own pages comes by the GIF or the
tag. An external link's `clicks` counts who follows the link, and its `reports` takes what the other company says came of it.
The last two are written by the server alone: no page can send to them.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c).
"""

from __future__ import annotations

from typing import Final

from avow.definitions import Technology
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.policy.rulebook.declarations import CollectionPoint, ExternalLink
from avow.policy.rulebook.rulebook import Rulebook

#: The number of a click, and whose browser it was: data items of these names find a click again.
CLICK_ID: Final = "click-id"
VISITOR_ID: Final = "visitor-id"
#: What the server itself writes of a click.
CLICK_FIELDS: Final = frozenset({"page", "link-followed", CLICK_ID, VISITOR_ID})
#: The keys of an external link that name a collection point.
LINKED: Final = ("clicks", "reports")


def conversion_points(rulebook: Rulebook, audience: Audience = EVERYBODY) -> tuple[CollectionPoint, ...]:
    """Return the points by which pages say that something came of a visit, in the policy's order.

    Rule: Cal. Civ. Code § 1798.100(a)(1): what a link counts, or another company reports, no page can send.
    """
    behind_links = {name for link in rulebook.external_links.values() for name in (link.clicks, link.reports)}
    return tuple(
        point
        for point in audience.points(rulebook)
        if point.technology is Technology.PIXEL and not point.collected_by and point.name not in behind_links
    )


def link_reported_to(rulebook: Rulebook, point: str) -> ExternalLink | None:
    """Return the external link whose recipient reports to this collection point; None when there is none. Why: decision 0029."""
    return next((link for link in rulebook.external_links.values() if link.reports == point and link.clicks), None)


def hands_a_click(rulebook: Rulebook, point: CollectionPoint) -> bool:
    """Return whether nothing of a point goes to its recipients but the number of a click, which goes along with a link.

    Why: decision 0029.
    """
    getting = {link.recipient for link in rulebook.external_links.values() if link.clicks == point.name and link.parameter}
    return bool(getting) and point.recipients <= getting
