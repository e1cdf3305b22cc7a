"""How staff withhold a part of a request: one names it by a ground of the law, another looks at it; nothing else waits for them.

    want     while the request waits for staff: the ground, which fields of which records, until when and for what, and why
    look     the second look: agreed to by somebody else (`gate.second_look`), or not; who takes it back needs nobody

What is named is kept apart, or left out, with the rest of the plan; the letter about the rest says what is still decided.
Rule: Cal. Civ. Code § 1798.105(d)(4)-(7), § 1798.145(a)(5), (b) to (e), (k), (p); 11 CCR 7022(f), 7024(e), (h).
Why: decision 0088.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from avow.definitions import Refusal, RequestKind, Technology, local_date
from avow.gate import entries
from avow.gate.roles import Member
from avow.gate.second_look import SecondLook
from avow.policy import LawTable, Rulebook
from avow.policy.law import rules
from avow.policy.law.counting import add_months
from avow.rights import grounds, reviewing, withheld
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.plan import withheld_name
from avow.rights.reviewing import REASON_LENGTH
from avow.rights.sealed_words import sealed
from avow.rights.states import State, Step

#: Longest that something is kept by a decision of staff, years: nobody weighs what will be so in ten years.
MOST_YEARS: Final = 10
#: Shortest of each fact about what is older and cannot be given, characters: a bare "too much effort" explains nothing.
LEAST_FACT: Final = 20
#: Most records that are named one by one.
MOST_RECORDS: Final = 100
_NAME_BYTES: Final = 8
_RULE: Final = rules.both(rules.DELETION_EXCEPTIONS, rules.DENIAL)
_GONE_ON: Final = Refusal("this request has gone on meanwhile; look at it again", rules.RECORDS_KEPT)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a member of staff wants to withhold.

    By `code`: `fields` of a point, of `records` alone or of all where none is named; for a deletion also for which purpose alone
    it is kept, and until which day. Or by the ground of effort, everything `before` a day, with `facts`: what is not given,
    why it cannot be, and what it would take. `reason` and `facts` are read by the person.
    """

    code: str
    point: str = ""
    fields: Collection[str] = ()
    records: Collection[str] = ()
    purpose: str = ""
    until: date | None = None
    before: date | None = None
    reason: str = ""
    facts: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What the person reads."""
        return " ".join(one.strip() for one in (self.facts if self.code == grounds.EFFORT else (self.reason,)))


def want(
    case: Case,
    wanted: Wanted,
    held: Mapping[str, Held],
    rulebooks: Rulebooks,
    member: Member,
    cases: Cases,
    now_ms: int,
) -> Refusal | None:
    """Name a part that is to be withheld; `held` is what is held of the person, by point.

    Rule: 11 CCR 7022(f)(1) (the detailed basis), 7024(e), (h).
    """
    ground = grounds.of_parts(case.kind, rulebooks.own).get(wanted.code)
    if case.state is not State.REVIEWING or not case.may(Step.PART_WANTED) or reviewing.proposal(case) is not None:
        return Refusal("a part is named while the request waits for staff, and before somebody has asked for anything", _RULE)
    if ground is None:
        return Refusal("a part is withheld by one of the grounds that the law has for it", _RULE)
    today = local_date(now_ms, rulebooks.own.law_table.timezone)
    if ground.code == grounds.EFFORT:
        refusal = _not_older(case, wanted, rulebooks.own.law_table)
    else:
        refusal = _no_such(case, wanted, held, rulebooks) or _no_basis(case, wanted, rulebooks, today)
    if refusal is not None:
        return refusal
    detail = {
        "name": withheld_name(secrets.token_hex(_NAME_BYTES)),
        "code": ground.code,
        "rule": ground.rule,
        **_said(case, wanted),
        "rulebook": rulebooks.in_force.id,
        "words": sealed(case, wanted.words, cases),
        "by": member.staff_id,
    }
    entry = entries.RequestPart("request.part-wanted", case.request_id, ground.code, staff=member.staff_id)
    return None if cases.append(case, Step.PART_WANTED, now_ms, detail, entry, None) else _GONE_ON


def look(
    case: Case, number: int, member: Member, second: SecondLook, cases: Cases, now_ms: int, *, agrees: bool
) -> Refusal | None:
    """Decide about a part that waits for its second look; that it is not withheld may be said by whoever works on requests.

    Rule: Cal. Civ. Code § 1798.145(h)(2), (3); 11 CCR 7022(f)(2).
    """
    part = next((one for one in withheld.pending(case) if one.number == number), None)
    if part is None or not case.may(Step.PART_DECIDED):
        return Refusal("nothing of this request waits for a second look there", rules.REASONS_TOLD)
    detail: dict[str, Any] = {"part": number, "agrees": agrees, "by": member.staff_id}  # Any: JSON
    named = next(one for one in case.history if one.seq == number)
    is_alone = False
    if agrees:
        looked = second.by(member, named.detail["by"], named.at_ms)
        if isinstance(looked, Refusal):
            return looked
        is_alone = looked.is_alone
        detail |= {"asked": named.detail["by"], **({"alone": True} if is_alone else {})}
    said = (case.request_id, part.code, agrees, is_alone or None, member.staff_id)
    logged = entries.RequestPart("request.part-decided", *said)
    return None if cases.append(case, Step.PART_DECIDED, now_ms, detail, logged, None) else _GONE_ON


def in_words(detail: Mapping[str, Any]) -> str:  # Any: JSON
    """Return for staff what was named, or decided; without words that are sealed."""
    if "code" in detail:
        return f"ground {detail['code']}"
    if not detail["agrees"]:
        return "not withheld"
    return "withheld; by who asked for it, a day later, for nobody else could" if detail.get("alone") else "withheld"


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a person by one point: its fields, and the records that can be named one by one."""

    fields: frozenset[str]
    records: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rulebooks:
    """The versions by which a part is judged: that of the request with its law, and the one in force, for its purposes."""

    own: Rulebook
    in_force: Rulebook


