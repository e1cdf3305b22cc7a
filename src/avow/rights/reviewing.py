"""What a person looks at before a verified request is carried out or denied, and who has to look twice.

    want        the walk: waits for staff, without `autopilot`, or where something in it is never left to a clock
    carry_out   a member of staff who has seen what would happen; of what needs two, the first of them
    deny        a member of staff asks for a denial, with its code and why; always the first of two
    agree       the second look, by somebody else, or by who is alone a day later (`gate.second_look`)
    take_back   what was asked for waits for staff again
    go_on       the walk: the denial that both decided
    suspect     fraud: nothing is carried out until somebody clears it; the clock goes on, and nobody is denied by it

What would happen is named by a digest of its lines, without counts: an approval is of what was seen, and what changed since is
looked at again. Rule: 11 CCR 7022, 7060(f), 7100(a); Cal. Civ. Code § 1798.145(h)(2), (3). Why: decision 0084.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from avow.definitions import Refusal, RequestKind
from avow.gate import entries
from avow.gate.roles import Member
from avow.gate.second_look import Looked, SecondLook
from avow.policy import Rulebook
from avow.policy.language.vocabulary import LEGAL_OBLIGATION
from avow.policy.law import rules
from avow.rights.cases import Case
from avow.rights.execution import Prospect
from avow.rights.grounds import Ground
from avow.rights.kept import Cases
from avow.rights.plan import DISCLOSED, Action, Line, is_withheld
from avow.rights.sealed_words import sealed
from avow.rights.states import State, Step

#: Shortest and longest reason of a denial, and longest note, characters: the person must be able to understand a reason.
REASON_LENGTH: Final = (20, 1000)
NOTE_LENGTH: Final = 1000
_GONE_ON: Final = Refusal("this request has gone on meanwhile; look at it again", rules.RECORDS_KEPT)
_NOT_WAITING: Final = Refusal("this request does not wait for staff", rules.RECORDS_KEPT)
_CHANGED: Final = Refusal("what would happen has changed since you looked; look at it again", rules.RECORDS_KEPT)
_PENDING: Final = Refusal(
    "a colleague has asked for something that waits for its second look; decide about that first", rules.REASONS_TOLD
)
_SUSPECTED: Final = Refusal("fraud is suspected: clear it first, or deny the request", rules.FRAUD)


class Why(StrEnum):
    """Why a verified request waits for staff."""

    STAFF = "staff"  #: the policy has no autopilot for it
    APPLICATION = "application"  #: an application is part of it, which never goes by itself
    KEPT = "kept"  #: a rule keeps something of it
    GUESSED = "guessed"  #: too much of what was typed before, to be confirmed, was wrong
    WITHHELD = "withheld"  #: staff withhold a part of it
    CHANGED = "changed"  #: something else would happen than what was approved
    FRAUD = "fraud"  #: somebody suspects fraud


#: The same for staff.
WHY_WORDS: Final[Mapping[str, str]] = {
    Why.STAFF: "the policy has no autopilot for this right",
    Why.APPLICATION: "an application is part of it",
    Why.KEPT: "a rule keeps something of it",
    Why.GUESSED: "too many numbers that were typed before for this address were wrong",
    Why.WITHHELD: "a part of it is withheld",
    Why.CHANGED: "something else would happen than what was approved",
    Why.FRAUD: "fraud is suspected",
}


class About(StrEnum):
    """What staff ask for."""

    CARRY_OUT = "carry-out"
    DENIAL = "denial"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen to a request, as far as it decides who looks.

    `digest` names it; `why` is why it cannot go by itself, whatever the policy says; `needs_two`: it takes a second person.
    """

    digest: str
    why: frozenset[Why] = frozenset()
    needs_two: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one member asked for and a second one has not looked at; `words` are sealed."""

    about: About
    by: str
    at_ms: int
    digest: str = ""
    code: str = ""
    rule: str = ""
    words: str = ""


def judged(prospect: Prospect, kind: RequestKind, applications: Collection[str]) -> Foreseen:
    """Return who has to look at what would happen. `applications` are the collection points of applications.

    What a law orders to keep needs one look; what an exception lets us keep, and the pieces of an application that leave, two. A
    part that staff withhold has a second look of its own, for which the rest does not wait.
    Rule: Cal. Civ. Code § 1798.105(d), § 1798.145(h)(3); 11 CCR 7024(d).
    """
    lines, why = prospect.lines, set()
    has_application = any(line.point in applications for line in lines)
    withheld = [line for line in lines if is_withheld(line.duty) and line.action in {Action.KEEP, Action.WITHHOLD}]
    kept = [line for line in lines if line.action is Action.KEEP and line not in withheld]
    why |= {Why.APPLICATION} if has_application else set()
    why |= {Why.KEPT} if kept else set()
    why |= {Why.GUESSED} if prospect.is_guessed else set()
    why |= {Why.WITHHELD} if withheld else set()
    needs_two = any(line.code != LEGAL_OBLIGATION for line in kept) or (kind in DISCLOSED and has_application)
    return Foreseen(digest([_named(line) for line in lines]), frozenset(why), needs_two)


def _named(line: Line) -> tuple[str, ...]:
    """Return what an approval of a line is of: everything but how many records there are, and of which days."""
    said = (line.action, line.label, line.point, line.code, line.duty, line.purpose, line.recipient, line.rule)
    days = (line.until.isoformat() if line.until and line.action is Action.KEEP else "",)
    return (*said, *days, *line.fields)


def digest(lines: Collection[tuple[str, ...]]) -> str:
    """Return what names the lines of a plan; the same for the same lines in any order and number."""
    return sha256(json.dumps(sorted(set(lines))).encode()).hexdigest()[:32]


def proposal(case: Case) -> Proposal | None:
    """Return what waits for its second look; None for nothing, and for what was approved or decided since."""
    asked = case.entry(Step.REVIEW_WANTED)
    if asked is None or "by" not in asked.detail or not case.may(Step.APPROVED):
        return None
    if any(one.seq > asked.seq for one in case.history if one.step in {Step.APPROVED, Step.DECIDED}):
        return None
    said = {name: str(asked.detail.get(name, "")) for name in ("digest", "code", "rule", "words")}
    return Proposal(About(asked.detail["about"]), asked.detail["by"], asked.at_ms, **said)


def reasons(case: Case) -> tuple[str, ...]:
    """Return why a request waits for staff, in words."""
    wanted = [entry for entry in case.history if entry.step is Step.REVIEW_WANTED and "why" in entry.detail]
    return tuple(WHY_WORDS.get(one, one) for one in wanted[-1].detail["why"]) if wanted else ()


def in_words(detail: Mapping[str, Any]) -> str:  # Any: JSON
    """Return for staff what was wanted, asked for, or approved; without words that are sealed."""
    if "about" not in detail:
        why = detail.get("why", ())
        return "; ".join(WHY_WORDS.get(one, one) for one in ([why] if isinstance(why, str) else why))
    what = f"a denial, {detail['code']}" if detail["about"] == About.DENIAL else "to be carried out"
    if "asked" not in detail:
        return what
    return (
        f"{what}; by who asked for it, a day later, for nobody else could"
        if detail.get("alone")
        else f"{what}; by a second person"
    )


# -- the walk ----------------------------------------------------------------------------------------------------------------


def want(case: Case, foreseen: Foreseen, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Let a verified request wait for staff if it has to; return whether it does. Nobody is asked about invented people.

    Rule: Bus. & Prof. Code § 22576 (the policy says who looks); 11 CCR 7100(a).
    """
    right, approved = rulebook.right(case.kind), case.entry(Step.APPROVED)
    if approved is not None and approved.detail.get("digest") == foreseen.digest and not case.is_suspected:
        return False
    why = set(foreseen.why)
    why |= {Why.STAFF} if right is None or not right.autopilot else set()
    why |= {Why.CHANGED} if approved is not None else set()
    why |= {Why.FRAUD} if case.is_suspected else set()
    if not why or case.demonstration:
        return False
    entry = entries.RequestReviewed("request.review-wanted", case.request_id)
    return cases.append(case, Step.REVIEW_WANTED, now_ms, {"why": sorted(why)}, entry, None)


