"""By what the list of requests is narrowed, and for whom each of them waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from avow.definitions import local_date
from avow.policy import LawTable, Rulebook
from avow.rights import due, naming, reviewing, scoping, sent_files, withheld
from avow.rights.answers import DeskChoices, RequestLine, Wanted
from avow.rights.cases import Case
from avow.rights.due import What
from avow.rights.state_words import FOR_STAFF
from avow.rights.states import ANSWERED, TABLES, State, Step, receipt_of
from avow.store.control.request_lists import Sought

#: How soon is "soon": within it, a request comes right behind what is late.
SOON: Final = timedelta(days=10)
#: For whom a request waits, by its state: "nobody" is us, by itself.
STAFF: Final = "staff"
WHOM: Final = {STAFF: "staff", "person": "the person", "recipients": "recipients", "nobody": "nobody: it goes by itself"}
WAITS_FOR: Final = {
    State.RECEIVED: "nobody",
    State.JOINED: "person",
    State.ACKNOWLEDGING: "nobody",
    State.VERIFYING: "person",
    State.VERIFIED: "nobody",
    State.REVIEWING: STAFF,
    State.FULFILLING: "nobody",
    State.DOWNSTREAM: "recipients",
    State.PROVED: "nobody",
    State.DENIED: "nobody",
    State.DECIDED: "nobody",
    State.APPLYING: "recipients",
    State.ANSWERING: "nobody",
    State.RESTORED: "nobody",
    State.TELLING: "nobody",
    State.DECIDING: STAFF,
}
EVERY: Final = Wanted()
#: What of a request waits until its message has left.
_WAITING: Final = {
    Step.LINK_WRITTEN: "link",
    Step.EXTENSION_WRITTEN: "longer period",
    Step.ANSWER_WRITTEN: "answer",
    Step.REST_WRITTEN: "letter about the rest",
}


def is_for_staff(case: Case) -> bool:
    """Return whether a request waits for staff: to be decided as a whole or in part, to be read, or for a suspicion of fraud."""
    waits = case.is_suspected or scoping.waits(case) or bool(sent_files.waiting(case)) or bool(withheld.pending(case))
    is_asked = reviewing.proposal(case) is not None  # also of a withdrawn consent, in the week after it was confirmed
    return WAITS_FOR.get(case.state) == STAFF or is_asked or (waits and case.state not in ANSWERED)


def sought(wanted: Wanted, own: str) -> Sought:
    """Return what the store looks for; `own`, the policy's jurisdiction, is also that of requests which name none."""
    codes = {wanted.jurisdiction, *([""] if wanted.jurisdiction == own else [])} if wanted.jurisdiction else None
    states = {wanted.state} if wanted.state else None
    if wanted.waits_for not in {"", STAFF}:
        here = {state.value for state, whom in WAITS_FOR.items() if whom == wanted.waits_for}
        states = here if states is None else here & states
    named = (wanted.site, wanted.kind, wanted.channel)
    return Sought(*named, states, codes, is_for_staff=wanted.waits_for == STAFF)


def choices(rulebook: Rulebook, codes: Iterable[str], channels: Iterable[str]) -> DeskChoices:
    """Return by what the list can be narrowed; `codes` and `channels` are those of the requests that there are."""
    used = {state for table in TABLES.values() for state in table.states}
    states = {state.value: FOR_STAFF[state][0] for state in State if state in used}
    named = sorted({code or rulebook.jurisdiction for code in codes})
    laws = {code: rulebook.law[code].name if code in rulebook.law else code for code in named}
    return DeskChoices({kind: naming.LABELS[kind] for kind in TABLES}, states, laws, {one: one for one in channels}, WHOM)


def line(case: Case, law: LawTable, today: date, own: str, *, is_by_mail: bool) -> RequestLine:
    """Return a request as lists show it; `own` is the policy's jurisdiction. Rule: 11 CCR 7021."""
    lines, acknowledged = due.table(case, law), case.acknowledged
    answer, confirmation = lines[What.ANSWER], lines.get(What.CONFIRMATION)
    is_open = case.state not in ANSWERED
    days_left = (answer.target - today).days
    return RequestLine(
        case.request_id,
        case.reference,
        case.kind,
        case.state.value,
        case.received_on,
        confirmation.target if confirmation else None,
        local_date(acknowledged.at_ms, law.timezone) if acknowledged else None,
        answer.target,
        is_open,
        is_open and days_left < 0,
        days_left,
        case.channel,
        case.demonstration,
        waits=_waits(case, is_by_mail=is_by_mail),
        site=case.site,
        standing=FOR_STAFF[case.state][0],
        latest=answer.outer,
        jurisdiction=case.jurisdiction or own,
        is_suspected=case.is_suspected,
    )


def _waits(case: Case, *, is_by_mail: bool) -> str:
    """Return what of a request has not reached its person yet, and for what it waits; "" for nothing."""
    if files := sent_files.waiting(case):
        return "one file waits to be looked at" if len(files) == 1 else f"{len(files)} files wait to be looked at"
    if scoping.waits(case):
        return "its words have to be read"
    waiting = [word for step, word in _WAITING.items() if _is_on_its_way(case, step)]
    carrier = "waits for the mail server" if is_by_mail else "waits to be passed on"
    return f"{' and '.join(waiting)} {carrier}" if waiting else ""


def _is_on_its_way(case: Case, step: Step) -> bool:
    """Return whether the message that a step wrote has not left, and is still to leave."""
    written = case.entry(step)
    return written is not None and receipt_of(case.kind, case.history, str(written.detail.get("message"))) is not None
