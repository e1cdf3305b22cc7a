"""What is found about each kind of declaration: the control that carries it out, figures, and whether the promise holds.

A figure never proves that nothing went wrong; it can prove that something did. So "holds" means: there is something to
see, and nothing of it contradicts the promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from avow.definitions import LETTERS
from avow.policy.evidence.facts import Asked, Disclosed, Facts, Held, limit
from avow.policy.language.vocabulary import RIGHTS, SIGNALS
from avow.policy.law import rules
from avow.policy.law.counting import add_months
from avow.policy.markup import joined, lowered
from avow.policy.rulebook import combining, retention_classes
from avow.policy.rulebook.incentives import INCENTIVE_SOURCE
from avow.policy.rulebook.rulebook import Rulebook
from avow.policy.rulebook.seeing import in_words, seeing

#: The sweep runs every hour; when it has not run for this long, nobody is erasing anything.
SWEEP_LATE: Final = timedelta(hours=25)
#: The rule that counted refusals carry when a signal or a choice stopped them.
STOPPED: Final = rules.SIGNAL_STOPS
#: Avow looks at pages every minute, or once a day at least; what it saw longer ago is no evidence of now.
LOOK_LATE: Final = timedelta(hours=25)


class Verdict(StrEnum):
    """What the figures say about a promise."""

    HOLDS = "holds"
    FAILS = "does not hold"
    NO_EVIDENCE = "no evidence yet"
    BY_PEOPLE = "carried out by people"


@dataclass(frozen=True, slots=True)
class Finding:
    """One control with its evidence, at the moment it was counted."""

    control: str
    evidence: str
    verdict: Verdict
    at_ms: int


def findings(rulebook: Rulebook, facts: Facts, kind: str, name: str, today: date) -> Iterator[Finding]:
    """Return what is found about one declaration; nothing for one that only names things.

    Why: decision 0019 (people carry out what no control does).
    """
    del today
    found = _FINDERS.get(kind)
    if found is not None:
        yield from found(rulebook, facts, name)
    elif kind != "policy":
        yield Finding(f"People carry this out: {kind.replace('_', ' ')}.", "", Verdict.BY_PEOPLE, facts.at_ms)


def installation(rulebook: Rulebook, facts: Facts, today: date) -> tuple[Finding, ...]:
    """Return what is found about the policy and its record as a whole. Rule: Bus. & Prof. Code § 22576. Why: decision 0019."""
    return (
        _age(rulebook, facts, today),
        _sweep(facts),
        _forgotten_points(rulebook, facts),
        _undeclared(facts),
        _others(facts),
        _log(facts),
    )


def _point(rulebook: Rulebook, facts: Facts, name: str) -> Iterator[Finding]:
    """Rule: Cal. Civ. Code § 1798.100(a)(1), (a)(3), (c)."""
    point = rulebook.points[name]
    held = facts.held.get(name, Held(0, None, 0))
    dropped = sum(one.count for one in facts.refused if one.point == name and one.field)
    if point.in_browser:
        yield _in_browser(facts, point.label, held, dropped)
        return
    yield Finding(
        f"The server keeps only what “{point.label}” declares; any other field is dropped before it is written.",
        f"{_many(held.records, 'record')} held. {_many(dropped, 'undeclared field')} dropped in 12 months.",
        Verdict.HOLDS if held.records or dropped else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )
    yield _retention(rulebook, facts, name, held)
    yield _given(rulebook, facts, name)
    opened = [one for one in facts.read if one.point == name]
    if opened:
        allowed, refused = sum(one.allowed for one in opened), sum(one.refused for one in opened)
        who = in_words(rulebook, point)
        yield Finding(
            "A message is opened for a purpose that the policy of its own day declares"
            + (f", by whom it says ({who}), or not at all." if who else ", or not at all."),
            f"Opened {_times(allowed)} for a declared purpose in 12 months; refused {_times(refused)}.",
            Verdict.HOLDS,
            facts.at_ms,
        )


def _in_browser(facts: Facts, label: str, held: Held, dropped: int) -> Finding:
    """Return what is known of what visitors' browsers keep: that nothing of it is here. What is there, nobody here counts."""
    evidence = f"{_many(held.records, 'record')} held here. {_many(dropped, 'undeclared field')} dropped in 12 months."
    return Finding(
        f"“{label}” is kept by the visitor's own browser alone, and erased there on its day or when it is not allowed any more.",
        evidence + " What is in browsers is not counted.",
        Verdict.FAILS if held.records else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )


