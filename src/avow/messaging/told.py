"""What came back of a mailing, readers and scanners apart.

Companies and mail services look at a message before its reader does, by a program that calls itself a browser. It is told
by kind and by time: it asks with HEAD, or within seconds after the message was delivered (`is_scan`, asked when it comes),
or it follows several links of one message within a moment (`told`, asked of what is kept). An image that a mail service
fetches for its reader is none of it, whenever it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from avow.store.events import Events

#: Nobody has a message before them, and has read so far as a link, so soon after a mail server took it, milliseconds.
SOON_MS: Final = 5_000
#: Nobody follows two links of a message within such a moment, milliseconds.
MOMENT_MS: Final = 2_000
#: When a mail server took a message of which that was not kept.
UNKNOWN_MS: Final = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What came back: `links` maps an address to people and times, "" to those who opened; the rest is of all links."""

    links: Mapping[str, tuple[int, int]]
    followed: int
    followed_times: int
    scans: int


#: Of a mailing that is not measured.
NOTHING_TOLD: Final = Told(MappingProxyType({}), 0, 0, 0)


def is_scan(method: str, taken_ms: int | None, now_ms: int) -> bool:
    """Return whether a link or image was fetched before a reader can: by HEAD, or too soon after the message was taken.

    `taken_ms` is when a mail server took it: None while it has not said so, UNKNOWN_MS where nobody knows.
    """
    return method == "HEAD" or taken_ms is None or now_ms - taken_ms < SOON_MS


def told(events: Events, point: str, mailing: str) -> Told:
    """Return what came back of one mailing."""
    rows = events.query("mailing_told", point=point, mailing=mailing, moment_ms=MOMENT_MS)
    whole = next(row for row in rows if row["is_whole"])
    links = {str(row["link"]): (int(row["people"]), int(row["times"])) for row in rows if not row["is_whole"]}
    return Told(MappingProxyType(links), int(whole["people"]), int(whole["times"]), int(whole["scans"]))
