"""Inbox and outbox: what people wrote, read only for a purpose; and what we wrote to them."""

from __future__ import annotations

import re
from typing import Final, cast, get_args
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.addresses import LENGTH, wrong_with
from avow.definitions import LETTERS as FORMS
from avow.definitions import Refusal
from avow.gate.roles import Act, Member
from avow.gate.sites import EVERY_SITE
from avow.messaging.answers import Decision, SubmissionLine, SubmissionState
from avow.web.console.door import Door, place
from avow.web.console.needs import LETTERS, Shows, needs

#: States that a member of staff sets.
_BY_STAFF: Final = frozenset({"read", "answered"})


class MessagePages:
    """The pages /console/inbox and /console/outbox."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house

    def routes(self) -> list[Route]:
        """Return the lists, one submission, its state, and one message with what can be done about it."""
        return [
            self._door.page("/console/inbox", self._inbox, needs(Act.READ, shows=Shows.LINES)),
            self._door.page("/console/inbox/{record_id}", self._submission, needs(Act.READ, shows=Shows.A_PERSON)),
            self._door.page("/console/inbox/{record_id}/files/{number}", self._file, needs(Act.READ, shows=Shows.A_PERSON)),
            self._door.action("/console/inbox/{record_id}/decision", self._decide, needs(Act.DECIDE)),
            self._door.action("/console/inbox/{record_id}/state", self._mark, needs(Act.READ, Act.ANSWER)),
            self._door.page("/console/outbox", self._outbox, needs(*LETTERS, shows=Shows.LINES)),
            self._door.page("/console/outbox/{message_id}", self._message, needs(*LETTERS, shows=Shows.A_PERSON)),
            self._door.action("/console/outbox/{message_id}/again", self._again, needs(*LETTERS)),
            self._door.action("/console/outbox/{message_id}/passed-on", self._passed_on, needs(*LETTERS)),
            self._door.action("/console/outbox/{message_id}/address", self._correct, needs(*LETTERS)),
        ]

    def _inbox(self, request: Request, member: Member) -> Response:
        facts = self._door.facts(request)
        point = request.query_params.get("point", "")
        point = point if any(known.name == point for known in facts.points) else ""
        found = self._house.inbox.lines(point, place(request), member, self._door.site(request))
        away = self._house.roles.out_of_reach(member, Act.READ)
        forms = [known for known in facts.points if known.technology in FORMS and known.name not in away]
        labels = {known.name: known.label for known in facts.points}
        return self._door.show(request, "inbox.html", member, found=found, forms=forms, chosen=point, labels=labels)

    def _submission(self, request: Request, member: Member) -> Response:
        """Show one submission; its fields only for the purpose that was declared, and why not when it may not be."""
        record_id, purpose = request.path_params["record_id"], request.query_params.get("purpose", "")
        inbox = self._house.inbox
        read = inbox.read(record_id, purpose, member) if purpose else None
        line = inbox.line(record_id, member)
        if line is None:
            raise HTTPException(404)
        if isinstance(line, Refusal):
            return self._door.refused(request, member, line)
        refused = isinstance(read, Refusal)
        return self._door.show(
            request,
            "submission.html",
            member,
            403 if refused else 200,
            line=line,
            purpose=purpose,
            refusal=read if refused else None,
            read=None if refused else read,
            point=self._point(line),
        )

    def _file(self, request: Request, member: Member) -> Response:
        """Hand out one file for a purpose, to be saved and never shown: what a stranger sent may be made to deceive."""
        record_id, purpose = request.path_params["record_id"], request.query_params.get("purpose", "")
        number = request.path_params["number"]
        if not re.fullmatch(r"[0-9]{1,3}", number):
            raise HTTPException(404)
        found = self._house.inbox.file(record_id, int(number), purpose, member)
        if found is None:
            raise HTTPException(404)
        if isinstance(found, Refusal):
            raise HTTPException(403, f"{found.reason} ({found.rule})")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(found.content, media_type="application/octet-stream", headers=headers)

    def _decide(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        record_id, decision = request.path_params["record_id"], form.get("decision", "")
        if decision not in get_args(Decision):
            raise HTTPException(422, "Please choose what was decided.")
        refusal = self._house.inbox.decide(record_id, cast("Decision", decision), member)  # it is one of them
        if refusal is not None:
            raise HTTPException(409, f"{refusal.reason} ({refusal.rule})")
        return RedirectResponse(f"/console/inbox/{record_id}", 303)

    def _mark(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        record_id, state = request.path_params["record_id"], form.get("state", "")
        if state not in _BY_STAFF:
            raise HTTPException(422, "Please say whether it was read or answered.")
        if self._house.inbox.line(record_id, member) is None:
            raise HTTPException(404)
        refusal = self._house.inbox.mark(record_id, cast("SubmissionState", state), member)  # it is one of them
        if refusal is not None:
            return self._door.refused(request, member, refusal)
        return RedirectResponse("/console/inbox", 303)

    def _outbox(self, request: Request, member: Member) -> Response:
        return self._door.show(
            request, "outbox.html", member, found=self._house.outbox.lines(place(request), self._door.site(request))
        )

    def _message(self, request: Request, member: Member) -> Response:
        return self._one_message(request, member, 200)

    def _one_message(self, request: Request, member: Member, status: int, error: str = "", address: str = "") -> Response:
        message = self._house.outbox.read(request.path_params["message_id"], member)
        if message is None:
            raise HTTPException(404)
        if isinstance(message, Refusal):
            return self._door.refused(request, member, message)
        return self._door.show(request, "message.html", member, status, message=message, error=error, address=address)

    def _again(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        refusal = self._house.outbox.retry(request.path_params["message_id"], member.staff_id)
        if refusal is not None:
            return self._one_message(request, member, 409, f"{refusal.reason} ({refusal.rule})")
        return RedirectResponse("/console/outbox", 303)

    def _passed_on(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        refusal = self._house.outbox.passed_on(request.path_params["message_id"], form.get("way", ""), member.staff_id)
        if refusal is not None:
            return self._one_message(request, member, 409, f"{refusal.reason} ({refusal.rule})")
        return RedirectResponse("/console/outbox", 303)

    def _correct(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        address = form.get("address", "").strip()
        if wrong := wrong_with(address):
            return self._one_message(request, member, 422, f"The address of the message {wrong}.", address[:LENGTH])
        refusal = self._house.outbox.correct(request.path_params["message_id"], address, member.staff_id)
        if refusal is not None:
            return self._one_message(request, member, 409, f"{refusal.reason} ({refusal.rule})", address)
        return RedirectResponse("/console/outbox", 303)

    def _point(self, line: SubmissionLine) -> str:
        """Return the collection point's label; its name when an earlier policy declared it."""
        return next(
            (point.label for point in self._house.policy.facts(EVERY_SITE).points if point.name == line.point), line.point
        )