def _retention(rulebook: Rulebook, facts: Facts, name: str, held: Held) -> Finding:
    promised, then = limit(rulebook, name)
    done = "erased" if then == "erase" else "deidentified"
    oldest = f"Oldest record: {_age_of(held.oldest, facts)}, promised {promised}. " if held.oldest else ""
    overdue = f"{_many(held.overdue, 'record')} past the day to be {done}."
    verdict = Verdict.FAILS if held.overdue else Verdict.HOLDS if held.records else Verdict.NO_EVIDENCE
    point = rulebook.points[name]
    ends = f"{point.label}: each record has its own last day, on which the sweep has it {done}."
    if retention_classes.ends_with_consent(rulebook, point, point.purposes) and point.technology in LETTERS:
        ends += " A consent that is taken back ends it before: the one key of what its person sent here for it is destroyed."
    return Finding(ends, oldest + overdue, verdict, facts.at_ms)


def _given(rulebook: Rulebook, facts: Facts, name: str) -> Finding:
    """Rule: Cal. Civ. Code § 1798.110(c)(4)."""
    allowed = rulebook.points[name].recipients
    went = [one for one in facts.disclosed if one.point == name]
    wrong = [one for one in went if not one.is_declared]
    to = joined(rulebook.recipients[one].label for one in sorted(allowed)) or "nobody"
    evidence = f"{_many(_sum(went), 'disclosure')} in 12 months"
    evidence += (
        f", {_sum(wrong):,} of them not declared: {_who(rulebook, wrong)}." if wrong else ", all as declared." if went else "."
    )
    verdict = Verdict.FAILS if wrong else Verdict.HOLDS if went or not allowed else Verdict.NO_EVIDENCE
    return Finding(
        f"What is collected here goes to {to}; each disclosure is an entry of the ledger.", evidence, verdict, facts.at_ms
    )


def _purpose(rulebook: Rulebook, facts: Facts, name: str) -> Iterator[Finding]:
    """Rule: 11 CCR 7004, 7026; Cal. Civ. Code § 1798.100(a)(1), (c)."""
    purpose = rulebook.purposes.get(name)
    if purpose is not None and purpose.combines:
        yield _combined(rulebook, facts, name)
    if purpose is None or not purpose.optional:
        return
    no = sum(one.count for one in facts.chosen if one.purpose == name and one.opted_out)
    yes = sum(one.count for one in facts.chosen if one.purpose == name and not one.opted_out)
    yield Finding(
        f"Your choice about {lowered(purpose.label)} is asked before anything is written.",
        f"{_many(no + yes, 'choice')} recorded: {no:,} against it, {yes:,} for it.",
        Verdict.HOLDS if no or yes else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )


#: Where a yes to an incentive comes from: its own page, a person's own page, a link that proves an address.
_JOINED_BY: Final = frozenset({INCENTIVE_SOURCE, "link", "form", "message"})


