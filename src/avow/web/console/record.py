"""The record of consumer requests, for who may see it: six fields of each, and nobody's name (11 CCR 7101)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.definitions import Refusal
from avow.gate.roles import Act, Member
from avow.web.console.door import Door, place
from avow.web.console.needs import needs

#: Where it is.
PAGE = "/console/record"


class RecordPages:
    """The page /console/record."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def routes(self) -> list[Route]:
        """Return the page."""
        return [self._door.page(PAGE, self._list, needs(Act.RECORD))]

    def _list(self, request: Request, member: Member) -> Response:
        record = self._door.house.rights.record
        found = record.page(place(request), member)
        if isinstance(found, Refusal):
            return self._door.refused(request, member, found)
        return self._door.show(request, "record.html", member, found=found, months=record.months)
