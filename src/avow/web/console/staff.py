"""Staff: who has an account; inviting, new passwords, ending sessions, removing. The twin of `avow staff`."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.access import AccountLine
from avow.definitions import Refusal
from avow.gate.roles import Member
from avow.web.console.door import Door

ADDRESS: Final = "/console/staff"


class StaffPages:
    """The pages under /console/staff."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._register = door.house.register

    def routes(self) -> list[Route]:
        """Return the list, the question before an account is removed, and the decisions."""
        return [
            Route("/console/staff", self._door.page(self._list)),
            Route("/console/staff/invitations", self._door.action(self._invite), methods=["POST"]),
            Route("/console/staff/{staff_id}/password", self._door.action(self._new_password), methods=["POST"]),
            Route("/console/staff/{staff_id}/sign-out", self._door.action(self._end_sessions), methods=["POST"]),
            Route("/console/staff/{staff_id}/remove", self._door.page(self._ask)),
            Route("/console/staff/{staff_id}/remove", self._door.action(self._remove), methods=["POST"]),
        ]

    def _list(self, request: Request, member: Member, link: str = "", invited: str = "") -> Response:
        done = request.query_params.get("done", "")
        lines, unknown = self._register.accounts(), self._register.failed_unknown()
        return self._door.show(request, "staff.html", member, lines=lines, unknown=unknown, link=link, invited=invited, done=done)

    def _invite(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        return self._list(request, member, self._register.invite(member.staff_id))

    def _new_password(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        line = self._line(request)
        link = self._register.new_password(line.staff_id, member.staff_id)
        if isinstance(link, Refusal):
            raise HTTPException(404, link.reason)
        return self._list(request, member, link, line.name)

    def _end_sessions(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        refusal = self._register.end_sessions(request.path_params["staff_id"], member.staff_id)
        if refusal is not None:
            raise HTTPException(404, refusal.reason)
        return RedirectResponse(f"{ADDRESS}?done=sessions", 303)

    def _ask(self, request: Request, member: Member) -> Response:
        return self._door.show(request, "remove_account.html", member, line=self._line(request), error="")

    def _remove(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        line = self._line(request)
        refusal = self._register.remove(line.staff_id, member.staff_id)
        if refusal is not None:
            return self._door.show(request, "remove_account.html", member, 409, line=line, error=refusal.reason)
        return RedirectResponse(f"{ADDRESS}?done=removed", 303)

    def _line(self, request: Request) -> AccountLine:
        line = next((one for one in self._register.accounts() if one.staff_id == request.path_params["staff_id"]), None)
        if line is None:
            raise HTTPException(404)
        return line
