"""Taking a consumer request in: no account, no proof asked here, the clock starts (walk 2, step 1)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from avow.definitions import Refusal, RequestKind, local_date, moment
from avow.gate import entries
from avow.policy import LawTable, Rulebook
from avow.policy.law import rules
from avow.policy.law.counting import add_months
from avow.policy.rulebook.declarations import Right
from avow.rights import clock, due, kinds
from avow.rights.answers import NewRequest
from avow.rights.cases import Case, Contact
from avow.rights.kept import Cases
from avow.rights.states import Entry, Step
from avow.store.control import Transaction

#: Longest free text of a request, characters.
DETAILS_LENGTH: Final = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked, by which way, and on which website; `received_on` is the day of receipt where staff enter it later.

    `agent` is our id of the authorized agent that asks, "" for none.
    """

    kind: RequestKind
    contact: Contact
    channel: str = "web"
    demonstration: bool = False
    site: str = ""
    jurisdiction: str = ""
    parent: str = ""
    received_on: date | None = None
    agent: str = ""


def receive(
    asked: Asked,
    rulebook: Rulebook,
    cases: Cases,
    business_timezone: str,
    now_ms: int,
    also: Callable[[Transaction, Case], None] | None = None,
) -> Case | Refusal:
    """Keep the request durably and start its clock; refuse only a right that the policy does not offer by this way.

    `also` keeps what belongs to it, in the same transaction.

    The receipt date is the earlier of the business's and the jurisdiction's local date (LAW.md, REQ-12).
    Rule: Cal. Civ. Code § 1798.130(a)(2)(A) (no account needed); 11 CCR 7020, 7021.
    """
    refusal = refused(asked, rulebook)
    if refusal is not None:
        return refusal
    table = rulebook.law[asked.jurisdiction] if asked.jurisdiction else rulebook.law_table
    received_on, received_ms = asked.received_on, now_ms
    if received_on is None:
        received_on = clock.receipt_date(moment(now_ms), business_timezone, table.timezone)
    else:
        refusal = _refused_day(received_on, table, local_date(now_ms, business_timezone))
        if refusal is not None:
            return refusal
        received_ms = min(now_ms, _noon_ms(received_on, business_timezone))
    came = {"channel": asked.channel} | ({"agent": asked.agent} if asked.agent else {})
    case = Case(
        request_id=secrets.token_hex(12),
        kind=asked.kind,
        received_ms=received_ms,
        received_on=received_on,
        rulebook_id=rulebook.id,
        channel=asked.channel,
        demonstration=asked.demonstration,
        history=(Entry(0, now_ms, Step.RECEIVED, came),),  # written when it was entered
        contact=asked.contact,
        site=asked.site,
        jurisdiction=asked.jurisdiction,
        entered_ms=now_ms,
        parent=asked.parent,
    )
    logged = entries.RequestReceived(asked.kind.value, case.request_id, str(received_on))
    cases.add(case, logged, due.denied_ms(case, rulebook), also)
    return case


def contact_of(request: NewRequest, numbers: tuple[tuple[str, str], ...] = ()) -> Contact:
    """Return what is sealed of a request; `numbers` are the hashes of what is to be confirmed. Rule: 11 CCR 7060(d)."""
    return Contact(
        email=request.email.strip(),
        name=request.name.strip(),
        details=request.details[:DETAILS_LENGTH],
        visitor_id=request.visitor_id or "",
        since=request.since.isoformat() if request.since else "",
        until=request.until.isoformat() if request.until else "",
        points=request.points,
        pieces=request.pieces,
        phone=request.phone.strip(),
        record=request.record,
        purposes=request.purposes,
        claims=request.claims,
        numbers=numbers,
    )


def refused(asked: Asked, rulebook: Rulebook) -> Refusal | None:
    """Return why a request cannot be taken by this way, under this version; None where it can. Rule: 11 CCR 7020."""
    rule, right = rules.METHODS_OF_REQUESTS, rulebook.right(asked.kind)
    if asked.kind not in kinds.KINDS:
        return Refusal(f"this version carries out no request of the kind {asked.kind}; staff do", rule)
    if right is None:
        return Refusal(f"the policy does not offer the right to {asked.kind}", rule)
    if asked.channel == "web" and not right.by_form:
        return Refusal(f"the form does not take requests to {asked.kind}; use another way that the policy names", rule)
    return _refused_under(asked, right, rulebook)


def _refused_under(asked: Asked, right: Right, rulebook: Rulebook) -> Refusal | None:
    """Return why a request lacks something, or is under a law for which the policy does not offer it; None for nothing."""
    rule = rules.METHODS_OF_REQUESTS
    if asked.channel == "web" and asked.kind in clock.ANSWERED and not asked.contact.email:
        return Refusal("an address is needed, to which the answer goes", rules.VERIFICATION)
    if asked.kind is RequestKind.CONFIRM_IDENTIFIER and not asked.contact.numbers:
        return Refusal("write at least one number that is to be compared", rules.NEVER_DISCLOSED)
    if asked.jurisdiction and asked.jurisdiction not in rulebook.law:
        return Refusal(f"the policy is not under the law of {asked.jurisdiction}", rule)
    if right.jurisdictions and (asked.jurisdiction or rulebook.jurisdiction) not in right.jurisdictions:
        where = ", ".join(rulebook.law[code].name for code in right.jurisdictions if code in rulebook.law)
        return Refusal(f"the policy offers this under the law of these places alone: {where}; say where the person lives", rule)
    return None


def _refused_day(received_on: date, law: LawTable, today: date) -> Refusal | None:
    """Return why a day cannot be that of receipt; None where it can.

    A record as old as that would be removed at once, so an older day is a mistake of who typed it. Rule: 11 CCR 7021(b), 7101(a).
    """
    if received_on > today:
        return Refusal("a request cannot be received tomorrow; write the day on which it came", rules.DAYS_TO_ANSWER)
    if add_months(received_on, law.record_months) <= today:
        reason = f"a record of that day would be over; requests of the last {law.record_months} months can be entered"
        return Refusal(reason, rules.RECORDS_KEPT)
    return None


def _noon_ms(day: date, timezone: str) -> int:
    """Return noon of a day in the business's time zone: when exactly a call or a letter came, nobody wrote down."""
    return int(datetime.combine(day, time(12), ZoneInfo(timezone)).timestamp() * 1000)