def _incentive(rulebook: Rulebook, facts: Facts, name: str) -> Iterator[Finding]:
    """Rule: Cal. Civ. Code § 1798.125(b)(3); 11 CCR 7016(d)."""
    incentive = rulebook.incentives[name]
    said = [one for one in facts.chosen if one.purpose in incentive.purposes]
    yes, no = sum(one.count for one in said if not one.opted_out), sum(one.count for one in said if one.opted_out)
    unasked = sum(one.count for one in said if not one.opted_out and one.source not in _JOINED_BY)
    yield Finding(
        f"Nobody takes part in {incentive.label} before a yes of their own, given next to its notice; a no holds at once.",
        f"{_many(yes + no, 'answer')} recorded: {yes:,} to take part, {no:,} not to, or no longer; "
        f"{unasked:,} of a yes given without the notice.",
        Verdict.FAILS if unasked else Verdict.HOLDS if said else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )


def _combined(rulebook: Rulebook, facts: Facts, name: str) -> Finding:
    """Return how often records that a purpose combines were opened for it. Rule: Cal. Civ. Code § 1798.100(a)(1), (c)."""
    purpose = rulebook.purposes[name]
    opened = [one for one in facts.read if one.purpose == name and one.point in purpose.combines]
    allowed, refused = sum(one.allowed for one in opened), sum(one.refused for one in opened)
    what = joined(combining.called(rulebook, point) for point in purpose.combines)
    return Finding(
        f"What {what} tell of one person is shown together for {lowered(purpose.label)}, as declared; else it stays apart.",
        f"Opened {_times(allowed)} for it in 12 months; refused {_times(refused)}.",
        Verdict.HOLDS if opened else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )


def _signal(rulebook: Rulebook, facts: Facts, name: str) -> Iterator[Finding]:
    """Rule: 11 CCR 7025(c)(1); Bus. & Prof. Code § 22575(b)(5)."""
    stops = rulebook.signals[name].stops
    silenced = {point.name for point in rulebook.points.values() if point.purposes <= stops}
    stopped = sum(one.count for one in facts.refused if one.rule == STOPPED and not one.field and one.point in silenced)
    yield Finding(
        f"{SIGNALS[name]} is read from every request before anything is written.",
        f"{_many(stopped, 'record')} not taken in 12 months because a signal or a choice stopped every purpose.",
        Verdict.HOLDS if stopped else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )


def _recipient(rulebook: Rulebook, facts: Facts, name: str) -> Iterator[Finding]:
    """Rule: Cal. Civ. Code § 1798.130(a)(5)(C); 11 CCR 7051(c), 7053."""
    known = rulebook.recipients[name]
    went = [one for one in facts.disclosed if one.recipient == name]
    wrong = [one for one in went if not one.is_declared]
    evidence = f"{_many(_sum(went), 'disclosure')} in 12 months, {_sum(wrong):,} of them other than declared."
    if known.contract is not None:
        evidence += (
            f" Contract of {known.contract.signed} with {len(known.contract.clauses)} of the clauses that the law asks for."
        )
    if known.missing_clauses:
        evidence += f" It lacks: {joined(name.replace('_', ' ') for name in known.missing_clauses)}."
    verdict = Verdict.FAILS if wrong or (went and known.missing_clauses) else Verdict.HOLDS if went else Verdict.NO_EVIDENCE
    yield Finding(
        f"{known.label} gets what is declared, for what is declared; each time is an entry of the ledger.",
        evidence,
        verdict,
        facts.at_ms,
    )
    yield _sales(rulebook, facts)


def _sales(rulebook: Rulebook, facts: Facts) -> Finding:
    """Rule: Cal. Civ. Code § 1798.140(ad), (ah): by the role that each recipient really has."""
    sold = [one for one in facts.disclosed if one.is_sale]
    declared = {name for name, one in rulebook.recipients.items() if one.effective_disclosure != "business-purpose"}
    control = "Whether a disclosure is a sale is computed from the contract, never from a word."
    if not facts.disclosed:
        return Finding(control, "Nothing was disclosed to anybody in 12 months.", Verdict.HOLDS, facts.at_ms)
    evidence = f"{_sum(sold):,} of {_sum(facts.disclosed):,} disclosures in 12 months were sales or sharing"
    evidence += f": {_who(rulebook, sold)}." if sold else "."
    strange = any(one.recipient not in declared for one in sold)
    return Finding(control, evidence, Verdict.FAILS if strange else Verdict.HOLDS, facts.at_ms)


