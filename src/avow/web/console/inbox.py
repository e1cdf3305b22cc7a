"""Inbox: what people wrote, listed without a word of it, and read only for a purpose."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final, cast, get_args
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.addresses import LENGTH, wrong_with
from avow.definitions import LETTERS, Refusal, RequestKind
from avow.gate.reads import REASON_LENGTH
from avow.gate.roles import Act, Member, as_member
from avow.gate.sites import EVERY_SITE
from avow.messaging.answers import DECISIONS, Decision, SubmissionLine, SubmissionState
from avow.policy.law import rules
from avow.publication.answers import PurposeFacts
from avow.store.control.submissions import Sought
from avow.store.paging import Place
from avow.web.console.door import Door, place
from avow.web.console.needs import Shows, needs

#: States that a member of staff sets.
_BY_STAFF: Final = frozenset({"read", "answered"})
#: Longest reference number that is looked for, in characters.
_REFERENCE_MAX: Final = 40
#: By what the list is filtered, as its addresses say it.
_FILTERS: Final = ("point", "state", "assigned", "decision", "reference")
#: Whom a list may be of next to a colleague: oneself, and nobody.
_MINE: Final = "mine"
_NOBODY: Final = "nobody"


class InboxPages:
    """The pages under /console/inbox."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house

    def routes(self) -> list[Route]:
        """Return the list, who looks for a person in it, one submission with its files, and what is done about it."""
        page, action, reads = self._door.page, self._door.action, needs(Act.READ, shows=Shows.A_PERSON, at=LETTERS)
        return [
            page("/console/inbox", self._inbox, needs(Act.READ, shows=Shows.LINES, at=LETTERS)),
            action("/console/inbox", self._seek, reads),
            page("/console/inbox/{record_id}", self._submission, reads),
            action("/console/inbox/{record_id}", self._with_reason, reads),
            page("/console/inbox/{record_id}/files/{number}", self._file, reads),
            action("/console/inbox/{record_id}/assigned", self._assign, needs(Act.ASSIGN, Act.ANSWER)),
            action("/console/inbox/{record_id}/decision", self._decide, needs(Act.DECIDE)),
            action("/console/inbox/{record_id}/request", self._make_request, needs(requests=[Act.DECIDE])),
            action("/console/inbox/{record_id}/factor", self._note, needs(Act.DECIDE)),
            action("/console/inbox/{record_id}/state", self._mark, needs(Act.READ, Act.ANSWER)),
        ]

    def _inbox(self, request: Request, member: Member) -> Response:
        query = request.query_params
        point, state = query.get("point", ""), query.get("state", "")
        known = {one.name for one in self._door.facts(request).points}
        chosen = {name: query.get(name, "").strip()[:_REFERENCE_MAX] for name in _FILTERS}
        chosen["point"] = point if point in known else ""
        chosen["state"] = state if state in get_args(SubmissionState) else ""
        chosen["decision"] = chosen["decision"] if chosen["decision"] in get_args(Decision) else ""
        whose = {"": None, _MINE: member.staff_id, _NOBODY: ""}
        sought = Sought(
            chosen["point"],
            self._door.site(request),
            state=chosen["state"],
            reference=chosen["reference"],
            assigned_to=whose.get(chosen["assigned"], chosen["assigned"]),
            decision=chosen["decision"],
        )
        found = self._house.inbox.lines(place(request), member, sought)
        return self._list(
            request, member, found=found, chosen=chosen, filters={name: value for name, value in chosen.items() if value}
        )

    def _seek(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Show what one person sent by one form, by their address: no page's address ever has one of a person."""
        address, point = form.get("address", "").strip()[:LENGTH], form.get("point", "")
        chosen = dict.fromkeys(_FILTERS, "") | {"point": point}
        wrong = f"The address {words}." if (words := wrong_with(address)) else ""
        if not any(one.name == point and one.technology in LETTERS for one in self._door.facts(request).points):
            wrong = wrong or "Choose the form that they sent: what came by several stays apart."
        if wrong:
            return self._list(request, member, 422, address=address, wrong=wrong)
        found = self._house.inbox.lines(Place(), member, Sought(point, self._door.site(request)), address)
        return self._list(request, member, found=found, address=address, chosen=chosen)

    def _list(self, request: Request, member: Member, status: int = 200, **shown: Any) -> Response:  # Any: what templates take
        facts, away = self._door.facts(request), self._house.roles.out_of_reach(member, Act.READ)
        usual: dict[str, Any] = {"found": None, "chosen": dict.fromkeys(_FILTERS, ""), "filters": {}, "address": "", "wrong": ""}
        return self._door.show(
            request,
            "inbox.html",
            member,
            status,
            forms=[known for known in facts.points if known.technology in LETTERS and known.name not in away],
            labels={known.name: known.label for known in facts.points},
            colleagues=self._door.colleagues(),
            decisions=DECISIONS if self._house.inbox.takes_decisions() else {},
            now_ms=self._house.now_ms(),
            **(usual | shown),
        )

    def _submission(self, request: Request, member: Member) -> Response:
        """Show one submission; its fields only for the purpose that was declared, and why not when it may not be."""
        return self._one(request, member, request.query_params.get("purpose", ""), "")

    def _with_reason(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Show one submission to who wrote why they open it; words about a person never stand in an address."""
        return self._one(request, member, form.get("purpose", ""), form.get("reason", "").strip())

    def _one(self, request: Request, member: Member, purpose: str, reason: str) -> Response:
        record_id, inbox = request.path_params["record_id"], self._house.inbox
        asks = bool(purpose) and inbox.needs_reason(record_id, purpose)
        read = inbox.read(record_id, purpose, member, reason) if purpose and (reason or not asks) else None
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
            asks_reason=asks,
            reason=reason[: REASON_LENGTH[1]],
            reason_length=REASON_LENGTH,
            colleagues=self._door.colleagues(),
            purposes=self._purposes(line),
            readers=self._readers(line.point),
            can_assign=self._may(member, Act.ASSIGN, line, only_looks=True),
            can_answer=self._may(member, Act.ANSWER, line),
            can_decide=self._may(member, Act.DECIDE, line),
            request_kinds=self._request_kinds(member),
            decisions=DECISIONS,
            factors=self._house.factors.of(record_id),
            alike=self._house.factors.alike(record_id),
            today=self._house.factors.versions.today(),
        )

    def _make_request(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Make a consumer request of what somebody wrote here, as received on the day it came. Rule: 11 CCR 7020(e)."""
        record_id, kind, inbox = request.path_params["record_id"], form.get("kind", ""), self._house.inbox
        line = inbox.line(record_id, member)
        if line is None:
            raise HTTPException(404)
        if isinstance(line, Refusal):
            return self._door.refused(request, member, line)
        if kind not in set(RequestKind):
            return self._door.refused(request, member, Refusal("say what is asked", rules.METHODS_OF_REQUESTS))
        made = self._house.rights.from_submission(record_id, RequestKind(kind))
        if isinstance(made, Refusal):
            return self._door.refused(request, member, made)
        return RedirectResponse(f"/console/requests/{made.request_id}", 303)

    def _request_kinds(self, member: Member) -> tuple[RequestKind, ...]:
        """Return of which kinds a member may make a consumer request; none for whoever does not work on requests."""
        refusal = self._house.roles.works(member, {Act.DECIDE}, only_looks=False)
        return self._house.rights.enterable() if refusal is None else ()

    def _assign(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        record_id = request.path_params["record_id"]
        refusal = self._house.inbox.assign(record_id, form.get("to", ""), member)
        if refusal is not None:
            return self._door.refused(request, member, refusal)
        return RedirectResponse(f"/console/inbox/{record_id}", 303)

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
            return self._door.refused(request, member, found)
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

    def _note(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Note what happened to a record, or to all of its point with the same value in an item."""
        record_id = request.path_params["record_id"]
        try:
            on = date.fromisoformat(form.get("on", ""))
        except ValueError:
            raise HTTPException(422, "Please say on which day it happened.") from None
        found = self._house.factors.note(form.get("factor", ""), record_id, form.get("same", ""), on, member)
        if isinstance(found, Refusal):
            raise HTTPException(409, f"{found.reason} ({found.rule})")
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

    def _may(self, member: Member, act: Act, line: SubmissionLine, *, only_looks: bool = False) -> bool:
        """Return whether a button would do what it says."""
        roles = self._house.roles
        return (roles.looks if only_looks else roles.may)(member, [act], line.point) is None

    def _readers(self, point: str) -> set[str]:
        """Return who may read what comes in at a point, by id: a submission is given to one of them."""
        looks = self._house.roles.looks
        accounts = self._house.register.accounts()
        return {one.staff_id for one in accounts if not looks(as_member(one.staff_id, one.name, one.roles), [Act.READ], point)}

    def _purposes(self, line: SubmissionLine) -> list[PurposeFacts]:
        """Return the purposes that the point serves today; all of them for one that is declared no more."""
        facts = self._house.policy.facts(EVERY_SITE)
        serves = next((point.purposes for point in facts.points if point.name == line.point), ())
        return [one for one in facts.purposes if not serves or one.label in serves]

    def _point(self, line: SubmissionLine) -> str:
        """Return the collection point's label; its name when an earlier policy declared it."""
        return next(
            (point.label for point in self._house.policy.facts(EVERY_SITE).points if point.name == line.point), line.point
        )
