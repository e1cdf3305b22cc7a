"""A request that came by another way than its form, and lacks something: it counts from its day all the same.

    ask    its person is told what it lacks and how to mend it: by the address, or by the way on which it came
    name   a member of staff adds what a correction lacked: which field is wrong, what is wrong in it, and what is right

A business does one of both with what is defective: it takes it as if it had come rightly, or says how to mend it. Here it is
taken, its clock runs, and its person is told. Rule: 11 CCR 7020(e).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from avow.definitions import Refusal, RequestKind
from avow.gate import entries
from avow.policy.law import rules
from avow.rights import letter_facts
from avow.rights.cases import Case, Claim
from avow.rights.correcting.claims import CLAIMS
from avow.rights.kept import Cases
from avow.rights.letters import Outcome
from avow.rights.response import message_of
from avow.rights.states import Step
from avow.rights.verification import MET
from avow.rights.voice import Voice

#: Shortest and longest words about what a request lacks, characters: its person has to understand them.
LACKS: Final = (20, 1000)
#: The ways on which what is defective comes; the forms of the privacy centre, and agents' computers, are told at once.
_BY_HAND: Final = MET | {"message"}
_GONE_ON: Final = Refusal("this request has gone on meanwhile; look at it again", rules.DEFECTIVE)


def may_ask(case: Case) -> bool:
    """Return whether its person can be told what the request lacks. Rule: 11 CCR 7020(e)(2)."""
    return case.channel in _BY_HAND and case.contact is not None and case.may(Step.MENDING_WANTED)


def ask(case: Case, lacks: str, by: str, voice: Voice, cases: Cases, now_ms: int) -> Refusal | None:
    """Write to its person what the request lacks and how to mend it; `by` is the staff id.

    Where no address is known a member of staff passes it on, by the way on which the request came. Rule: 11 CCR 7020(e)(2).
    """
    shortest, longest = LACKS
    if not shortest <= len(lacks.strip()) <= longest:
        return Refusal(f"say in {shortest} to {longest} characters what it lacks; the person reads it", rules.DEFECTIVE)
    if case.contact is None or not may_ask(case):
        return Refusal("this request is answered, or came by a form that says what it lacks", rules.DEFECTIVE)
    facts = replace(letter_facts.of(case, Outcome.DEFECTIVE, voice), reason=lacks.strip())
    logged = entries.RequestDocument("request.mending-wanted", case.request_id, by)
    message = message_of(case.contact, facts)
    return None if cases.append(case, Step.MENDING_WANTED, now_ms, {"staff": by}, logged, message) else _GONE_ON


def may_name(case: Case) -> bool:
    """Return whether a field can be added to what a correction contests: nothing is planned yet. Rule: 11 CCR 7023."""
    is_early = case.entry(Step.PLANNED) is None and case.may(Step.MENDED)
    return case.kind is RequestKind.CORRECT and case.channel in _BY_HAND and case.contact is not None and is_early


def name(case: Case, claims: Sequence[Claim], by: str, cases: Cases, now_ms: int) -> Refusal | None:
    """Add what the person says is wrong, field by field, as staff heard or read it; `by` is the staff id.

    Rule: 11 CCR 7020(e)(1), 7023.
    """
    if case.contact is None or not may_name(case):
        return Refusal("this request is carried out, or came by a form", rules.DEFECTIVE)
    known = {(one.point, one.field) for one in case.contact.claims}
    if any((one.point, one.field) in known for one in claims):
        return Refusal("this field is contested already", rules.DEFECTIVE)
    if len(known) + len(claims) > CLAIMS:
        return Refusal(f"one request contests at most {CLAIMS} fields; enter another for the rest", rules.DEFECTIVE)
    contact = replace(case.contact, claims=(*case.contact.claims, *claims))
    written = [(Step.MENDED, {"staff": by, "fields": [f"{one.point}/{one.field}" for one in claims]})]
    logged = [entries.RequestDocument("request.mended", case.request_id, by)]
    return None if cases.append_each(case, written, now_ms, logged, contact=contact) else _GONE_ON