def _right(rulebook: Rulebook, facts: Facts, name: str) -> Iterator[Finding]:
    """Rule: 11 CCR 7021; Cal. Civ. Code § 1798.130(a)(2)(A)."""
    if rulebook.rights[name].by_people:
        yield Finding(f"People carry out the right {RIGHTS[name]}.", "", Verdict.BY_PEOPLE, facts.at_ms)
        return
    asked = facts.asked.get(name, Asked())
    evidence = (
        f"{_many(asked.received, 'request')} received: {asked.confirmed:,} confirmed and {asked.answered:,} answered in time, "
        f"{asked.open:,} open, {asked.late:,} late."
    )
    verdict = Verdict.FAILS if asked.late else Verdict.HOLDS if asked.received else Verdict.NO_EVIDENCE
    yield Finding(
        f"Requests for the right {RIGHTS[name]} run by the clock of the law, which nothing stops.", evidence, verdict, facts.at_ms
    )


def _duty(rulebook: Rulebook, facts: Facts, name: str) -> Iterator[Finding]:
    """Rule: 11 CCR 7022(f): just what the exception needs, for that alone, and no longer."""
    duty, today = rulebook.duties[name], datetime.fromtimestamp(facts.at_ms / 1000, UTC).date()
    fields = joined(lowered(item.label) for item in rulebook.data.values() if item.name in duty.fields)
    purpose = lowered(rulebook.purposes[duty.purpose].label)
    kept = [one for one in facts.kept if one.duty == name]
    count = sum(one.records for one in kept)
    late = any(one.first < today for one in kept)
    days = [day for one in kept for day in (one.first, one.last)]
    until = f", the first until {_day(min(days))}, the last until {_day(max(days))}" if days else ""
    yield Finding(
        f"Of records that people had deleted, {fields} are kept under {duty.rule} ({duty.exception}), apart from everything else "
        f"and for {purpose} alone, {duty.keeps.length}.",
        f"{_many(count, 'record')} kept so{until}.",
        Verdict.FAILS if late else Verdict.HOLDS if kept else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )


def _role(rulebook: Rulebook, facts: Facts, name: str) -> Iterator[Finding]:
    """Say what the gate lets a role open, and what was opened of that by all who may; figures of one role alone are not kept.

    Rule: Cal. Civ. Code § 1798.100(c), (e).
    """
    role = rulebook.roles[name]
    open_to = {
        point.name for point in rulebook.points.values() for one in seeing(rulebook, point) if one.role == role and one.opens
    }
    if not open_to:
        control = f"The gate opens no record to “{role.label}”; what its members see are figures, or nothing of people."
        yield Finding(control, "Who opens what is asked of the policy each time.", Verdict.NO_EVIDENCE, facts.at_ms)
        return
    read = [one for one in facts.read if one.point in open_to and one.purpose in role.purposes]
    labels = joined(f"“{point.label}”" for point in rulebook.points.values() if point.name in open_to)
    hidden = joined(lowered(item.label) for item in rulebook.data.values() if item.name in role.hides)
    uses = joined(lowered(purpose.label) for purpose in rulebook.purposes.values() if purpose.name in role.purposes)
    yield Finding(
        f"The gate opens {labels} to “{role.label}” for {uses}, {f'without {hidden}, ' if hidden else ''}and nothing else; each "
        "opening, and each refusal, is an entry of the log.",
        f"Opened {_times(sum(one.allowed for one in read))} in 12 months for that, by all who may; refused "
        f"{_times(sum(one.refused for one in read))}.",
        Verdict.HOLDS if read else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )


