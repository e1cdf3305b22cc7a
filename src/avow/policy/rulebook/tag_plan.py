"""What the tag may send: from the Rulebook, the collection points and fields that are written next to it on the pages.

The tag sends some events by itself, to points of fixed names. Every other point of the technology "tag" is a custom event,
which the site sends, and so is a conversion. The browser never sends what is not in the plan; the server decides again.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from avow.definitions import Refusal, Technology
from avow.policy.rulebook import schemas
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.policy.rulebook.conversions import conversion_points
from avow.policy.rulebook.declarations import CollectionPoint
from avow.policy.rulebook.rulebook import Rulebook


class TagEvent(StrEnum):
    """What an event of the tag says happened."""

    VIEW = "view"
    LEAVE = "leave"
    OUTBOUND = "outbound"
    DOWNLOAD = "download"
    SEARCH = "search"
    CUSTOM = "custom"
    CONVERSION = "conversion"


#: The name of the collection point that page views go to, when the policy has one of this name.
PAGE_VIEW: Final = "page-view"
#: Collection points of fixed names beside page views: what the tag sends by itself, and what the search page asks it to send.
BY_ITSELF: Final[Mapping[str, TagEvent]] = {
    "page-leave": TagEvent.LEAVE,
    "outbound-link": TagEvent.OUTBOUND,
    "download": TagEvent.DOWNLOAD,
    "site-search": TagEvent.SEARCH,
}


def tag_event(rulebook: Rulebook, point: str) -> TagEvent | None:
    """Return what an event of this collection point says happened; None when the tag sends none.

    Page views are the point "page-view", or else the first with a page that has no fixed name of its own.
    Raises KeyError for a point that is not declared.
    Why: decision 0025.
    """
    if rulebook.points[point].technology is not Technology.TAG:
        return TagEvent.CONVERSION if rulebook.points[point] in conversion_points(rulebook) else None
    if point == view_point(rulebook):
        return TagEvent.VIEW
    return BY_ITSELF.get(point, TagEvent.CUSTOM)


def view_point(rulebook: Rulebook) -> str:
    """Return the collection point of page views; empty when the tag counts none.

    Why: decision 0025 (only page views are views).
    """
    own = [one.name for one in _points(rulebook, EVERYBODY) if one.name not in BY_ITSELF and "page" in one.fields]
    return PAGE_VIEW if PAGE_VIEW in own else own[0] if own else ""


def silencing(rulebook: Rulebook, point: str) -> tuple[str, ...]:
    """Return the signals that leave this point no purpose at all, so that nothing need even be sent.

    Raises KeyError for a point that is not declared. Rule: 11 CCR 7025(c)(1).
    """
    today = rulebook.effective
    everything = frozenset(rulebook.purposes)
    return tuple(
        sorted(
            name
            for name, signal in rulebook.signals.items()
            if isinstance(rulebook.permit(rulebook.points[point].name, signal.stops, today, everything), Refusal)
        )
    )


def attributes(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Mapping[str, str]:
    """Return the attributes of the tag's element on the pages of this website; none when the policy declares no tag.

    `data-points` is "point:signals:fields" for each point, `data-viewed` the point of page views when it has another name than
    usual, `data-choices` every purpose that a person can say no to. Rule: Cal. Civ. Code § 1798.100(a)(1).
    """
    points = _points(rulebook, audience)
    if not points:
        return {}
    points += conversion_points(rulebook, audience)
    written = {"data-points": " ".join(_written(rulebook, one) for one in points)}
    viewed = view_point(rulebook)
    if viewed != PAGE_VIEW:
        written["data-viewed"] = viewed
    optional = [name for name, purpose in rulebook.purposes.items() if purpose.optional]
    return written | ({"data-choices": " ".join(optional)} if optional else {})


def _written(rulebook: Rulebook, point: CollectionPoint) -> str:
    """Return a point as the attribute writes it; names have neither space nor colon nor comma."""
    sendable = schemas.sendable(rulebook, point.name)
    fields = ",".join(name for name in point.fields if name in sendable)
    return f"{point.name}:{','.join(silencing(rulebook, point.name))}:{fields}"


def _points(rulebook: Rulebook, audience: Audience) -> tuple[CollectionPoint, ...]:
    """Return the points of the tag on the pages of this website."""
    return tuple(one for one in audience.points(rulebook) if one.technology is Technology.TAG and not one.collected_by)
