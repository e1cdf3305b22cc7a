"""What changes for people between two versions of a policy, in plain words, and which of it is material.

Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.100(a)(1): a new category, purpose or recipient, a longer
retention, a weaker signal or right is material and needs notice before it takes effect. What no function here knows
how to weigh is told as it is and counts as material: an unknown change is never "nothing changes".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from avow.policy.changes.change import Added, Change, Kept, Removed, compared, plain, spaced, uses
from avow.policy.changes.other_changes import others
from avow.policy.changes.recipients import recipient_changes
from avow.policy.changes.roles import role_changes
from avow.policy.language.parse import parse
from avow.policy.language.vocabulary import (
    ABOUT_DECISIONS,
    AGENT_ASKS,
    AGENT_CONFIRMATIONS,
    RIGHTS,
    SIGNALS,
    SIGNIFICANT_DECISIONS,
)
from avow.policy.markup import joined, lowered
from avow.policy.rulebook import combining
from avow.policy.rulebook.declarations import CollectionPoint, Purpose, Retention, Right
from avow.policy.rulebook.rulebook import Rulebook

__all__ = ["Change", "diff"]

#: Any day does to tell which of two periods is longer; a leap year keeps "12 months" and "365 days" apart.
_SOME_DAY: Final = date(2027, 3, 1)


#: What a person decides about a purpose, from the weakest to the strongest.
_CHOICES: Final = ("none", "opt-out", "consent")


def diff(old: Rulebook, new: Rulebook) -> tuple[Change, ...]:
    """Return what changes for people from the old version to the new one, material changes first.

    Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.100(a)(1).
    """
    found = [
        *_purposes(old, new),
        *_points(old, new),
        *_items(old, new),
        *recipient_changes(old, new),
        *role_changes(old, new),
        *_signals(old, new),
        *_rights(old, new),
        *_automated(old, new),
        *_incentives(old, new),
        *_controller(old, new),
        *_agents(old, new),
        *_notice(old, new),
        *_evidence(old, new),
        *_law(old, new),
        *others(old, new),
        *_wording(old, new),
    ]
    if not found and old.text != new.text:
        found.append(Change("policy", "The declarations are written in another way, and mean the same.", material=False))
    if not found and old.id != new.id:
        found.append(Change("law", "The law tables behind the policy were brought up to date.", material=False))
    return tuple(sorted(found, key=lambda change: not change.material))


def _points(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for point in compared(old.points, new.points):
        match point:
            case Added(_, after):
                items = joined(lowered(new.data[item].label) for item in after.fields)
                yield Change("collection", f'New: "{after.label}" collects {items}.', material=True)
            case Removed(_, before):
                yield Change("collection", f'"{before.label}" no longer collects anything.', material=False)
            case Kept(_, before, after):
                yield from _point(old, new, before, after)


def _point(old: Rulebook, new: Rulebook, before: CollectionPoint, after: CollectionPoint) -> Iterator[Change]:
    called = f'"{after.label}"'
    for verb, words, material in (
        ("newly collects", _labels(new, set(after.fields) - set(before.fields)), True),
        ("no longer collects", _labels(old, set(before.fields) - set(after.fields)), False),
        ("is newly used for", uses(new, after.purposes - before.purposes), True),
        ("is no longer used for", uses(old, before.purposes - after.purposes), False),
        ("newly goes to", _names(new, after.recipients - before.recipients), True),
        ("no longer goes to", _names(old, before.recipients - after.recipients), False),
    ):
        if words:
            yield Change("collection", f"{called} {verb} {words}.", material=material)
    for item in (item for item in after.fields if item in before.fields):
        widened = after.only.get(item, after.purposes) & before.purposes - before.only.get(item, before.purposes)
        if widened:
            yield Change("collection", f"{called}: {_labels(new, {item})} is newly used for {uses(new, widened)}.", material=True)
    yield from _retentions(new, called, before, after)
    if (before.unsearched is None) != (after.unsearched is None):
        again = "again" if after.unsearched is None else "no longer"
        yield Change("right", f"{called} is {again} searched when you ask to know.", material=after.unsearched is not None)
    if before.is_security != after.is_security:
        shown = "by category alone" if after.is_security else "record by record"
        yield Change("right", f"{called} is shown {shown} when you ask to know.", material=after.is_security)
    if (after.cookie_days or 0) != (before.cookie_days or 0):
        longer = (after.cookie_days or 0) > (before.cookie_days or 0)
        yield Change(
            "retention", f"The cookie of {called} lives {after.cookie_days or 0} days, not {before.cookie_days or 0}.", longer
        )


def _items(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """Say which items an answer newly describes in place of showing them, and which it shows again. Rule: 11 CCR 7024(d)."""
    for item in compared(old.data, new.data):
        if isinstance(item, Kept) and bool(item.old.never_disclose) != bool(item.new.never_disclose):
            hidden = bool(item.new.never_disclose)
            words = "is described, and no longer shown" if hidden else "is shown again"
            yield Change("right", f'"{item.new.label}" {words} when you ask to know.', material=hidden)


def _retentions(new: Rulebook, called: str, before: CollectionPoint, after: CollectionPoint) -> Iterator[Change]:
    """Say how the periods change: the longest one, and those of single purposes that differ from it."""
    yield from _retention(called, before.retention, after.retention)
    for each in compared(before.retentions, after.retentions):
        if isinstance(each, Kept) and (each.old, each.new) != (before.retention, after.retention):
            yield from _retention(f"{called} for {uses(new, frozenset({each.name}))}", each.old, each.new)


def _retention(called: str, before: Retention, after: Retention) -> Iterator[Change]:
    if before == after:
        return
    longer = after.due(_SOME_DAY) > before.due(_SOME_DAY)
    looser = after.after not in (before.after, "collection")
    looser = looser or (before.then != after.then and after.then == "deidentify") or before.until not in (None, after.until)
    yield Change("retention", f"{called} is kept for {after.words}; before: {before.words}.", material=longer or looser)


def _purposes(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for purpose in compared(old.purposes, new.purposes):
        match purpose:
            case Added(_, after):
                yield Change("purpose", f"New purpose: {lowered(after.label)}.", material=True)
                yield from _combining(old, new, (), after)
            case Removed(_, before):
                yield Change("purpose", f"Purpose given up: {lowered(before.label)}.", material=False)
            case Kept(_, before, after):
                yield from _purpose(before, after)
                yield from _combining(old, new, before.combines, after)


def _combining(old: Rulebook, new: Rulebook, before: Sequence[str], after: Purpose) -> Iterator[Change]:
    """Say what is newly put together about one person, and what no longer is. Rule: Cal. Civ. Code § 1798.100(a)(1), (c)."""
    label = lowered(after.label)
    if set(after.combines) - set(before):
        named = joined(combining.called(new, name) for name in after.combines)
        words = f"For {label} we newly put together what {named} tell of one person."
        yield Change("purpose", words, material=True)
    lost = [name for name in before if name not in after.combines]
    if lost:
        named = joined(combining.called(old, name) for name in lost)
        tells = "tells" if len(lost) == 1 else "tell"
        words = f"For {label} we no longer put what {named} {tells} of one person together with anything else."
        yield Change("purpose", words, material=False)


def _purpose(before: Purpose, after: Purpose) -> Iterator[Change]:
    if before.choice != after.choice:
        weaker = _CHOICES.index(after.choice) < _CHOICES.index(before.choice)
        yield Change("purpose", _decided(after), material=weaker)
    if before.description != after.description:
        words = f'The purpose "{after.label}" is described as "{after.description}"; before: "{before.description}".'
        yield Change("purpose", words, material=True)
    if before.cross_context != after.cross_context:
        across = "is" if after.cross_context else "is no longer"
        words = f'The purpose "{after.label}" {across} advertising by what people do with several businesses.'
        yield Change("purpose", words, material=after.cross_context)
    if before.written_reason != after.written_reason:
        writes = "now writes" if after.written_reason else "no longer writes"
        words = f"A member of our staff who opens something for {lowered(after.label)} {writes} down why."
        yield Change("purpose", words, material=before.written_reason)


def _decided(purpose: Purpose) -> str:
    """Return what a person decides about a purpose from now on."""
    label = lowered(purpose.label)
    if purpose.choice == "consent":
        return f"We do nothing for {label} before you say yes."
    return f"You can opt out of {label}." if purpose.optional else f"You can no longer opt out of {label}."


def _signals(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for name, called in SIGNALS.items():
        before = old.signals[name].stops if name in old.signals else frozenset()
        after = new.signals[name].stops if name in new.signals else frozenset()
        if after - before:
            yield Change("signal", f"{called} newly stops {uses(new, after - before)}.", material=False)
        if before - after:
            yield Change("signal", f"{called} no longer stops {uses(old, before - after)}.", material=True)


def _rights(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for right in compared(old.rights, new.rights):
        called = RIGHTS[right.name]
        match right:
            case Added():
                yield Change("right", f"You have the right {called}.", material=False)
            case Removed():
                yield Change("right", f"The right {called} is no longer offered.", material=True)
            case Kept(_, before, after):
                yield from _right(called, before, after)


def _automated(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """Say what a program newly decides about people, and how. Rule: 11 CCR 7220 (told before its use)."""
    for decision in compared(old.automated_decisions, new.automated_decisions):
        match decision:
            case Added(_, after):
                words = f'A program, "{after.label}", helps to decide {SIGNIFICANT_DECISIONS[after.decides]}.'
                yield Change("automated decision", words, material=True)
            case Removed(_, before):
                yield Change("automated decision", f'"{before.label}" decides nothing about you any more.', material=False)
            case Kept(_, before, after) if before != after:
                words = f'"{after.label}" goes by {after.logic}. It puts out {after.output}. If you opt out, {after.instead}.'
                yield Change("automated decision", words, material=True)


def _incentives(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """Say what is newly offered for people's data; what changes for who takes part is material.

    Rule: 11 CCR 7016(d); Cal. Civ. Code § 1798.125(b)(3) (the yes was to the terms of its day).
    """
    for incentive in compared(old.incentives, new.incentives):
        match incentive:
            case Added(_, after):
                words = f"We offer {after.label}: you get {after.offers}, if you say yes to it."
                yield Change("incentive", words, material=False)
            case Removed(_, before):
                yield Change("incentive", f"We no longer offer {before.label}.", material=True)
            case Kept(_, before, after) if before != after:
                words = f"The terms of {after.label} change: you get {after.offers}; {after.terms}."
                words += f" We value the data at {after.value}."
                yield Change("incentive", words, material=True)


def _right(called: str, before: Right, after: Right) -> Iterator[Change]:
    if set(before.methods) != set(after.methods):
        fewer = bool(set(before.methods) - set(after.methods))
        yield Change("right", f"To ask for the right {called}, use: {joined(after.methods, 'or')}.", material=fewer)
    if set(before.gives) != set(after.gives):
        given = joined(ABOUT_DECISIONS[name] for name in after.gives) or "nothing more than that"
        yield Change("right", f"By the right {called} you can {given}.", material=bool(set(before.gives) - set(after.gives)))
    if before.verification != after.verification:
        yield Change("right", f"How we check who asks for the right {called}: {after.verification}.", material=True)
    if before.autopilot != after.autopilot:
        who = "goes on by itself" if after.autopilot else "waits until one of our staff has looked at it"
        yield Change("right", f"A request for the right {called}, once it is clear who asks, {who}.", material=after.autopilot)


def _controller(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    if old.controller.name != new.controller.name:
        yield Change(
            "policy", f"{new.controller.name} answers for your information; before: {old.controller.name}.", material=True
        )
    if replace(old.controller, name=new.controller.name) != new.controller:
        yield Change("policy", "How to reach us changes.", material=False)


def _agents(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """Say what an agent must show, and what may be asked of the person besides. Rule: 11 CCR 7063."""
    before, after = old.agents, new.agents
    if before is None or after is None:
        return
    if (before.asks, before.and_one_of) != (after.asks, after.and_one_of):
        more = bool({*after.asks, *after.and_one_of} - {*before.asks, *before.and_one_of})
        shown = joined(AGENT_ASKS[name] for name in after.asks) or "nothing"
        besides = joined((AGENT_CONFIRMATIONS[name] for name in after.and_one_of), "or")
        words = f"Somebody who asks for you shows {shown}; {f'we may {besides}' if besides else 'we ask nothing more'}."
        yield Change("right", words, material=more)


def _notice(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    before, after = old.changes, new.changes
    if set(before.told_by) != set(after.told_by):
        fewer = bool(set(before.told_by) - set(after.told_by))
        yield Change("policy", f"We tell you about changes by {joined(after.told_by)}; before: {joined(before.told_by)}.", fewer)
    if before.days_before != after.days_before:
        words = f"We tell you about changes {after.days_before} days before; so far: {before.days_before}."
        yield Change("policy", words, material=after.days_before < before.days_before)


def _evidence(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    if old.evidence_is_public != new.evidence_is_public:
        words = "The evidence beside each promise is public." if new.evidence_is_public else "The evidence is no longer public."
        yield Change("policy", words, material=not new.evidence_is_public)


def _law(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """Say what the law itself changed; it binds with or without notice, so that it is never material."""
    for law in compared(old.law, new.law):
        match law:
            case Added(code):
                yield Change("law", f"The law of {code} holds as well.", material=False)
            case Kept(code, before, after):
                for name in sorted({*before.values, *after.values}):
                    was, now = (values[name].value if name in values else None for values in (before.values, after.values))
                    if was != now:
                        words = f"The law ({code}) changes: {spaced(name)} is {plain(now)}; before: {plain(was)}."
                        yield Change("law", words, material=False)


def _wording(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """Say where the prose changes. What the machine does is compared above; whether other words promise less, a person reads."""
    if old.text == new.text:
        return
    before, after = _prose(old), _prose(new)
    for anchor, (title, said) in after.items():  # in the order of the text, in which people read
        if anchor not in before:
            yield Change("wording", f'The section "{title}" is new.', material=False)
        elif before[anchor][1] != said:
            yield Change("wording", f'The wording of "{title}" changes.', material=False)
    for anchor, (title, _) in before.items():
        if anchor not in after:
            yield Change("wording", f'The section "{title}" is gone.', material=False)


def _prose(rulebook: Rulebook) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return title and words of each section by its anchor; what is before the first heading under the policy's title."""
    document = parse(rulebook.text)
    words: dict[str, list[str]] = {section.anchor: [] for section in document.sections}
    for prose in document.prose:
        words[document.sections[prose.section].anchor].append(" ".join(prose.words.split()))
    titles = {section.anchor: section.title or rulebook.title for section in document.sections}
    return {anchor: (titles[anchor], tuple(said)) for anchor, said in words.items() if said}


def _labels(rulebook: Rulebook, items: set[str]) -> str:
    return joined(lowered(rulebook.data[name].label) for name in sorted(items))


def _names(rulebook: Rulebook, recipients: frozenset[str]) -> str:
    return joined(rulebook.recipients[name].label for name in sorted(recipients))
