"""What a member of staff decides with a reason that its person is told: appeals, and requests about automated decisions.

An appeal is about one request that was answered. What is asked of an automated decision is to opt out of it, or to learn how it
came to its result and how that was used; people carry it out, and write what they did.

    put_forward  it is in front of staff, and its days run from its own receipt
    decide       granted or denied, with a reason that its person is told, sealed as all that they are told
    respond      the answer is written

Rule: 11 CCR 7221 (opting out of automated decisions), 7222 (access); each state's act on appeals
(Va. Code § 59.1-577(C); C.R.S. 6-1-1306(3); Tex. Bus. & Com. Code § 541.053, and others).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from avow.definitions import AvowError, Refusal, RequestKind
from avow.gate import entries
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import clock, letter_facts, reviewing, sealed_words
from avow.rights.cases import Case, reference
from avow.rights.kept import Cases
from avow.rights.letters import Outcome
from avow.rights.response import message_of, write
from avow.rights.states import ANSWERED, Step
from avow.rights.voice import Voice
from avow.store.control import Transaction, requests

#: Shortest and longest reason of a decision, characters.
REASON: Final = (20, 2000)
_OUTCOMES: Final = ("granted", "denied")
#: What is decided so.
DECIDED: Final = frozenset({RequestKind.APPEAL, RequestKind.AUTOMATED_DECISION})


def refusal(parent: Case | None, rulebook: Rulebook) -> Refusal | None:
    """Return why nothing can be appealed against: no such request, no answer yet, or no appeal in the law; None where it can."""
    if parent is None or parent.kind is RequestKind.APPEAL:
        return Refusal("an appeal names the reference of the request that it is about", rules.REASONS_TOLD)
    if parent.state not in ANSWERED:
        return Refusal("this request is not answered yet; there is nothing to appeal against", rules.REASONS_TOLD)
    if clock.appeal_dates(parent.received_on, rulebook) is None:
        name = rulebook.law_table.name
        return Refusal(
            f"the law of {name} knows no appeal to the business; a complaint to the authority is open", rules.REASONS_TOLD
        )
    return None


class AppealedAlready(AvowError):
    """An appeal against the same answer is there already, and may have been filed at this very moment."""


def only_one(tx: Transaction, case: Case) -> None:
    """Raise AppealedAlready where this is not the first appeal against its answer: one is heard for each request.

    Asked in the transaction that keeps it, so that two tabs file one.
    """
    requests.hold(tx, case.parent)
    if requests.about(tx, case.parent, RequestKind.APPEAL) != (case.request_id,):
        raise AppealedAlready


def put_forward(case: Case, cases: Cases, now_ms: int) -> bool:
    """Put what staff decide in front of them. Rule: each state's act on appeals; 11 CCR 7221, 7222."""
    return cases.append(case, Step.REVIEW_WANTED, now_ms, {"why": case.kind.value}, None, None)


def decide(
    case: Case, outcome: str, reason: str, by: str, cases: Cases, now_ms: int, *, is_alone: bool = False
) -> Refusal | None:
    """Decide it; `by` is the staff id.

    `is_alone`: by who decided before, because nobody else could, which its person is told. What an appeal is granted is carried
    out by a request of its own, with it as parent.

    Rule: each state's act on appeals (in writing, with reasons); 11 CCR 7221, 7222.
    """
    shortest, longest = REASON
    if outcome not in _OUTCOMES or not shortest <= len(reason.strip()) <= longest:
        return Refusal(
            f"say granted or denied, and why in {shortest} to {longest} characters; the person is told", rules.REASONS_TOLD
        )
    if case.kind not in DECIDED or not case.may(Step.DECIDED):
        return Refusal("there is nothing to decide about this request", rules.REASONS_TOLD)
    if outcome == "denied" and case.kind is not RequestKind.APPEAL:
        return Refusal("a denial of it takes two: it is asked for, and looked at again", rules.REASONS_TOLD)
    if reviewing.proposal(case) is not None:
        return Refusal("a colleague has asked for a denial; decide about that first", rules.REASONS_TOLD)
    if case.is_suspected and outcome == "granted":
        return Refusal("fraud is suspected: clear it first, or deny the request", rules.FRAUD)
    words = sealed_words.sealed(case, reason.strip(), cases)
    detail = {"outcome": outcome, "by": by, "words": words, **({"alone": True} if is_alone else {})}
    logged = entries.RequestDecided(case.request_id, outcome, **entries.by_whom(by))
    is_ours = cases.append(case, Step.DECIDED, now_ms, detail, logged, None)
    return None if is_ours else Refusal("this request has gone on meanwhile; look at it again", rules.REASONS_TOLD)


def respond(case: Case, voice: Voice, cases: Cases, now_ms: int) -> bool:
    """Write what was decided, or note it on the page where no address is known. Rule: each state's act on appeals."""
    decided = case.entry(Step.DECIDED)
    if decided is None or case.contact is None:
        return False
    is_fraudulent = decided.detail.get("reason") == "fraudulent"
    detail = {"outcome": decided.detail["outcome"], **({"reason": "fraudulent"} if is_fraudulent else {})}
    if not case.contact.written_to:
        logged = entries.RequestTold("request.responded", case.request_id, how="on its page", **detail)
        return cases.append(case, Step.RESPONDED, now_ms, {**detail, "how": "on its page"}, logged, None)
    facts = replace(
        letter_facts.of(case, Outcome.FRAUDULENT if is_fraudulent else Outcome(detail["outcome"]), voice),
        decides=reference(case.parent) if case.parent else "",
        reason=sealed_words.decided(case, cases),
        logic=letter_facts.programs(voice.rulebook),
        is_by_same=bool(decided.detail.get("alone")),
    )
    return write(case, Step.ANSWER_WRITTEN, detail, message_of(case.contact, facts), cases, now_ms)
