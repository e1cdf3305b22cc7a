"""Taking a consumer request in: no account, no proof asked here, the clock starts (walk 2, step 1)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.definitions import Refusal, RequestKind, moment
from avow.gate import entries
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import clock, kinds
from avow.rights.cases import Case, Contact
from avow.rights.kept import Cases
from avow.rights.states import Entry, Step

#: Longest free text of a request, characters.
DETAILS_LENGTH: Final = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody filled in, and on which website."""

    kind: RequestKind
    contact: Contact
    channel: str = "web"
    demonstration: bool = False
    site: str = ""
    jurisdiction: str = ""
    parent: str = ""


def receive(asked: Asked, rulebook: Rulebook, cases: Cases, business_timezone: str, now_ms: int) -> Case | Refusal:
    """Keep the request durably and start its clock; refuse only a right that the policy does not offer by this way.

    The receipt date is the earlier of the business's and the jurisdiction's local date (LAW.md, REQ-12).
    Rule: Cal. Civ. Code § 1798.130(a)(2)(A) (no account needed); 11 CCR 7020, 7021.
    """
    if asked.kind not in kinds.KINDS:
        return Refusal(f"this version carries out no request of the kind {asked.kind}; staff do", rules.METHODS_OF_REQUESTS)
    if asked.kind not in rulebook.rights:
        return Refusal(f"the policy does not offer the right to {asked.kind}", rules.METHODS_OF_REQUESTS)
    if asked.channel == "web" and not rulebook.rights[asked.kind].by_form:
        return Refusal(
            f"the form does not take requests to {asked.kind}; use another way that the policy names", rules.METHODS_OF_REQUESTS
        )
    table = rulebook.law_table
    received_on: date = clock.receipt_date(moment(now_ms), business_timezone, table.timezone)
    case = Case(
        request_id=secrets.token_hex(12),
        kind=asked.kind,
        received_ms=now_ms,
        received_on=received_on,
        rulebook_id=rulebook.id,
        channel=asked.channel,
        demonstration=asked.demonstration,
        history=(Entry(0, now_ms, Step.RECEIVED, {"channel": asked.channel}),),
        contact=asked.contact,
        site=asked.site,
        jurisdiction=asked.jurisdiction,
        entered_ms=now_ms,
        parent=asked.parent,
    )
    cases.add(case, entries.RequestReceived(asked.kind.value, case.request_id, str(received_on)))
    return case
