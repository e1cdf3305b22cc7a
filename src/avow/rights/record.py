"""The record of consumer requests: the six fields that the law names, and nothing else, for 24 months from the response.

    date, nature and manner of the request; date and nature of the response; basis of a denial, whole or in part

It is read from the histories alone: nothing that is sealed of a person is opened, so a request that was erased with its contact
reads the same. Who sees it has an act of its own (`Act.RECORD`), and each look is an entry of the log. It serves nothing else.
Rule: 11 CCR 7101(a)-(e).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from avow.definitions import Refusal, RequestKind, local_date
from avow.gate import entries
from avow.gate.roles import Act, Member, Roles
from avow.gate.versions import Versions
from avow.policy.law import rules
from avow.rights import execution, plan, withheld
from avow.rights.appealing import DECIDED
from avow.rights.cases import Case
from avow.rights.correcting.grounds import GROUNDS
from avow.rights.kept import Cases
from avow.rights.naming import LABELS
from avow.rights.states import Step
from avow.rights.stored import case_of
from avow.store.control import request_lists, requests
from avow.store.paging import LINES, Page, Place

#: The ways by which requests come (`Case.channel`), as the record calls them.
MANNERS: Final = {
    "web": "form on the website",
    "phone": "telephone",
    "mail": "letter",
    "e-mail": "e-mail",
    "counter": "in person",
    "message": "message that staff took for a request",
    "agent": "authorized agent",
    "drp": "authorized agent, by the Data Rights Protocol",
}
#: What the answer was.
RESPONSES: Final = {"granted": "complied with", "partial": "complied with in part", "denied": "denied", "withdrawn": "taken back"}
#: Why something was denied, where no ground of the law's tables is the reason.
_REASONS: Final = {
    "unverified": f"who asked was not verified ({rules.NOT_VERIFIED})",
    "no-permission": f"an agent showed no permission ({rules.AGENTS})",
    "permission-ended": f"the permission of the agent had ended ({rules.AGENTS})",
    "by-people": f"decided by people, who told the reason ({rules.REASONS_TOLD})",
    "fraudulent": f"believed to be fraudulent ({rules.FRAUDULENT_OPT_OUT})",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request in the record: `responded_on` None and `response` "" while it is open; `basis` "" where nothing was denied."""

    reference: str
    received_on: date
    nature: str
    manner: str
    responded_on: date | None
    response: str
    basis: str


@dataclass(frozen=True, slots=True)
class Record:
    """The record, as who may see it reads it."""

    cases: Cases
    versions: Versions
    now_ms: Callable[[], int]

    @property
    def months(self) -> int:
        """How long the law wants each request in the record, from its response. Rule: 11 CCR 7101(a)."""
        return self.versions.in_force().law_table.record_months

    def page(self, at: Place, member: Member) -> Page[Recorded] | Refusal:
        """Return a page, what is open first, then what came last; the look is logged. Rule: 11 CCR 7101(b), (c)."""
        refusal = Roles(self.cases.store.control, self.versions, self.now_ms).looks(member, [Act.RECORD], "")
        if refusal is not None:
            return refusal
        found = self._read(at)
        with self.cases.writing() as tx:
            entries.record(tx, self.now_ms(), entries.RecordRead(len(found.lines), member.staff_id))
        return found.each(self.of)

    def _read(self, at: Place) -> Page[Case]:
        """Return a page of requests by their histories alone; one that cannot be read is set aside by the job that finds it."""
        store = self.cases.store
        with store.control.reading() as tx:
            found = request_lists.recorded(tx, at, LINES)
            histories = requests.histories(tx, [row["id"] for row in found.lines])
        reads = (partial(case_of, requests.of_row(row), histories.get(row["id"], ())) for row in found.lines)
        read = (store.aside.tried(one)[1] for one in reads)
        return Page(tuple(case for case in read if case is not None), found.before, found.after)

    def since(self, first: date) -> Iterator[Recorded]:
        """Yield what came in on a day or later, oldest first, for the command line: who has the machine has the record."""
        return map(self.of, self.cases.received_since(first))

    def of(self, case: Case) -> Recorded:
        """Return a request as the record has it. Rule: 11 CCR 7101(b)."""
        law = self.versions.with_law_of(case.rulebook_id, case.jurisdiction).law_table
        answered_ms, response = case.answered_ms, _response(case)
        return Recorded(
            case.reference,
            case.received_on,
            LABELS[case.kind],
            MANNERS.get(case.channel, case.channel),
            None if answered_ms is None else local_date(answered_ms, law.timezone),
            "" if answered_ms is None else RESPONSES[response],
            "" if answered_ms is None else _basis(case, response),
        )


def _response(case: Case) -> str:
    if case.entry(Step.WITHDRAWN) is not None:
        return "withdrawn"
    confirmed = case.entry(Step.CONFIRMED)
    said = case.answer or (confirmed.detail if confirmed is not None else {})
    outcome = str(said.get("outcome", "granted"))
    return outcome if outcome in RESPONSES else "granted"


def _basis(case: Case, response: str) -> str:
    """Return the rules by which something was denied, whole or in part; "" for nothing. Rule: 11 CCR 7101(b)."""
    found: list[str] = []
    if response == "denied":
        code, decided = (
            str(case.answer.get("reason", "") or ("by-people" if case.kind in DECIDED else "")),
            case.entry(Step.DECIDED),
        )
        named = decided is not None and decided.detail.get("code") == code  # as it was decided, whatever a law's table says since
        found.append(f"{code}: {decided.detail['rule']}" if decided is not None and named else _REASONS.get(code, code))
    if response == "partial":
        found += [f"{line.code}: {line.rule}" for line in execution.kept_of(case)]
        found += [f"{one.code}: {one.rule}" for one in withheld.agreed(case)] if case.kind in plan.DISCLOSED else []
        narrowed = case.entry(Step.NARROWED)
        found += [str(narrowed.detail["rule"])] if narrowed is not None else []
    if case.kind is RequestKind.CORRECT:
        last = {one.detail["claim"]: str(one.detail["ground"]) for one in case.history if one.step is Step.DECIDED}
        found += [GROUNDS[name].rule for name in last.values() if name in GROUNDS]
    return "; ".join(dict.fromkeys(one for one in found if one))
