"""The request desk: consumer requests with their legal clocks."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.definitions import Refusal
from avow.gate.letters import Closed
from avow.gate.roles import WORKING, Act, Member
from avow.rights.telling import WAYS, Facts
from avow.web.console.door import Door, place
from avow.web.console.needs import Shows, needs
from avow.web.console.opening import to_open

#: Shortest and longest reason for an extension, in characters: the person must be able to understand it.
REASON_MIN = 20
REASON_MAX = 1000


class DeskPages:
    """The pages /console/requests."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._rights = door.house.rights

    def routes(self) -> list[Route]:
        """Return the list, one consumer request, its extension, and what is done about a recipient that was told."""
        opens = needs(requests=WORKING, shows=Shows.A_PERSON)
        return [
            self._door.page("/console/requests", self._list, needs(requests=WORKING, shows=Shows.LINES)),
            self._door.page("/console/requests/{request_id}", self._detail, opens),
            self._door.action("/console/requests/{request_id}", self._with_reason, opens),
            self._door.action("/console/requests/{request_id}/extension", self._extend, needs(requests=[Act.DENY], fresh=True)),
            self._door.action("/console/requests/{request_id}/told", self._pass_on, needs(requests=[Act.DECIDE])),
            self._door.action("/console/requests/{request_id}/answer", self._answer_for, needs(requests=[Act.DECIDE])),
            self._door.action("/console/requests/{request_id}/excuse", self._excuse, needs(requests=[Act.DENY], fresh=True)),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        return self._door.show(request, "desk.html", member, found=self._rights.desk(place(request), self._door.site(request)))

    def _detail(self, request: Request, member: Member) -> Response:
        return self._one(request, member, (request.query_params.get("purpose", ""), ""))

    def _with_reason(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Show one request to who wrote why they open it; words about a person never stand in an address."""
        return self._one(request, member, (form.get("purpose", ""), form.get("why", "")))

    def _extend(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        reason, wanted = form.get("reason", "").strip(), (form.get("purpose", ""), "")
        if not REASON_MIN <= len(reason) <= REASON_MAX:
            words = f"Please give the reason in {REASON_MIN} to {REASON_MAX} characters; it is told to the person."
            return self._one(request, member, wanted, 422, reason, words)
        refusal = self._rights.extend(request.path_params["request_id"], reason, member.staff_id)
        if refusal is not None:
            return self._one(request, member, wanted, 409, reason, f"{refusal.reason} ({refusal.rule})")
        return RedirectResponse(f"/console/requests/{request.path_params['request_id']}", 303)

    def _pass_on(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        about = request.path_params["request_id"], form.get("instruction", "")
        return self._told(request, member, form, self._rights.told.pass_on(*about, form.get("way", ""), member.staff_id))

    def _answer_for(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        about = request.path_params["request_id"], form.get("instruction", "")
        said = form.get("answer", ""), form.get("reason", "")
        return self._told(request, member, form, self._rights.told.answer_for(*about, *said, member.staff_id))

    def _excuse(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        about = request.path_params["request_id"], form.get("instruction", "")
        facts = Facts(form.get("effort", ""), form.get("gain", ""), form.get("why", ""))
        return self._told(request, member, form, self._rights.told.excuse(*about, facts, member.staff_id))

    def _told(self, request: Request, member: Member, form: dict[str, str], refusal: Refusal | None) -> Response:
        """Show the request again; a refusal next to its recipients."""
        if refusal is None:
            return RedirectResponse(f"/console/requests/{request.path_params['request_id']}#told", 303)
        wanted, words = (form.get("purpose", ""), ""), f"{refusal.reason} ({refusal.rule})"
        return self._one(request, member, wanted, 422, told_error=words)

    def _one(
        self,
        request: Request,
        member: Member,
        wanted: tuple[str, str],
        status: int = 200,
        reason: str = "",
        error: str = "",
        told_error: str = "",
    ) -> Response:
        """Show one request; `wanted` is the purpose for which it is opened, and why."""
        request_id = request.path_params["request_id"]
        detail = self._rights.detail(request_id, member, *wanted)
        if detail is None:
            raise HTTPException(404)
        if isinstance(detail, Closed):
            return to_open(self._door, request, member, detail, f"/console/requests/{request_id}", "A consumer request")
        if isinstance(detail, Refusal):
            return self._door.refused(request, member, detail)
        shown = {"detail": detail, "reason": reason, "error": error, "colleagues": self._door.colleagues()}
        shown |= {"told_error": told_error, "told_ways": WAYS}
        return self._door.show(request, "request.html", member, status, **shown)
