"""Exceptions that weigh one case: a member of staff declares one for a request to delete, and a second person looks.

    declare   before the plan: the exception, the fields of one point, for which purpose, until when, and why (sealed)
    look      the second person: agrees, or not; whoever declared it only where nobody else may, and a day later

What is declared is kept with the plan, so that the rest is erased meanwhile; the answer waits for the second look. What the
second person does not agree to is destroyed at once.
Rule: Cal. Civ. Code § 1798.105(d)(4)-(7), § 1798.145(a)(5), (b), (k); 11 CCR 7022(f).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from avow.definitions import Refusal, RequestKind, local_date
from avow.gate import entries, instructions
from avow.gate.reads import REASON_LENGTH, says_why
from avow.gate.roles import Act, Member, Roles, as_member
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.language.vocabulary import WEIGHED_EXCEPTIONS
from avow.policy.law import rules
from avow.rights import due, keeping, plan
from avow.rights.cases import Case
from avow.rights.keeping import Keeper
from avow.rights.kept import Cases
from avow.rights.plan import Declared, Line
from avow.rights.states import Step
from avow.store.control import staff

if TYPE_CHECKING:
    from avow.rights.execution import Telling

#: The only member who may looks a second time after this time at the earliest (house rule).
ALONE: Final = timedelta(hours=24)
_ALONE_MS: Final = int(ALONE.total_seconds() * 1000)
_RULE: Final = rules.both(rules.DELETION_EXCEPTIONS, rules.DENIED_IN_PART)
_GONE: Final = Refusal("there is no such request any more", rules.RECORD_KEEPING)
_CHANGED: Final = Refusal("this request has gone on meanwhile; look at it again", rules.RECORD_KEEPING)


def of(case: Case) -> tuple[Declared, ...]:
    """Return the exceptions that were declared for a request and that no second person refused, in their order."""
    refused = {one.detail["decided"] for one in case.history if one.step is Step.APPROVED and not one.detail["agrees"]}
    return tuple(one for one in every(case) if one.number not in refused)


def every(case: Case) -> tuple[Declared, ...]:
    """Return every exception that was declared for a request to delete."""
    if case.kind is not RequestKind.DELETE:
        return ()
    found = [one for one in case.history if one.step is Step.DECIDED]
    return tuple(
        Declared(
            number=one.seq,
            name=f"{case.request_id}-{one.seq}",
            code=one.detail["code"],
            point=one.detail["point"],
            fields=frozenset(one.detail["fields"]),
            purpose=one.detail["purpose"],
            until=date.fromisoformat(one.detail["until"]),
        )
        for one in found
    )


def waits(case: Case) -> bool:
    """Return whether a second person has still to look at something that was declared. Rule: house rule (a second look)."""
    looked = {one.detail["decided"] for one in case.history if one.step is Step.APPROVED}
    return any(one.number not in looked for one in every(case))


def reason(case: Case, declared: Declared, cases: Cases) -> str:
    """Return why an exception was declared, for its person and for staff; "" once the request forgot whose it is."""
    entry = next(one for one in case.history if one.seq == declared.number)
    plain = cases.store.unseal_for_request(case.request_id, base64.b64decode(entry.detail["sealed"]))
    return plain.decode() if plain is not None else ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a member of staff declares: the law's code, fields of a point, the purpose for which alone, until when, and why."""

    code: str
    point: str
    fields: Collection[str]
    purpose: str
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class DeclaredLine:
    """An exception that was declared, as the desk shows it; `agreed` None while a second person has to look."""

    declared: Declared
    text: str
    reason: str
    staff_id: str
    at_ms: int
    agreed: bool | None
    looked_by: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would happen to what is held of the person of a request to delete, or happened; nobody and no value is in it.

    `lines` are those of the plan, what rules keep first; `codes` the exceptions that may be declared, with the law's words; none
    once the plan is made.
    """

    request_id: str
    reference: str
    is_planned: bool
    lines: tuple[Line, ...]
    labels: Mapping[str, str]
    declared: tuple[DeclaredLine, ...]
    codes: tuple[tuple[str, str], ...]
    purposes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exceptions:
    """The exceptions of requests to delete, as staff declare them and look at them."""

    cases: Cases
    roles: Roles
    versions: Versions
    telling: Telling
    now_ms: Callable[[], int]

    def outlook(self, request_id: str, member: Member) -> Outlook | Refusal | None:
        """Return what would happen, before the plan is made, and afterwards what happened; for who works on requests.

        None for another kind, and for a request that is gone, or has forgotten whose it is before it was planned.
        """
        refusal = self.roles.works(member, only_looks=True)
        case = self.cases.get(request_id)
        if refusal is not None or case is None or case.kind is not RequestKind.DELETE:
            return refusal
        in_force, is_planned = self.versions.in_force(), case.entry(Step.PLANNED) is not None
        if not is_planned and case.contact is None:
            return None
        may = not is_planned and case.may(Step.DECIDED)
        known = {one.code: one.text for law in in_force.law.values() for one in law.exceptions}
        return Outlook(
            request_id,
            case.reference,
            is_planned,
            self._lines(case),
            {name: one.label for name, one in self.versions.everything_declared().data.items()},
            tuple(self._line(case, one, known) for one in every(case)),
            tuple((code, known[code]) for code in sorted(WEIGHED_EXCEPTIONS & known.keys())) if may else (),
            tuple((one.name, one.label) for one in in_force.purposes.values()),
        )

    def _lines(self, case: Case) -> tuple[Line, ...]:
        """Return the lines of the plan: those of the history, or what a plan of today would say."""
        planned = case.entry(Step.PLANNED)
        if planned is not None or case.contact is None:
            return tuple(keeping.from_json(one) for one in planned.detail.get("lines", ())) if planned else ()
        today = local_date(self.now_ms(), self.versions.timezone)
        found = Keeper(self.cases.store, self.versions).holdings(case.contact.identifiers(), today, of(case))
        holdings = plan.covered(found, case.contact.points)
        given = () if case.demonstration else self.telling.recipients.of(case.contact)
        answer = due.table(case, self.versions.with_law_of(case.rulebook_id))[due.What.ANSWER].target
        answer_by = instructions.answer_by(answer, self.telling.days_before, today)
        return plan.lines(case.kind, holdings, plan.make(case.kind, (), given, today), answer_by)

    def _line(self, case: Case, one: Declared, known: Mapping[str, str]) -> DeclaredLine:
        entry = next(entry for entry in case.history if entry.seq == one.number)
        looks = (entry for entry in case.history if entry.step is Step.APPROVED and entry.detail["decided"] == one.number)
        look = next(looks, None)
        agreed, by = (bool(look.detail["agrees"]), str(look.detail["staff"])) if look else (None, "")
        why = reason(case, one, self.cases)
        return DeclaredLine(one, known.get(one.code, one.code), why, entry.detail["staff"], entry.at_ms, agreed, by)

    def declare(self, request_id: str, wanted: Wanted, member: Member) -> Refusal | None:
        """Declare an exception for a request, before its plan is made. Rule: 11 CCR 7022(f)(1) (the detailed basis)."""
        refusal = self.roles.works(member, [Act.DENY])
        case = self.cases.get(request_id)
        if refusal is not None or case is None:
            return refusal or _GONE
        refusal = self._why_not(case, wanted)
        if refusal is not None:
            return refusal
        sealed = self.cases.store.seal_for_request(request_id, wanted.reason.strip().encode())
        detail = {
            "code": wanted.code,
            "point": wanted.point,
            "fields": sorted(wanted.fields),
            "purpose": wanted.purpose,
            "until": wanted.until.isoformat(),
            "staff": member.staff_id,
            "sealed": base64.b64encode(sealed).decode(),
        }
        logged = entries.ExceptionDeclared(request_id, wanted.code, member.staff_id)
        return None if self.cases.append(case, Step.DECIDED, self.now_ms(), detail, logged, None) else _CHANGED

    def look(self, request_id: str, number: int, member: Member, *, agrees: bool) -> Refusal | None:
        """Look at what was declared, as its second person; what is not agreed to is destroyed, if it was kept already."""
        refusal = self.roles.works(member, [Act.APPROVE])
        case = self.cases.get(request_id)
        if refusal is not None or case is None:
            return refusal or _GONE
        entry = next((one for one in case.history if one.seq == number and one.step is Step.DECIDED), None)
        looked = {one.detail["decided"] for one in case.history if one.step is Step.APPROVED}
        if entry is None or case.kind is not RequestKind.DELETE or number in looked:
            return Refusal("nothing of this request waits for a second person there", _RULE)
        is_own, now_ms = entry.detail["staff"] == member.staff_id, self.now_ms()
        if is_own and self._others(member):
            return Refusal("who declared it cannot be its second person", _RULE)
        if is_own and now_ms - entry.at_ms < _ALONE_MS:
            return Refusal("nobody else may look at it: look again yourself, 24 hours after it was declared", _RULE)
        if not agrees and case.contact is not None:
            kept = self.cases.store.kept.rows_of(case.contact.identifiers())
            self.cases.store.kept.end([one.id for one in kept if one.duty == f"{request_id}-{number}"], now_ms)
        detail = {"decided": number, "agrees": agrees, "staff": member.staff_id, "alone": is_own}
        logged = entries.ExceptionLookedAt(request_id, member.staff_id, agrees=agrees, alone=is_own)
        return None if self.cases.append(case, Step.APPROVED, now_ms, detail, logged, None) else _CHANGED

    def _others(self, member: Member) -> bool:
        """Return whether anybody else may be the second person."""
        with self.cases.store.control.reading() as tx:
            accounts = [one for one in staff.every(tx) if one.id != member.staff_id]
        return any(
            self.roles.works(as_member(one.id, one.name, one.roles), [Act.APPROVE], only_looks=True) is None for one in accounts
        )

    def _why_not(self, case: Case, wanted: Wanted) -> Refusal | None:
        """Return why an exception cannot be declared so."""
        rulebook, today = self.versions.in_force(), local_date(self.now_ms(), self.versions.timezone)
        if case.kind is not RequestKind.DELETE or case.contact is None or not case.may(Step.DECIDED):
            return Refusal("an exception is declared for a request to delete, before its plan is made", _RULE)
        if wanted.code not in WEIGHED_EXCEPTIONS:
            return Refusal(f"“{wanted.code}” is not for a person to decide: a policy declares it, or it is no exception", _RULE)
        return self._no_such(rulebook, wanted) or self._no_ground(wanted, today)

    def _no_such(self, rulebook: Rulebook, wanted: Wanted) -> Refusal | None:
        point = self.versions.everything_declared().points.get(wanted.point)
        if point is None or wanted.purpose not in rulebook.purposes:
            return Refusal("name a collection point and a purpose that the policy declares", _RULE)
        unknown = sorted(set(wanted.fields) - set(point.fields))
        if unknown or not wanted.fields:
            named = f"“{wanted.point}” does not take {', '.join(unknown)}" if unknown else "name the fields that are kept"
            return Refusal(named, _RULE)
        return None

    @staticmethod
    def _no_ground(wanted: Wanted, today: date) -> Refusal | None:
        if wanted.until <= today:
            return Refusal("say until when it is kept: a day that has not come", _RULE)
        least, most = REASON_LENGTH
        if not says_why(wanted.reason.strip()):
            return Refusal(f"write the basis of the exception for its person, in {least} to {most} letters", _RULE)
        return None
