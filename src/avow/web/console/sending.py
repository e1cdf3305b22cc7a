"""What goes to recipients: every delivery with its state and why, batches and their second person, and sending in two steps."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from avow.definitions import LETTERS, Refusal
from avow.gate.deliveries import OF_RECORDS
from avow.gate.roles import Act, Member
from avow.recipients.sending import Plan, Selection
from avow.store.control.batches import Batch
from avow.web.console.door import Door, place
from avow.web.console.needs import Shows, needs

PAGE: Final = "/console/deliveries"
#: By what the list is filtered, as its addresses say it.
_FILTERS: Final = ("recipient", "state")
_STATES: Final = ("waiting", "leaving", "sent", "received", "failed", "withdrawn")
_DAY_MS: Final = 86_400_000
#: Records that are judged one by one for the page; of more, the page says so.
LOOKED_AT: Final = 2_000
#: By what a batch is known that is sent twice from one page, or from two tabs with it.
_ONCE: Final = re.compile(r"[0-9a-f]{32}")
_FORM: Final = ("recipient", "purpose", "point", "site", "since", "until")


class SendingPages:
    """The pages under /console/deliveries."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house
        self._sending = door.house.recipients.sending
        self._outgoing = door.house.recipients.outgoing
        self._roles = door.house.roles

    def routes(self) -> list[Route]:
        """Return the list, what is done about one delivery, the form that sends with what it would do, and batches."""
        page, action = self._door.page, self._door.action
        looks = needs(Act.EXPORT, Act.APPROVE, shows=Shows.LINES, at=LETTERS)
        sends, grave = needs(Act.EXPORT, at=LETTERS), needs(Act.EXPORT, fresh=True, at=LETTERS)
        one, batch = f"{PAGE}/{{delivery_id}}", f"{PAGE}/batches/{{batch_id}}"
        return [
            page(PAGE, self._list, looks),
            page(f"{PAGE}/new", self._new, sends),
            action(f"{PAGE}/new", self._would, sends),
            action(f"{PAGE}/send", self._send, grave),
            page(batch, self._batch, looks),
            action(f"{batch}/approve", self._approve, needs(Act.APPROVE, fresh=True, at=LETTERS)),
            action(f"{batch}/withdraw", self._withdraw_batch, needs(Act.EXPORT, Act.APPROVE, at=LETTERS)),
            action(f"{one}/again", self._again, sends),
            action(f"{one}/withdraw", self._withdraw, sends),
        ]

    # -- the list ----------------------------------------------------------------------------------------------

    def _list(self, request: Request, member: Member) -> Response:
        return self._listed(request, member)

    def _listed(self, request: Request, member: Member, status: int = 200, error: str = "") -> Response:
        query, declared = request.query_params, self._house.policy.rulebook.recipients
        chosen = {name: query.get(name, "") for name in _FILTERS}
        chosen["state"] = chosen["state"] if chosen["state"] in _STATES else ""
        at = place(request)
        away = self._roles.out_of_reach(member, Act.EXPORT) & self._roles.out_of_reach(member, Act.APPROVE)
        found = self._outgoing.lines(at, chosen["state"], chosen["recipient"])
        return self._door.show(
            request,
            "deliveries.html",
            member,
            status,
            found=replace(found, lines=tuple(one for one in found.lines if one.point not in away)),
            batches=None if at.row or any(chosen.values()) else self._sending.listed(at),
            chosen=chosen,
            filters={name: value for name, value in chosen.items() if value},
            states=_STATES,
            labels={name: one.label for name, one in declared.items()},
            of_records=OF_RECORDS,
            error=error,
            done=query.get("done", ""),
        )

    def _again(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        delivery_id = request.path_params["delivery_id"]
        refusal = self._not_theirs(delivery_id, member) or self._outgoing.again(delivery_id, member.staff_id)
        return self._answered(request, member, refusal, "again")

    def _withdraw(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        delivery_id = request.path_params["delivery_id"]
        refusal = self._not_theirs(delivery_id, member) or self._outgoing.withdraw(delivery_id, member.staff_id)
        return self._answered(request, member, refusal, "withdrawn")

    def _not_theirs(self, delivery_id: str, member: Member) -> Refusal | None:
        """Return why a member has nothing to do with a delivery: no role of theirs takes out what its point takes in."""
        line = self._outgoing.line(delivery_id)
        return self._roles.may(member, [Act.EXPORT], line.point) if line is not None else None

    def _answered(self, request: Request, member: Member, refusal: Refusal | None, done: str) -> Response:
        if refusal is not None:
            return self._listed(request, member, 409, _sentence(refusal))
        return RedirectResponse(f"{PAGE}?done={done}", 303)

    # -- sending -----------------------------------------------------------------------------------------------

    def _new(self, request: Request, member: Member) -> Response:
        values = {name: request.query_params.get(name, "") for name in _FORM}
        return self._write(request, member, values)

    def _write(
        self, request: Request, member: Member, values: dict[str, str], error: str = "", plan: Plan | None = None
    ) -> Response:
        facts, away = self._door.facts(request), self._roles.out_of_reach(member, Act.EXPORT)
        rulebook = self._house.policy.rulebook
        return self._door.show(
            request,
            "delivery_new.html",
            member,
            422 if error else 200,
            values=values,
            error=error,
            plan=plan,
            once=secrets.token_hex(16),
            recipients=rulebook.recipients,
            points=[one for one in facts.points if one.technology in LETTERS and one.name not in away],
        )

    def _would(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Say what sending would do, record by record; nothing is queued."""
        values, selection = _values(form), _selection(form)
        if isinstance(selection, str):
            return self._write(request, member, values, selection)
        refusal = self._sending.refusal(values["recipient"], values["purpose"], selection.point, member)
        if refusal is not None:
            return self._write(request, member, values, _sentence(refusal))
        plan = self._sending.plan(values["recipient"], values["purpose"], selection, LOOKED_AT)
        return self._write(request, member, values, plan=plan)

    def _send(self, request: Request, member: Member, form: dict[str, str]) -> Response:
        """Send what was shown; everything is asked again."""
        values, selection = _values(form), _selection(form)
        if isinstance(selection, str):
            return self._write(request, member, values, selection)
        once = form.get("once", "")
        selection = replace(selection, once=once if _ONCE.fullmatch(once) else "")
        made = self._sending.send(values["recipient"], values["purpose"], selection, member)
        if isinstance(made, Refusal):
            return self._write(request, member, values, _sentence(made))
        return RedirectResponse(f"{PAGE}/batches/{made.id}" if isinstance(made, Batch) else f"{PAGE}?done=sent", 303)

    # -- batches -----------------------------------------------------------------------------------------------

    def _batch(self, request: Request, member: Member) -> Response:
        return self._one_batch(request, member)

    def _one_batch(self, request: Request, member: Member, status: int = 200, error: str = "") -> Response:
        batch = self._sending.batch(request.path_params["batch_id"])
        if batch is None:
            raise HTTPException(404)
        labels = {name: one.label for name, one in self._house.policy.rulebook.recipients.items()}
        shown = {"batch": batch, "labels": labels, "error": error, "colleagues": self._door.colleagues()}
        return self._door.show(request, "batch.html", member, status, **shown)

    def _approve(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        return self._after(request, member, self._sending.approve(request.path_params["batch_id"], member))

    def _withdraw_batch(self, request: Request, member: Member, _form: dict[str, str]) -> Response:
        batch_id = request.path_params["batch_id"]
        batch = self._sending.batch(batch_id)
        refusal = self._roles.may(member, [Act.EXPORT, Act.APPROVE], batch.point) if batch is not None else None
        return self._after(request, member, refusal or self._sending.withdraw(batch_id, member))

    def _after(self, request: Request, member: Member, refusal: Refusal | None) -> Response:
        if refusal is not None:
            return self._one_batch(request, member, 409, _sentence(refusal))
        return RedirectResponse(f"{PAGE}/batches/{request.path_params['batch_id']}", 303)


def _values(form: dict[str, str]) -> dict[str, str]:
    return {name: form.get(name, "").strip()[:100] for name in _FORM}


def _selection(form: dict[str, str]) -> Selection | str:
    """Return which records the form names, or what is wrong with it: days are whole, in UTC, the last one included."""
    values = _values(form)
    if not (values["recipient"] and values["purpose"] and values["point"]):
        return "Say to whom it goes, for what, and from which form."
    try:
        since, until = (date.fromisoformat(values[name]) if values[name] else None for name in ("since", "until"))
    except ValueError:
        return "A day is written as year, month and day."
    if since and until and until < since:
        return "The last day is before the first."
    return Selection(
        point=values["point"],
        site=values["site"],
        since_ms=_start_ms(since) if since else 0,
        until_ms=_start_ms(until) + _DAY_MS if until else None,
    )


def _start_ms(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp() * 1000)


def _sentence(refusal: Refusal) -> str:
    return f"{refusal.reason[0].upper()}{refusal.reason[1:]} ({refusal.rule})."
