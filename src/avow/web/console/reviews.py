"""What would happen to a request, before and after; what staff decide about it, and who looks a second time."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.definitions import Refusal
from avow.gate.roles import WORKING, Act, Member
from avow.rights.reviewing import NOTE_LENGTH, REASON_LENGTH
from avow.rights.withholding import FACTS, LEAST_FACT, Wanted
from avow.web.console.door import Door
from avow.web.console.needs import Shows, needs

_PLAN: Final = "/console/requests/{request_id}/plan"


class ReviewPages:
    """The pages /console/requests/{request_id}/plan, and what is decided on them."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._reviews = door.house.reviews

    def routes(self) -> list[Route]:
        """Return what would happen, and what a member presses there; the grave ones ask who it is."""
        decides, denies = needs(requests=[Act.DECIDE], fresh=True), needs(requests=[Act.DENY], fresh=True)
        approves, works = needs(requests=[Act.APPROVE], fresh=True), needs(requests=WORKING)
        return [
            self._door.page(_PLAN, self._show, needs(requests=WORKING, shows=Shows.LINES)),
            self._door.action(f"{_PLAN}/carry-out", self._carry_out, decides),
            self._door.action(f"{_PLAN}/denial", self._deny, denies),
            self._door.action(f"{_PLAN}/second", self._agree, approves),
            self._door.action(f"{_PLAN}/back", self._take_back, works),
            self._door.action(f"{_PLAN}/part", self._want, denies),
            self._door.action(f"{_PLAN}/part/second", self._look, approves),
            self._door.action(f"{_PLAN}/part/back", self._let_go, works),
            self._door.action(f"{_PLAN}/suspicion", self._suspect, works),
            self._door.action(f"{_PLAN}/clearing", self._clear, decides),
        ]

    def _show(self, request: Request, member: Member) -> Response:
        return self._page(request, member)

    def _carry_out(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        return self._done(request, member, self._reviews.carry_out(_id(request), form.get("seen", ""), member))

    def _deny(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        code, reason = form.get("code", ""), form.get("reason", "")
        refusal = self._reviews.deny(_id(request), code, reason, member)
        return self._done(request, member, refusal, typed={"code": code, "reason": reason})

    def _agree(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        return self._done(request, member, self._reviews.agree(_id(request), form.get("seen", ""), member))

    def _take_back(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        return self._done(request, member, self._reviews.take_back(_id(request), member))

    def _want(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Name a part: the point is in the form's own names, so that fields and records are of that one."""
        point, code = form.get("point", ""), form.get("code", "")
        until, before = _day(form.get("until", "")), _day(form.get("before", ""))
        fields, records = (_named(form, f"{kind}:{point}:") for kind in ("field", "record"))
        facts = tuple(form.get(f"fact-{number}", "") for number in range(len(FACTS)))
        named = (code, point, fields, records, form.get("purpose", ""), until, before, form.get("reason", ""), facts)
        return self._done(request, member, self._reviews.want(_id(request), Wanted(*named), member), typed=form)

    def _look(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        return self._decided(request, member, form, agrees=True)

    def _let_go(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        return self._decided(request, member, form, agrees=False)

    def _decided(self, request: Request, member: Member, form: dict[str, str], *, agrees: bool) -> Response:
        number = form.get("number", "")
        if not re.fullmatch(r"[0-9]{1,6}", number):
            raise HTTPException(422, "Please say which part it is.")
        return self._done(request, member, self._reviews.look(_id(request), int(number), member, agrees=agrees))

    def _suspect(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        note = form.get("note", "")
        return self._done(request, member, self._reviews.suspect(_id(request), note, member.staff_id), typed={"note": note})

    def _clear(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        note = form.get("note", "")
        refusal = self._reviews.suspect(_id(request), note, member.staff_id, is_cleared=True)
        return self._done(request, member, refusal, typed={"note": note})

    def _done(self, request: Request, member: Member, refusal: Refusal | None, typed: dict[str, str] | None = None) -> Response:
        """Show the page again; a refusal on it, with what was typed."""
        if refusal is None:
            return RedirectResponse(_PLAN.format(request_id=_id(request)), 303)
        return self._page(request, member, 409, f"{refusal.reason[:1].upper()}{refusal.reason[1:]} ({refusal.rule}).", typed)

    def _page(
        self, request: Request, member: Member, status: int = 200, error: str = "", typed: dict[str, str] | None = None
    ) -> Response:
        found = self._reviews.page(_id(request), member)
        if found is None:
            raise HTTPException(404)
        shown = {"found": found, "error": error, "typed": typed or {}, "colleagues": self._door.colleagues()}
        shown |= {
            "reason_length": REASON_LENGTH,
            "least_fact": LEAST_FACT,
            "note_length": NOTE_LENGTH,
            "plan_path": _PLAN.format(request_id=_id(request)),
        }
        return self._door.show(request, "request_plan.html", member, status, **shown)


def _named(form: dict[str, str], prefix: str) -> tuple[str, ...]:
    """Return what is ticked of one point."""
    return tuple(name.removeprefix(prefix) for name in form if name.startswith(prefix))


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _id(request: Request) -> str:
    return str(request.path_params["request_id"])