def latest_before(case: Case, law: LawTable) -> date | None:
    """Return the last day before which something may be too much effort: the law's months before receipt are always given.

    None where the law has no such months. Rule: Cal. Civ. Code § 1798.130(a)(2)(B); 11 CCR 7024(h).
    """
    months = law.look_back_months
    return None if months is None else add_months(case.received_on, -months)


def _said(case: Case, wanted: Wanted) -> dict[str, Any]:  # Any: JSON
    """Return what a history keeps of what is wanted."""
    if wanted.code == grounds.EFFORT:
        return {"before": wanted.before.isoformat() if wanted.before else ""}
    said: dict[str, Any] = {"point": wanted.point, "fields": sorted(wanted.fields)}  # Any: as above
    if wanted.records:
        said["records"] = sorted(wanted.records)
    if case.kind is RequestKind.DELETE:
        said["purpose"] = wanted.purpose
        said |= {"until": wanted.until.isoformat()} if wanted.until and wanted.code != grounds.HOUSEHOLD else {}
    return said


def _not_older(case: Case, wanted: Wanted, law: LawTable) -> Refusal | None:
    """Return why what is older cannot be left out so. Rule: 11 CCR 7024(h) (enough facts to understand why)."""
    last = latest_before(case, law)
    if wanted.before is None or last is None or wanted.before > last:
        words = (
            f"name a day: what was collected since {last} is given, whatever it takes" if last else "this law has no such ground"
        )
        return Refusal(words, rules.BEYOND_EFFORT)
    if case.contact is not None and case.contact.since >= wanted.before.isoformat():
        return Refusal("the person asked about nothing that is older", rules.BEYOND_EFFORT)
    most = REASON_LENGTH[1]
    if len(wanted.facts) != len(FACTS) or any(not LEAST_FACT <= len(one.strip()) <= most for one in wanted.facts):
        words = (
            f"write each of the three facts, in {LEAST_FACT} to {most} characters: that it is too much effort explains nothing"
        )
        return Refusal(words, rules.BEYOND_EFFORT)
    return None


#: What has to be said of what is older: the questions, in their order.
FACTS: Final = (
    "What is not given, and where it is kept",
    "Why it cannot be given, or only with disproportionate effort",
    "What it would take to give it",
)


def _no_such(case: Case, wanted: Wanted, held: Mapping[str, Held], rulebooks: Rulebooks) -> Refusal | None:
    """Return why nothing of the person is named so."""
    if wanted.point not in held:
        return Refusal("name something that is held of this person", _RULE)
    unknown = sorted(set(wanted.fields) - held[wanted.point].fields)
    if unknown or not wanted.fields:
        return Refusal(f"nothing is held there as {', '.join(unknown)}" if unknown else "name the fields that it is about", _RULE)
    if len(wanted.records) > MOST_RECORDS or set(wanted.records) - held[wanted.point].records:
        return Refusal(f"name at most {MOST_RECORDS} records one by one, which are held of this person there", _RULE)
    points = {**rulebooks.own.points, **rulebooks.in_force.points}
    is_watched = wanted.point in points and points[wanted.point].technology == Technology.SESSION_RECORDING
    if case.kind is RequestKind.DELETE and is_watched:
        return Refusal("a recording is erased as a whole; nothing of it can be kept apart", _RULE)
    return None


def _no_basis(case: Case, wanted: Wanted, rulebooks: Rulebooks, today: date) -> Refusal | None:
    """Return why what is named cannot be withheld so: for what, until when, and why."""
    least, most = REASON_LENGTH
    if not least <= len(wanted.reason.strip()) <= most:
        return Refusal(f"write why, in {least} to {most} characters that its person will read", _RULE)
    if case.kind is not RequestKind.DELETE:
        return None
    if wanted.purpose not in rulebooks.in_force.purposes:
        return Refusal("name the purpose of the policy for which alone it is kept", rules.RETAINED_USE)
    last = today.replace(year=today.year + MOST_YEARS, day=min(today.day, 28))
    if wanted.code != grounds.HOUSEHOLD and (wanted.until is None or not today < wanted.until <= last):
        return Refusal(f"say until when it is kept: a day that has not come, {last} at the latest", _RULE)
    return None
