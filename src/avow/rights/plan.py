"""What will be done for a verified request: by target and recipient, and by record and field group, each with its rule (walk 2).

Tasks say who does what, and are carried out one after the other; lines say what becomes of which fields of how many records. The
same lines are shown before anything is done, and compared with what was done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from avow.definitions import WITHHELD, RequestKind
from avow.policy.law import rules
from avow.policy.rulebook.declarations import Recipient

#: Kinds for which what is held is put together for its person, and nothing is changed.
DISCLOSED: Final = frozenset({RequestKind.KNOW, RequestKind.PORTABILITY})
#: Kinds that give something to whoever asks: it goes to nobody who may be somebody else. Rule: 11 CCR 7060(f).
GIVING: Final = DISCLOSED | {RequestKind.CONFIRM_IDENTIFIER}
#: The rule by which each of them is shown.
RULE_OF: Final[Mapping[RequestKind, str]] = {RequestKind.KNOW: rules.KNOW, RequestKind.PORTABILITY: rules.TAKE_ALONG}


class Action(StrEnum):
    """What a target does, and what becomes of records."""

    DISCLOSE = "disclose"
    KEEP = "keep"
    ERASE = "erase"
    NOTHING_HELD = "nothing held"
    INSTRUCT = "instruct"
    CORRECT = "correct"
    COMPARE = "compare"
    WITHHOLD = "withhold"


#: The target that keeps what rules name, before any other destroys something.
KEPT: Final = "kept records"


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of the same fields of so many records: erased, shown, or kept by a rule for one purpose, until a day.

    `point` is the policy's name of the collection point, "" for what is no record of one, or is another's to do; `label` is what
    it is called. `code` is that of the exception, `duty` the policy's name of what declares it, and `reason` what that is called.
    `until` is the first day on which nothing of it is kept any more: of several records, the last of theirs. `version` is the id
    of the version under which they were collected, `first_on` and `last_on` on which days; "" and None where there is none.
    """

    action: Action
    label: str
    rule: str
    point: str = ""
    fields: tuple[str, ...] = ()
    records: int = 0
    code: str = ""
    duty: str = ""
    reason: str = ""
    purpose: str = ""
    until: date | None = None
    recipient: str = ""
    by: date | None = None
    version: str = ""
    first_on: date | None = None
    last_on: date | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """What a rule keeps of records; the words are those of `Line`."""

    code: str
    duty: str
    reason: str
    rule: str
    purpose: str
    fields: tuple[str, ...]
    until: date | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """A part that staff name for one request: kept beyond a deletion under `code`, or left out of an answer.

    It is of records of one point, these alone or all of them, and of named fields and files. `name` tells what is kept under it
    from what is kept under any other. Kept until the day `until`, None for as long as the record would have been, for `purpose`
    alone, as the version `rulebook_id` declares it. Or `before`: everything that was collected before that day.
    """

    number: int
    name: str
    code: str
    rule: str
    point: str = ""
    fields: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()
    purpose: str = ""
    until: date | None = None
    before: date | None = None
    rulebook_id: str = ""

    def covers(self, point: str, record_id: str) -> bool:
        """Return whether something of a record is withheld by it."""
        return bool(self.point) and point == self.point and (not self.records or record_id in self.records)


def withheld_name(random: str) -> str:
    """Return the name of a new part: nothing of it leads back to its request, for evidence shows it."""
    return f"{WITHHELD}{random}"


def is_withheld(duty: str) -> bool:
    """Return whether a name is that of a part that staff named, and no duty of a policy."""
    return duty.startswith(WITHHELD)


@dataclass(frozen=True, slots=True)
class Holding:
    """So many records of a point and version that have the same fields, and of which the same is kept.

    `point` is "" for what belongs to no collection point; `earlier`: it is kept since an erasure before. They were collected from
    `first_on` to `last_on`.
    """

    point: str
    label: str
    fields: tuple[str, ...]
    records: int
    kept: tuple[Keep, ...] = ()
    earlier: bool = False
    version: str = ""
    first_on: date | None = None
    last_on: date | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One line of a plan: who does what, and the rule that asks for it or lets it be; `recipient` is the policy's name of one.

    `did` is what became of it, where nothing has to be done.
    """

    target: str
    action: Action
    rule: str
    recipient: str = ""
    did: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What of a person went to one recipient, by the log of disclosures: when last, and by the version under which that was.

    `declared` is what that version says of the recipient; None when no version that is known declares it. `categories` are
    letters of § 1798.140(v)(1), `identifiers` what finds the person there.
    """

    name: str
    declared: Recipient | None
    rulebook_id: str
    last_on: date
    categories: str
    identifiers: tuple[tuple[str, str], ...]

    @property
    def is_third_party(self) -> bool:
        """Whether it is a third party by computation, or nobody knows what it is. Rule: 11 CCR 7051(c), 7053(c)."""
        return self.declared is None or self.declared.effective_role == "third-party"

    def may_hold(self, today: date) -> bool:
        """Return whether it may hold something yet: of a third party nobody knows until when.

        Rule: Cal. Civ. Code § 1798.105(c)(1); 11 CCR 7022(b)(3) (all third parties to whom it was sold or shared).
        """
        if self.declared is None or self.is_third_party:
            return True
        return self.declared.keeps_days > 0 and self.last_on + timedelta(days=self.declared.keeps_days) >= today