def go_on(case: Case, cases: Cases, now_ms: int) -> bool:
    """Deny what both decided to deny; return whether the last approval is of a denial. Rule: 11 CCR 7022(f), 7024(e)."""
    approved = case.entry(Step.APPROVED)
    if approved is None or approved.detail["about"] != About.DENIAL:
        return False
    detail = {name: approved.detail[name] for name in ("code", "rule", "words")}
    entry = entries.RequestDecided(case.request_id, "denied", detail["code"], approved.detail["by"])
    return cases.append(case, Step.DECIDED, now_ms, detail, entry, None)


# -- staff -------------------------------------------------------------------------------------------------------------------


def carry_out(case: Case, foreseen: Foreseen, seen: str, member: Member, cases: Cases, now_ms: int) -> Refusal | None:
    """Let a request be carried out, as who has seen what would happen; the first of two where it takes a second person.

    Rule: 11 CCR 7022, 7100(a).
    """
    refusal = _may_ask(case)
    if refusal is None and case.is_suspected:
        refusal = _SUSPECTED
    if refusal is None and seen != foreseen.digest:
        refusal = _CHANGED
    if refusal is not None:
        return refusal
    detail = {"about": About.CARRY_OUT, "digest": foreseen.digest, "by": member.staff_id}
    step = Step.REVIEW_WANTED if foreseen.needs_two else Step.APPROVED
    return _noted(case, step, detail, member.staff_id, cases, now_ms)


