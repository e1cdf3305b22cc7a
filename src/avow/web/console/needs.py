"""What each door of the console needs of a role, and what can be seen behind it: declared once, read by door and menu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from avow.gate.roles import WORKING, Act


class Shows(StrEnum):
    """What of people is behind a door."""

    NOBODY = "nobody"  #: nothing about a person
    FIGURES = "figures"  #: counts, bound to the points that one may measure
    LINES = "lines"  #: that records are there, and not whose
    A_PERSON = "a person"  #: what `gate.reads` opens, and logs


@dataclass(frozen=True, slots=True)
class Needs:
    """What a door needs: one of these acts, none for whoever is signed in; `fresh`: a factor proved within the last minutes."""

    acts: frozenset[Act]
    shows: Shows
    fresh: bool = False


def needs(*acts: Act, shows: Shows = Shows.NOBODY, fresh: bool = False) -> Needs:
    """Return what a door needs."""
    return Needs(frozenset(acts), shows, fresh)


#: Whoever works on consumer requests, or answers what people send: messages to them are theirs.
DESK: Final = WORKING
LETTERS: Final = (Act.ANSWER, *WORKING)

#: Where one comes to after signing in: the dashboard, or the first page of one's own menu.
HOME: Final = "/console"
#: The menu: what one does, and the pages for it. A page is shown to whom its own door lets in.
MENU: Final[Mapping[str, Mapping[str, str]]] = {
    "Audience": {
        HOME: "Dashboard",
        "/console/campaigns": "Campaigns",
        "/console/searches": "Site search",
        "/console/recordings": "Recordings",
    },
    "People": {
        "/console/inbox": "Inbox",
        "/console/outbox": "Outbox",
        "/console/mailings": "Mailings",
        "/console/choices": "Choices",
    },
    "Requests": {"/console/requests": "Request desk"},
    "Policy": {
        "/console/policy": "Policy",
        "/console/refusals": "Refusals",
        "/console/browser-reports": "Browser reports",
    },
    "Proof": {"/console/evidence": "Evidence", "/console/audit": "Audit log"},
    "Installation": {
        "/console/integrity": "Integrity",
        "/console/set-aside": "Set aside",
        "/console/imports": "Imports",
        "/console/staff": "Staff",
    },
}
