"""What each door of the console needs of a role, and what can be seen behind it: declared once, read by door and menu."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from avow.definitions import Refusal, Technology
from avow.gate.roles import Act, Member, Roles


class Shows(StrEnum):
    """What of people is behind a door."""

    NOBODY = "nobody"  #: nothing about a person
    FIGURES = "figures"  #: counts, bound to the points that one may measure
    LINES = "lines"  #: that records are there, and not whose
    A_PERSON = "a person"  #: what `gate.reads` opens, and logs


@dataclass(frozen=True, slots=True)
class Needs:
    """What a door needs: one of these acts, or one of `requests` with consumer requests; neither for whoever is signed in.

    `fresh`: and a factor proved within the last minutes. `at`: the acts count with points of these technologies alone.
    """

    acts: frozenset[Act]
    requests: frozenset[Act]
    shows: Shows
    fresh: bool = False
    at: frozenset[Technology] = frozenset()

    def refuses(self, roles: Roles, member: Member, *, only_looks: bool) -> Refusal | None:
        """Return why a member may not come in; None for whoever may."""
        asks = roles.looks if only_looks else roles.may
        declared = roles.versions.in_force().points
        points = [name for name, one in declared.items() if one.technology in self.at] or [""]
        refusals = [asks(member, self.acts, point) for point in points] if self.acts else []
        refusals += [roles.works(member, self.requests, only_looks=only_looks)] if self.requests else []
        return None if None in refusals or not refusals else refusals[0]


def needs(
    *acts: Act, requests: Iterable[Act] = (), shows: Shows = Shows.NOBODY, fresh: bool = False, at: Iterable[Technology] = ()
) -> Needs:
    """Return what a door needs."""
    return Needs(frozenset(acts), frozenset(requests), shows, fresh, frozenset(at))


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
        "/console/deliveries": "Deliveries",
        "/console/choices": "Choices",
    },
    "Requests": {
        "/console/requests": "Request desk",
        "/console/kept": "Kept records",
        "/console/record": "Record",
        "/console/recipients/opt-outs": "Opt-outs to pass on",
    },
    "Policy": {
        "/console/policy": "Policy",
        "/console/recipients": "Recipients",
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
