"""The page before something of a person is shown: for which purpose it is opened and, where the policy asks for it, why."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from avow.gate.letters import Closed
from avow.gate.reads import REASON_LENGTH
from avow.gate.roles import Member
from avow.web.console.door import Door


def to_open(door: Door, request: Request, member: Member, closed: Closed, path: str, heading: str) -> Response:
    """Return the page that asks for what is still to be said; `path` is the address of what is to be opened."""
    labels = {one.name: one.label for one in door.facts(request).purposes}
    return door.show(
        request,
        "opening.html",
        member,
        closed=closed,
        purposes=[(name, labels.get(name, name)) for name in closed.purposes],
        opens=path,
        heading=heading,
        reason_length=REASON_LENGTH,
    )
