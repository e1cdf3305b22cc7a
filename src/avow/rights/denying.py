"""A denial of what is decided without a plan: one member of staff asks for it, and a second one looks before anybody is told no.

    opt-out, limit, object, withdraw-consent, restrict    believed to be fraudulent; what it stopped is taken back
    automated-decision                                    what the program decided stays, with a reason; or it is fraudulent
    appeal                                                fraudulent; whether it is right is decided by `appealing`, for an appeal
                                                          is a second look itself, of somebody who did not decide before

What holds at once goes on holding while a denial is asked for, and is not confirmed meanwhile; nor does what a withdrawn consent
ends end. Whoever is alone looks again a day later, as for every other kind (`gate.second_look`, `reviewing`): a table of kinds
with a decision and without a second look is refused at import (`kinds.kind`).
Rule: 11 CCR 7026(e), 7027(f), 7060(f), 7221, 7222; Cal. Civ. Code § 1798.145(h)(2), (3). Why: decisions 0084, 0096.
"""

from __future__ import annotations

from typing import Any, Final

from avow.definitions import Refusal, RequestKind
from avow.gate import entries, refused
from avow.gate.roles import Member
from avow.gate.second_look import SecondLook
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import applying, reviewing
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.reviewing import About
from avow.rights.sealed_words import sealed
from avow.rights.states import Entry, Step

#: Shortest and longest belief, or reason, characters: it is documented, and its person is told.
REASON: Final = (20, 2000)
#: The codes of such a denial: a good-faith belief, and a decision that stays.
FRAUDULENT: Final = "fraudulent"
STAYS: Final = "stays"
#: What people decide in a review, with reasons.
_REVIEWED: Final = frozenset({RequestKind.APPEAL, RequestKind.AUTOMATED_DECISION})
#: What is decided here; a denial of the other kinds is of a plan, or of a contested field.
KINDS: Final = applying.KINDS | _REVIEWED
_GONE_ON: Final = Refusal("this request has gone on meanwhile; look at it again", rules.RECORDS_KEPT)


def may_ask(case: Case) -> bool:
    """Return whether a denial can be asked for now: nothing was decided yet, and nobody has asked.

    Rule: 11 CCR 7026(e), 7027(f); GDPR Art. 7(3).
    """
    if case.kind not in KINDS or case.contact is None or reviewing.proposal(case) is not None:
        return False
    return case.may(Step.DECIDED) if case.kind in _REVIEWED else applying.may_deny(case)


def ask(case: Case, code: str, words: str, member: Member, cases: Cases, now_ms: int) -> Refusal | None:
    """Ask for the denial of a request, by what its person will be told; a second person looks at it.

    Rule: 11 CCR 7026(e), 7027(f) (a good-faith, reasonable and documented belief), 7221, 7222.
    """
    rule, (shortest, longest) = _rule(case, code), REASON
    if not shortest <= len(words.strip()) <= longest:
        return Refusal(f"say in {shortest} to {longest} characters why; it is kept, and its person is told", rule)
    if code == STAYS and case.kind is not RequestKind.AUTOMATED_DECISION:
        return Refusal("a request of this kind is denied as fraudulent alone", rule)
    if not may_ask(case):
        return Refusal("this request is answered, waits for a second look, or its person is not known any more", rule)
    detail = {"about": About.DENIAL, "code": code, "rule": rule, "words": sealed(case, words.strip(), cases)}
    asked = entries.RequestReviewed("request.review-wanted", case.request_id, About.DENIAL, code, staff=member.staff_id)
    is_ours = cases.append(case, Step.REVIEW_WANTED, now_ms, {**detail, "by": member.staff_id}, asked, None)
    return None if is_ours else _GONE_ON


def agree(case: Case, member: Member, second: SecondLook, rulebook: Rulebook, cases: Cases, now_ms: int) -> Refusal | None:
    """Take the second look at a denial, and deny it: what it stopped is taken back where it was the last word.

    Rule: 11 CCR 7026(e), 7027(f); Cal. Civ. Code § 1798.145(h)(2), (3).
    """
    asked = reviewing.proposal(case)
    if asked is None or case.contact is None:
        return Refusal("nothing of this request waits for a second look", rules.REASONS_TOLD)
    looked = second.by(member, asked.by, asked.at_ms)
    if isinstance(looked, Refusal):
        return looked
    approved = reviewing.approval(asked, member, looked)
    decided: dict[str, Any] = {"outcome": "denied", "rule": asked.rule, "by": member.staff_id, "words": asked.words}  # Any: JSON
    decided |= {"reason": FRAUDULENT} if asked.code == FRAUDULENT else {}
    seq = len(case.history)
    with cases.writing() as tx:
        for number, (step, detail) in enumerate(((Step.APPROVED, approved), (Step.DECIDED, decided)), seq):
            if not cases.append_in(tx, case.request_id, Entry(number, now_ms, step, detail)):
                return _GONE_ON
        if case.entry(Step.APPLIED) is not None:
            refused.take_back(cases.store, tx, case.request_id, rulebook, case.contact.match_keys(), now_ms)
        alone = approved.get("alone")
        looked_at = entries.RequestReviewed("request.approved", case.request_id, About.DENIAL, asked.code, alone, member.staff_id)
        entries.record(tx, now_ms, looked_at)
        entries.record(tx, now_ms, entries.RequestDecided(case.request_id, "denied", asked.code, member.staff_id))
    return None


def holds_up(case: Case) -> bool:
    """Return whether a request is not to be confirmed, nor what ends with it to end: fraud is suspected, or a denial asked for.

    What was refused holds meanwhile. Rule: 11 CCR 7026(f), 7027(g), 7060(f).
    """
    return case.is_suspected or reviewing.proposal(case) is not None


def is_fraudulent(case: Case) -> bool:
    """Return whether a request was denied as fraudulent. Rule: 11 CCR 7026(e), 7027(f)."""
    decided = case.entry(Step.DECIDED)
    return decided is not None and (case.kind in applying.KINDS or decided.detail.get("reason") == FRAUDULENT)


def _rule(case: Case, code: str) -> str:
    if code == STAYS:
        return rules.AUTOMATED
    return rules.FRAUDULENT_OPT_OUT if case.kind in applying.KINDS else rules.FRAUD
