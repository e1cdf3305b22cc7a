"""What the address of a pixel says: a view, or a conversion, of a page without script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from avow.collection.events import NOT_HERE, RULE, TWICE, Batch, Dropped, EventParser
from avow.collection.remembered import Remembered
from avow.definitions import Refusal, Technology
from avow.policy import CollectionPoint, Rulebook
from avow.policy.rulebook.conversions import conversion_points

#: The parameters that make a campaign's name, and its longest, characters: as in the tag.
CAMPAIGN_PARAMETERS: Final = ("utm_source", "utm_medium", "utm_campaign")
CAMPAIGN_LENGTH: Final = 100


class Pixels:
    """Reads the addresses of pixels, for one version of the policy.

    Remembered as what is known about senders is: pages are few, and the beacon of each is fetched often.
    """

    def __init__(self, rulebook: Rulebook, parser: EventParser) -> None:
        self._rulebook, self._parser = rulebook, parser
        self.conversions = frozenset(point.name for point in conversion_points(rulebook))
        self._points = {point.name: point for point in (*pixel_points(rulebook), *conversion_points(rulebook))}
        self._bare = next((point.name for point in pixel_points(rulebook)), "")
        self._read: Remembered[tuple[bytes, bytes], tuple[str, Batch | Refusal]] = Remembered()

    def read(self, query: bytes, referer: bytes) -> tuple[str, Batch | Refusal]:
        """Return the point of a pixel's address, and what is said there and by its page's own address."""
        found = self._read.found.get((query, referer))
        if found is None:
            found = self._look(query, referer)
            self._read.keep((query, referer), found, len(query) + len(referer))
        return found

    def said(self, point: str, given: Mapping[str, str]) -> Batch | Refusal:
        """Return what one view, or one conversion, says; a Refusal for a point that has no pixel."""
        declared = self._points.get(point)
        if declared is None:
            return Refusal(NOT_HERE if point in self._rulebook.elsewhere else "the policy declares no such pixel", RULE)
        return self._parser.event(declared, given)

    def _look(self, query: bytes, referer: bytes) -> tuple[str, Batch | Refusal]:
        every = parse_qs(query.decode(errors="replace"), errors="replace")
        given = {name: values[0] for name, values in every.items()}
        point = given.pop("point", "") or self._bare
        by_page = self._said_by_page(point, referer.decode(errors="replace")) if referer else {}
        read = self.said(point, by_page | given)
        twice = tuple(Dropped(point, name, TWICE) for name, values in every.items() if len(set(values)) > 1)
        return point, msgspec.structs.replace(read, dropped=read.dropped + twice) if isinstance(read, Batch) else read

    def _said_by_page(self, point: str, referer: str) -> dict[str, str]:
        """Return what a page's own address says of declared fields that its image does not name: path and campaign."""
        declared = self._rulebook.notice_fields(point)
        said = {"page": _path_of(referer), "campaign": _campaign_of(referer) if "campaign" in declared else ""}
        return {name: value for name, value in said.items() if value and name in declared}


def pixel_points(rulebook: Rulebook) -> tuple[CollectionPoint, ...]:
    """Return the declared web beacons, in the policy's order; the first is the one that a bare pixel address means."""
    return tuple(point for point in rulebook.points.values() if point.technology is Technology.WEB_BEACON)


def _path_of(address: str) -> str:
    """Return the path of an address, or nothing when it is none."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _campaign_of(address: str) -> str:
    """Return "source / medium / name" of the campaign in a page's address, as the tag writes it; "" for none."""
    try:
        query = parse_qs(urlsplit(address).query, errors="replace")
    except ValueError:
        return ""
    parts = [query.get(name, [""])[0].strip() for name in CAMPAIGN_PARAMETERS]
    return " / ".join(part or "-" for part in parts)[:CAMPAIGN_LENGTH] if any(parts) else ""