def make(kind: RequestKind, targets: tuple[str, ...], given: Sequence[Given], today: date) -> tuple[Task, ...]:
    """Return the plan: every target of the installation, then every recipient that was given something of this person.

    One that may hold it is told to erase it. One whose contract lets it keep nothing, or no longer, holds nothing.
    Raises ValueError for any other kind: nothing is erased that nobody asked to erase.
    Rule: Cal. Civ. Code § 1798.110 (know), § 1798.105(c)(1) (delete, and tell service providers and third parties);
    GDPR Art. 20 (portability).
    """
    if kind in DISCLOSED:
        return tuple(Task(target, Action.DISCLOSE, RULE_OF[kind]) for target in targets if target != KEPT)
    if kind is not RequestKind.DELETE:
        raise ValueError(f'there is no plan for a request of the kind "{kind}"')
    own = tuple(_own(target) for target in targets)
    called = names(given, targets)
    return own + tuple(_of(one, called[one.name], today) for one in given)


def _own(target: str) -> Task:
    if target == KEPT:
        return Task(target, Action.KEEP, rules.both(rules.DELETION_EXCEPTIONS, rules.DENIED_IN_PART))
    return Task(target, Action.ERASE, rules.DELETE_FROM_RECORDS)


def lines(
    kind: RequestKind,
    holdings: Sequence[Holding],
    tasks: Iterable[Task],
    answer_by: date,
    withheld: Collection[Withheld] = (),
) -> tuple[Line, ...]:
    """Return what becomes of what is held, and who is told to do the same by when: what would happen, and what did.

    Of a record that a rule keeps in part, or that is withheld in part, the rest is erased, or shown. Raises ValueError as `make`.
    Rule: Cal. Civ. Code § 1798.105(c)(1), (d); 11 CCR 7022(b), (f).
    """
    if kind in DISCLOSED:
        names = frozenset(one.name for one in withheld)
        return (*(line for one in holdings for line in _is_shown(one, names, RULE_OF[kind])), *_older(withheld))
    if kind is not RequestKind.DELETE:
        raise ValueError(f'there is no plan for a request of the kind "{kind}"')
    told = [
        Line(Action.INSTRUCT, task.target, task.rule, recipient=task.recipient, by=answer_by)
        for task in tasks
        if task.action is Action.INSTRUCT
    ]
    return (*(line for one in holdings for line in _becomes(one)), *told)


def _older(withheld: Collection[Withheld]) -> tuple[Line, ...]:
    """Return the lines of what is not given because it is older. Rule: 11 CCR 7024(h)."""
    said = {one.name: f"what was collected before {one.before.day} {one.before:%B %Y}" for one in withheld if one.before}
    return tuple(
        Line(Action.WITHHOLD, said[one.name], one.rule, code=one.code, duty=one.name) for one in withheld if one.name in said
    )


def _is_shown(one: Holding, names: Collection[str], rule: str) -> Iterable[Line]:
    """Yield what of records is shown, and what staff withhold of them. Rule: 11 CCR 7024(e)."""
    withheld = [keep for keep in one.kept if keep.duty in names]
    for keep in withheld:
        named = (keep.rule, one.point, keep.fields, one.records, keep.code, keep.duty, keep.reason)
        yield _dated(Line(Action.WITHHOLD, one.label, *named), one)
    hidden = {name for keep in withheld for name in keep.fields}
    rest = tuple(name for name in one.fields if name not in hidden)
    if rest or not withheld:
        yield _dated(Line(Action.DISCLOSE, one.label, rule, one.point, rest, one.records), one)


def kept_line(one: Holding, keep: Keep) -> Line:
    """Return the line of what a rule keeps. Rule: 11 CCR 7022(f)."""
    named = (keep.rule, one.point, keep.fields, one.records, keep.code, keep.duty, keep.reason, keep.purpose, keep.until)
    return _dated(Line(Action.KEEP, one.label, *named), one)


def _dated(line: Line, one: Holding) -> Line:
    return replace(line, version=one.version, first_on=one.first_on, last_on=one.last_on)


def _becomes(one: Holding) -> Iterable[Line]:
    yield from (kept_line(one, keep) for keep in (one.kept[:1] if one.earlier else one.kept))
    staying = {name for keep in one.kept for name in keep.fields}
    rest = tuple(name for name in one.fields if name not in staying)
    if not one.earlier and (rest or not one.kept):
        yield _dated(Line(Action.ERASE, one.label, rules.DELETE_FROM_RECORDS, one.point, rest, one.records), one)


def names(given: Iterable[Given], taken: Iterable[str] = ()) -> Mapping[str, str]:
    """Return what plans and letters call each recipient: its label, with its name where another has the same label."""
    called: dict[str, str] = {}
    for one in given:
        label = one.declared.label if one.declared else one.name
        called[one.name] = f"{label} ({one.name})" if label in {*called.values(), *taken} else label
    return called


def _of(one: Given, called: str, today: date) -> Task:
    if one.may_hold(today):
        rule = rules.TELL_THIRD_PARTIES if one.is_third_party else rules.TELL_PROVIDERS
        return Task(called, Action.INSTRUCT, rules.both(rules.DELETE_FROM_RECORDS, rule), one.name)
    kept = one.declared.keeps_days if one.declared else 0
    contract = f"contract: nothing kept for more than {kept} days" if kept else "contract: nothing kept after delivery"
    did = "holds nothing any more" if kept else "holds nothing after delivery"
    return Task(called, Action.NOTHING_HELD, rules.both(contract, rules.SERVICE_PROVIDER_CONTRACT), one.name, did)