def deny(case: Case, ground: Ground, reason: str, member: Member, cases: Cases, now_ms: int) -> Refusal | None:
    """Ask for the denial of a request, with its ground and a reason that its person will read; a second person looks at it.

    Rule: Cal. Civ. Code § 1798.145(h)(2), (3); 11 CCR 7022(f), 7024(e).
    """
    refusal = _may_ask(case)
    if refusal is None and not REASON_LENGTH[0] <= len(reason.strip()) <= REASON_LENGTH[1]:
        words = f"a denial needs a reason of {REASON_LENGTH[0]} to {REASON_LENGTH[1]} characters that its person will read"
        refusal = Refusal(words, ground.rule)
    if refusal is not None:
        return refusal
    detail = {
        "about": About.DENIAL,
        "code": ground.code,
        "rule": ground.rule,
        "words": sealed(case, reason.strip(), cases),
        "by": member.staff_id,
    }
    return _noted(case, Step.REVIEW_WANTED, detail, member.staff_id, cases, now_ms)


def agree(
    case: Case, foreseen: Foreseen | None, seen: str, member: Member, second: SecondLook, cases: Cases, now_ms: int
) -> Refusal | None:
    """Take the second look at what a member asked for, and approve it; of what is carried out, as who has seen it.

    `foreseen` None: what would happen is not known at this moment.
    """
    asked = proposal(case)
    if asked is None:
        return Refusal("nothing of this request waits for a second look", rules.REASONS_TOLD)
    if asked.about is About.CARRY_OUT:
        if case.is_suspected:
            return _SUSPECTED
        if foreseen is None or not asked.digest == seen == foreseen.digest:
            return _CHANGED
    looked = second.by(member, asked.by, asked.at_ms)
    if isinstance(looked, Refusal):
        return looked
    return _noted(case, Step.APPROVED, approval(asked, member, looked), member.staff_id, cases, now_ms)


def approval(asked: Proposal, member: Member, looked: Looked) -> dict[str, Any]:  # Any: JSON
    """Return what the approval of a proposal says: who asked, who looked, and whether that is the same who was alone."""
    said = {"digest": asked.digest, "code": asked.code, "rule": asked.rule, "words": asked.words}
    detail = {"about": asked.about, **{name: words for name, words in said.items() if words}, "asked": asked.by}
    return {**detail, "by": member.staff_id, **({"alone": True} if looked.is_alone else {})}


def take_back(case: Case, member: Member, cases: Cases, now_ms: int) -> Refusal | None:
    """Take back what waits for its second look, of whoever asked: it waits for staff again. Rule: 11 CCR 7101(a)."""
    if proposal(case) is None:
        return Refusal("nothing of this request waits for a second look", rules.REASONS_TOLD)
    wanted = next(entry for entry in case.history if entry.step is Step.REVIEW_WANTED)
    detail = {"why": wanted.detail.get("why", ()), "taken_back": member.staff_id}
    entry = entries.RequestReviewed("request.review-wanted", case.request_id, staff=member.staff_id)
    return None if cases.append(case, Step.REVIEW_WANTED, now_ms, detail, entry, None) else _GONE_ON


def suspect(case: Case, words: str, by: str, cases: Cases, now_ms: int, *, is_cleared: bool = False) -> Refusal | None:
    """Note a suspicion of fraud, or that somebody cleared it, with words that are sealed; `by` is the staff id.

    Rule: 11 CCR 7060(f); what is carried out stops, and 7021(b): the clock does not.
    """
    step = Step.CLEARED if is_cleared else Step.SUSPECTED
    if not case.may(step):
        return Refusal(
            "fraud is suspected already, or the request is answered" if not is_cleared else "nobody suspects fraud", rules.FRAUD
        )
    if not 1 <= len(words.strip()) <= NOTE_LENGTH:
        return Refusal(
            f"say why, in at most {NOTE_LENGTH} characters; it is sealed, and the person does not read it", rules.FRAUD
        )
    detail = {"words": sealed(case, words.strip(), cases), "by": by}
    whose = entries.by_whom(by)
    entry = entries.RequestReviewed(f"request.{step}", case.request_id, staff=whose.get("staff"), by=whose.get("by"))
    return None if cases.append(case, step, now_ms, detail, entry, None) else _GONE_ON


def _may_ask(case: Case) -> Refusal | None:
    """Return why nothing can be asked for now: the request does not wait, or something waits for its second look."""
    if case.state is not State.REVIEWING or not case.may(Step.APPROVED):
        return _NOT_WAITING
    return _PENDING if proposal(case) is not None else None


def _noted(
    case: Case,
    step: Step,
    detail: Mapping[str, Any],
    staff: str,
    cases: Cases,
    now_ms: int,  # Any: JSON
) -> Refusal | None:
    """Write what a member did, with its audit entry."""
    alone = detail.get("alone")
    entry = entries.RequestReviewed(f"request.{step}", case.request_id, detail["about"], detail.get("code"), alone, staff)
    return None if cases.append(case, step, now_ms, detail, entry, None) else _GONE_ON


def second_looks(cases: Cases) -> tuple[int, int]:
    """Return how many second looks there were, and how many of them by somebody who was alone. Rule: 11 CCR 7101(a)."""
    found = [detail for detail in cases.approvals() if "asked" in detail]
    return len(found), sum(bool(detail.get("alone")) for detail in found)