def _table(rulebook: Rulebook, facts: Facts, name: str) -> Iterator[Finding]:
    """Return what is found about a section that shows a computed table in place of declarations."""
    if name == "technologies":
        yield _places(rulebook, facts)
    elif name == "retention":
        yield from (_retention(rulebook, facts, point, facts.held.get(point, Held(0, None, 0))) for point in rulebook.points)
    elif name == "chart":
        yield from (_sales(rulebook, facts), _undeclared(facts))
    else:
        finder, declared = {
            "recipients": (_recipient, rulebook.recipients),
            "signals": (_signal, rulebook.signals),
            "rights": (_right, rulebook.rights),
            "roles": (_role, rulebook.roles if rulebook.declares_roles else {}),
            "choices": (_purpose, rulebook.purposes),
        }[name]
        yield from (finding for one in declared for finding in finder(rulebook, facts, one))


def _places(rulebook: Rulebook, facts: Facts) -> Finding:
    """Rule: Cal. Civ. Code § 1798.100(a)(1)."""
    held = sum(one.records for one in facts.held.values())
    # What stands in brackets is no place: it counts what a sender sent too much of, or what no row was left for.
    unknown = sum(one.count for one in facts.refused if one.point not in rulebook.points and not one.point.startswith("("))
    dropped = sum(one.count for one in facts.refused if one.point in rulebook.points and one.field)
    return Finding(
        f"{_many(len(rulebook.points), 'place')} take data in; whatever comes from elsewhere is refused before it is written.",
        f"{_many(held, 'record')} held. In 12 months {_many(dropped, 'undeclared field')} dropped, and "
        f"{_many(unknown, 'try', 'tries')} from places that are not declared.",
        Verdict.HOLDS if held or dropped or unknown else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )


def _changes(rulebook: Rulebook, facts: Facts, _name: str) -> Iterator[Finding]:
    """Rule: Bus. & Prof. Code § 22575(b)(3)."""
    material = [one for one in facts.versions if one.material]
    late = [one for one in material if one.days_before < one.promised]
    evidence = f"{_many(len(facts.versions), 'version')} published, {len(material):,} with a material change"
    evidence += f", {len(late):,} of them told of too late." if late else "; all of those told of in time." if material else "."
    yield Finding(
        f"A material change cannot be published with less than {rulebook.changes.days_before} days of notice.",
        evidence,
        Verdict.FAILS if late else Verdict.HOLDS,
        facts.at_ms,
    )


def _age(rulebook: Rulebook, facts: Facts, today: date) -> Finding:
    """Rule (US-CA): Cal. Civ. Code § 1798.130(a)(5): updated at least once every 12 months."""
    days = (today - rulebook.updated).days
    last = add_months(rulebook.updated, rulebook.law_table.policy_update_months or 12)
    return Finding(
        "The policy is looked through and updated at least once a year.",
        f"Last updated {_day(rulebook.updated)}, {_many(max(days, 0), 'day')} ago.",
        Verdict.FAILS if today > last else Verdict.HOLDS,
        facts.at_ms,
    )


def _sweep(facts: Facts) -> Finding:
    control = "The sweep erases and deidentifies what is due, every hour."
    if facts.waits:
        evidence = f"Waiting: {facts.waits}. It goes on by itself after 24 hours, or when staff confirm it."
        return Finding(control, evidence, Verdict.FAILS, facts.at_ms)
    if facts.swept_ms is None:
        return Finding(control, "It has not run yet.", Verdict.NO_EVIDENCE, facts.at_ms)
    ago = timedelta(milliseconds=facts.at_ms - facts.swept_ms)
    evidence = f"Last run {_many(int(ago.total_seconds() // 60), 'minute')} before."
    left = ", ".join(f"{count:,} of {what}" for what, count in sorted(facts.overdue.items()))
    evidence += f" Past its day, beside records: {left or 'nothing'}."
    is_late = ago > SWEEP_LATE or bool(facts.overdue)
    return Finding(control, evidence, Verdict.FAILS if is_late else Verdict.HOLDS, facts.swept_ms)


