"""Outbox: what we wrote to people, and what can be done about what has not left."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from avow.addresses import LENGTH, wrong_with
from avow.definitions import LETTERS, Refusal
from avow.gate.letters import Closed
from avow.gate.roles import WORKING, Act, Member
from avow.rights import letters
from avow.web.console.door import LETTER_POLICY, Door, place
from avow.web.console.needs import Shows, needs
from avow.web.console.opening import to_open


class MessagePages:
    """The pages under /console/outbox."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house

    def routes(self) -> list[Route]:
        """Return the list, and one message with what can be done about it."""
        listed, looks = (needs(Act.ANSWER, requests=WORKING, shows=one, at=LETTERS) for one in (Shows.LINES, Shows.A_PERSON))
        return [
            self._door.page("/console/outbox", self._outbox, listed),
            self._door.page("/console/outbox/{message_id}", self._message, looks),
            self._door.action("/console/outbox/{message_id}", self._with_reason, looks),
            self._door.page("/console/outbox/{message_id}/letter.{form}", self._letter, looks),
            self._door.action("/console/outbox/{message_id}/again", self._again, needs(Act.ANSWER, requests=WORKING)),
            self._door.action("/console/outbox/{message_id}/passed-on", self._passed_on, needs(Act.ANSWER, requests=WORKING)),
            self._door.action("/console/outbox/{message_id}/address", self._correct, needs(Act.ANSWER, requests=WORKING)),
        ]

    def _outbox(self, request: Request, member: Member) -> Response:
        return self._door.show(
            request, "outbox.html", member, found=self._house.outbox.lines(place(request), member, self._door.site(request))
        )

    def _message(self, request: Request, member: Member) -> Response:
        return self._one_message(request, member, (request.query_params.get("purpose", ""), ""))

    def _with_reason(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Show one message to who wrote why they open it; words about a person never stand in an address."""
        return self._one_message(request, member, (form.get("purpose", ""), form.get("why", "")))

    def _one_message(
        self, request: Request, member: Member, wanted: tuple[str, str], status: int = 200, error: str = "", address: str = ""
    ) -> Response:
        """Show one message; `wanted` is the purpose for which it is opened, and why."""
        message_id = request.path_params["message_id"]
        message = self._house.outbox.read(message_id, member, *wanted)
        if message is None:
            raise HTTPException(404)
        if isinstance(message, Closed):
            return to_open(self._door, request, member, message, f"/console/outbox/{message_id}", "A message")
        if isinstance(message, Refusal):
            return self._door.refused(request, member, message)
        shown = {"message": message, "error": error, "address": address, "colleagues": self._door.colleagues()}
        return self._door.show(request, "message.html", member, status, **shown)

    def _letter(self, request: Request, member: Member) -> Response:
        """Return a letter as its person has it, as a page or as a PDF that can be printed and posted; a look like any other."""
        message_id, form = request.path_params["message_id"], request.path_params["form"]
        purpose = request.query_params.get("purpose", "")
        message = self._house.outbox.read(message_id, member, purpose)
        if isinstance(message, Closed):
            return RedirectResponse(f"/console/outbox/{message_id}", 303)
        if isinstance(message, Refusal):
            return self._door.refused(request, member, message)
        if message is None or not message.html or form not in {"html", "pdf"}:
            raise HTTPException(404)
        if form == "pdf":
            named = {"Content-Disposition": f'attachment; filename="{message.line.reference}.pdf"'}
            return Response(letters.pdf(message.printed), media_type="application/pdf", headers=named)
        return HTMLResponse(message.html, headers={"Content-Security-Policy": LETTER_POLICY})

    def _again(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        message_id, outbox = request.path_params["message_id"], self._house.outbox
        refusal = self._sees(request, member) or outbox.retry(message_id, member.staff_id)
        if refusal is not None:
            return self._one_message(request, member, (form.get("purpose", ""), ""), 409, f"{refusal.reason} ({refusal.rule})")
        return RedirectResponse("/console/outbox", 303)

    def _passed_on(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        message_id, outbox = request.path_params["message_id"], self._house.outbox
        refusal = self._sees(request, member) or outbox.passed_on(message_id, form.get("way", ""), member.staff_id)
        if refusal is not None:
            return self._one_message(request, member, (form.get("purpose", ""), ""), 409, f"{refusal.reason} ({refusal.rule})")
        return RedirectResponse("/console/outbox", 303)

    def _correct(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        address = form.get("address", "").strip()
        if wrong := wrong_with(address):
            return self._one_message(
                request, member, (form.get("purpose", ""), ""), 422, f"The address of the message {wrong}.", address[:LENGTH]
            )
        message_id, outbox = request.path_params["message_id"], self._house.outbox
        refusal = self._sees(request, member) or outbox.correct(message_id, address, member.staff_id)
        if refusal is not None:
            return self._one_message(
                request, member, (form.get("purpose", ""), ""), 409, f"{refusal.reason} ({refusal.rule})", address
            )
        return RedirectResponse("/console/outbox", 303)

    def _sees(self, request: Request, member: Member) -> Refusal | None:
        return self._house.outbox.sees(request.path_params["message_id"], member)
