"""Mailings in the console: lists, what was sent and what came back; writing one, in two steps. The twin of `avow mail send`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from avow.collection.forms.uploads import Upload
from avow.definitions import Refusal
from avow.gate.roles import Act, Member
from avow.messaging.letter import SUBJECT_LENGTH, TEXT_LENGTH
from avow.store.control.mailings import Mailing
from avow.web.console.door import LETTER_POLICY, Door, place
from avow.web.console.needs import Shows, needs

#: Subscriptions that are counted before a mailing: each is opened and asked about, in a second or two.
COUNTED: Final = 2_000
_FIELDS: Final = ("list", "subject", "text", "site")


class MailingsPages:
    """The pages under /console/mailings."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._mailings = door.house.mailings
        self._letters = door.house.letters

    def routes(self) -> list[Route]:
        """Return the list, writing a mailing, looking at it, sending it, and one mailing's report."""
        seen, sends = needs(Act.MEASURE, Act.PUBLISH, shows=Shows.FIGURES), needs(Act.PUBLISH)
        return [
            self._door.page("/console/mailings", self._list, seen),
            self._door.page("/console/mailings/new", self._form, sends),
            self._door.files("/console/mailings/new", self._look, sends, 0),
            self._door.files("/console/mailings/new/html", self._html, sends, 0),
            self._door.files("/console/mailings/send", self._send, needs(Act.PUBLISH, fresh=True), 0),
            self._door.page("/console/mailings/{mailing_id}", self._report, seen),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        away = self._away(member)
        lists, found = self._mailings.lists(away), self._mailings.lines(place(request), away)
        roles = self._door.house.roles
        sends, unread = roles.looks(member, {Act.PUBLISH}) is None, roles.out_of_reach(member, Act.READ)
        return self._door.show(request, "mailings.html", member, lists=lists, found=found, sends=sends, away=away, unread=unread)

    def _report(self, request: Request, member: Member) -> Response:
        roles, policy = self._door.house.roles, self._door.house.policy.rulebook
        report = self._mailings.report(
            request.path_params["mailing_id"], self._away(member), set(policy.points) - roles.measures(member)
        )
        if report is None:
            raise HTTPException(404)
        return self._door.show(request, "mailing.html", member, report=report, line=report.line)

    def _away(self, member: Member) -> frozenset[str]:
        """Return the lists that a member has nothing to do with: who sends mailings has to do with all of them."""
        roles, points = self._door.house.roles, frozenset(self._door.house.policy.rulebook.points)
        return frozenset() if roles.looks(member, [Act.PUBLISH]) is None else points - roles.measures(member)

    def _form(self, request: Request, member: Member) -> Response:
        return self._write(request, member, {"list": request.query_params.get("list", "")})

    def _write(self, request: Request, member: Member, form: Mapping[str, str], error: str = "") -> Response:
        return self._door.show(
            request,
            "mailing_new.html",
            member,
            422 if error else 200,
            lists=self._mailings.lists(),
            values={name: form.get(name, "") for name in _FIELDS},
            error=error,
            longest=(SUBJECT_LENGTH, TEXT_LENGTH),
        )

    def _look(self, request: Request, member: Member, form: dict[str, str], _uploads: list[Upload]) -> Response:
        """Show a mailing as its reader gets it, and who does; nothing is sent, and nothing of it is kept."""
        if form.get("change"):
            return self._write(request, member, form)
        plan = self._letters.plan(*_written(form), self._door.house.now_ms(), form.get("site", ""), COUNTED)
        if isinstance(plan, Refusal):
            return self._write(request, member, form, f"{plan.reason[0].upper()}{plan.reason[1:]}. ({plan.rule})")
        return self._door.show(
            request,
            "mailing_preview.html",
            member,
            plan=plan,
            label=next(one.label for one in self._mailings.lists() if one.point == plan.mailing.point),
            parts=self._letters.preview(plan.mailing),
            values={name: form.get(name, "") for name in _FIELDS},
            begun=self._mailings.report(plan.mailing.id),
            counted=COUNTED,
        )

    def _html(self, _request: Request, _member: Member, form: dict[str, str], _uploads: list[Upload]) -> Response:
        """Return the letter itself, as a mail program shows it."""
        parts = self._letters.preview(self._read(form))
        return HTMLResponse(parts.html, headers={"Content-Security-Policy": LETTER_POLICY})

    def _send(self, _request: Request, member: Member, form: dict[str, str], _uploads: list[Upload]) -> Response:
        """Begin the mailing that was shown; the server's job puts its messages into the outbox, batch by batch."""
        wanted = self._read(form)
        if wanted.id != form.get("mailing"):
            raise HTTPException(409, "This is not the mailing that was shown. Nothing was sent; please look at it again.")
        self._letters.begin(wanted, member.staff_id)
        return RedirectResponse(f"/console/mailings/{wanted.id}", 303)

    def _read(self, form: Mapping[str, str]) -> Mailing:
        """Return the mailing that a form describes; raise HTTPException 422 for one that may not be sent."""
        wanted = self._letters.read(*_written(form), self._door.house.now_ms(), form.get("site", ""))
        if isinstance(wanted, Refusal):
            raise HTTPException(422, f"{wanted.reason} ({wanted.rule})")
        return wanted


def _written(form: Mapping[str, str]) -> tuple[str, str, str]:
    return form.get("list", ""), form.get("subject", ""), form.get("text", "").replace("\r\n", "\n")
