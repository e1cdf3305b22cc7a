"""Set aside: what could not be handled, by queue, to be tried again or given up. Contents stay sealed; nobody is named."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.assurance.shelf import AsideLine
from avow.gate.roles import Act, Member
from avow.store.queues import queue
from avow.web.console.door import Door, place
from avow.web.console.needs import needs

ADDRESS: Final = "/console/set-aside"


class AsidePages:
    """The pages under /console/set-aside."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._aside = door.house.aside

    def routes(self) -> list[Route]:
        """Return the list, the question before something is given up, and the two decisions."""
        return [
            self._door.page("/console/set-aside", self._list, needs(Act.ADMINISTER)),
            self._door.action("/console/set-aside/{item_id}/retry", self._retry, needs(Act.ADMINISTER)),
            self._door.page("/console/set-aside/{item_id}/discard", self._ask, needs(Act.ADMINISTER)),
            self._door.action("/console/set-aside/{item_id}/discard", self._discard, needs(Act.ADMINISTER, fresh=True)),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        counts = sorted((queue(name), number) for name, number in self._aside.queues().items())
        found = self._aside.lines(place(request)).each(lambda line: (line, queue(line.queue)))
        return self._door.show(
            request,
            "set_aside.html",
            member,
            counts=counts,
            found=found,
            set_aside=sum(number for _, number in counts),
            done=request.query_params.get("done", ""),
        )

    def _ask(self, request: Request, member: Member) -> Response:
        line = self._line(request)
        if not queue(line.queue).loss:
            raise HTTPException(409, "This has to be done, and cannot be discarded.")
        return self._door.show(request, "discard.html", member, line=line, queue=queue(line.queue))

    def _retry(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        if not self._aside.retry(request.path_params["item_id"], member.staff_id):
            raise HTTPException(404)
        return RedirectResponse(f"{ADDRESS}?done=retried", 303)

    def _discard(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        line = self._line(request)
        if not self._aside.discard(line.item_id, member.staff_id):
            raise HTTPException(409, "This has to be done, and cannot be discarded.")
        return RedirectResponse(f"{ADDRESS}?done=discarded", 303)

    def _line(self, request: Request) -> AsideLine:
        line = self._aside.line(request.path_params["item_id"])
        if line is None:
            raise HTTPException(404)
        return line