def _forgotten_points(rulebook: Rulebook, facts: Facts) -> Finding:
    """Rule: MISSION A4: no later version reaches an earlier record."""
    earlier = [held for name, held in facts.held.items() if name not in rulebook.points]
    overdue = sum(held.overdue for held in earlier)
    return Finding(
        "Records from places that only an earlier version names stay under that version until their day.",
        f"{_many(sum(held.records for held in earlier), 'such record')} held, {overdue:,} past its day.",
        Verdict.FAILS if overdue else Verdict.HOLDS,
        facts.at_ms,
    )


def _undeclared(facts: Facts) -> Finding:
    wrong = [one for one in facts.disclosed if not one.is_declared]
    return Finding(
        "Nothing goes to anybody whom the policy of its day does not declare.",
        f"{_sum(wrong):,} of {_sum(facts.disclosed):,} disclosures in 12 months were other than declared"
        + (f": {joined(sorted({one.recipient for one in wrong}))}." if wrong else "."),
        Verdict.FAILS if wrong else Verdict.HOLDS,
        facts.at_ms,
    )


def _others(facts: Facts) -> Finding:
    """Return whether the pages that Avow itself looks at load from others whom the policy does not declare.

    What browsers report decides nothing here, since anybody can send a report; nobody is named, for staff see to it first.
    Rule: Cal. Civ. Code § 1798.100(a)(1); Bus. & Prof. Code § 22575(b)(6). Why: decision 0049.
    """
    found = sum(one.is_undeclared_party and one.is_proved for one in facts.reported)
    is_seen = facts.looked_ms is not None and facts.at_ms - facts.looked_ms <= LOOK_LATE.total_seconds() * 1000
    looks = f"Avow looks at {_many(facts.looked, 'page')}" if is_seen else "Avow has not looked at a page lately"
    counted = f"{_many(found, 'such party', 'such parties')} in 30 days."
    told = counted if found or is_seen else "What browsers report is for staff."
    return Finding(
        "The pages, as Avow gets them, load nobody whom the policy does not declare; visitors' browsers tell staff of more.",
        f"{looks}. {told}",
        Verdict.FAILS if found else Verdict.HOLDS if is_seen else Verdict.NO_EVIDENCE,
        facts.at_ms,
    )


def _log(facts: Facts) -> Finding:
    at = facts.log_ms or facts.at_ms
    evidence = f"{_many(facts.log_size, 'entry', 'entries')} published; anybody can check them with the key at /audit/key."
    return Finding(
        "What is decided and done is in a log that cannot be changed unnoticed.",
        evidence,
        Verdict.HOLDS if facts.log_size else Verdict.NO_EVIDENCE,
        at,
    )


_FINDERS: Final[Mapping[str, Callable[[Rulebook, Facts, str], Iterator[Finding]]]] = MappingProxyType(
    {
        "collection": _point,
        "purpose": _purpose,
        "recipient": _recipient,
        "signal": _signal,
        "right": _right,
        "role": _role,
        "duty": _duty,
        "incentive": _incentive,
        "changes": _changes,
        "table": _table,
    }
)


def _who(rulebook: Rulebook, went: Iterable[Disclosed]) -> str:
    names = sorted({one.recipient for one in went})
    return joined(rulebook.recipients[name].label if name in rulebook.recipients else name for name in names)


def _sum(went: Iterable[Disclosed]) -> int:
    return sum(one.count for one in went)


def _age_of(oldest: date, facts: Facts) -> str:
    days = (datetime.fromtimestamp(facts.at_ms / 1000, UTC).date() - oldest).days
    return f"{_many(max(days, 0), 'day')} ({_day(oldest)})"


def _day(when: date) -> str:
    return f"{when.day} {when:%B} {when.year}"


def _many(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
