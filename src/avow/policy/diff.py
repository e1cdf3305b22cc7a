"""What changes for people between two versions of a policy, in plain words, and which of it is material.

Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.100(a)(1): a new category, purpose or recipient, a longer
retention, a weaker signal or right is material and needs notice before it takes effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from avow.policy.markup import joined, lowered
from avow.policy.rulebook import CollectionPoint, Retention, Rulebook
from avow.policy.vocabulary import RIGHTS, ROLES, SIGNALS

#: Any day does to tell which of two periods is longer; a leap year keeps "12 months" and "365 days" apart.
_SOME_DAY: Final = date(2027, 3, 1)


_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what it is about ("collection", "purpose", "recipient", "retention", "signal", "right", "policy")."""

    kind: str
    words: str
    material: bool


def diff(old: Rulebook, new: Rulebook) -> tuple[Change, ...]:
    """Return what changes for people from the old version to the new one, material changes first."""
    found = [
        *_purposes(old, new),
        *_points(old, new),
        *_recipients(old, new),
        *_signals(old, new),
        *_rights(old, new),
        *_controller(old, new),
    ]
    if not found and old.text != new.text:
        found.append(Change("policy", "The wording changes; what the machine does stays the same.", material=False))
    return tuple(sorted(found, key=lambda change: not change.material))


def _points(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for name in _added(old.points, new.points):
        items = joined(lowered(new.data[item].label) for item in new.points[name].fields)
        yield Change("collection", f'New: "{new.points[name].label}" collects {items}.', material=True)
    for name in _added(new.points, old.points):
        yield Change("collection", f'"{old.points[name].label}" no longer collects anything.', material=False)
    for name in _both(old.points, new.points):
        yield from _point(old, new, old.points[name], new.points[name])


def _point(old: Rulebook, new: Rulebook, before: CollectionPoint, after: CollectionPoint) -> Iterator[Change]:
    called = f'"{after.label}"'
    for verb, words, material in (
        ("newly collects", _labels(new, set(after.fields) - set(before.fields)), True),
        ("no longer collects", _labels(old, set(before.fields) - set(after.fields)), False),
        ("is newly used for", _uses(new, after.purposes - before.purposes), True),
        ("is no longer used for", _uses(old, before.purposes - after.purposes), False),
        ("newly goes to", _names(new, after.recipients - before.recipients), True),
        ("no longer goes to", _names(old, before.recipients - after.recipients), False),
    ):
        if words:
            yield Change("collection", f"{called} {verb} {words}.", material=material)
    for item in _both(dict.fromkeys(before.fields), dict.fromkeys(after.fields)):
        widened = after.only.get(item, after.purposes) & before.purposes - before.only.get(item, before.purposes)
        if widened:
            yield Change(
                "collection", f"{called}: {_labels(new, {item})} is newly used for {_uses(new, widened)}.", material=True
            )
    yield from _retention(called, before.retention, after.retention)
    if (after.cookie_days or 0) != (before.cookie_days or 0):
        longer = (after.cookie_days or 0) > (before.cookie_days or 0)
        yield Change(
            "retention", f"The cookie of {called} lives {after.cookie_days or 0} days, not {before.cookie_days or 0}.", longer
        )


def _retention(called: str, before: Retention, after: Retention) -> Iterator[Change]:
    if before == after:
        return
    longer = after.due(_SOME_DAY) > before.due(_SOME_DAY)
    looser = (before.after, before.then) != (after.after, after.then) and (
        after.after == "last-contact" or after.then == "deidentify"
    )
    yield Change("retention", f"{called} is kept for {after.words}; before: {before.words}.", material=longer or looser)


def _purposes(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for name in _added(old.purposes, new.purposes):
        yield Change("purpose", f"New purpose: {lowered(new.purposes[name].label)}.", material=True)
    for name in _added(new.purposes, old.purposes):
        yield Change("purpose", f"Purpose given up: {lowered(old.purposes[name].label)}.", material=False)
    for name in _both(old.purposes, new.purposes):
        before, after = old.purposes[name], new.purposes[name]
        if before.optional != after.optional:
            can = "can now" if after.optional else "can no longer"
            yield Change("purpose", f"You {can} opt out of {lowered(after.label)}.", material=not after.optional)
        if before.description != after.description:
            words = f'The purpose "{after.label}" is described as "{after.description}"; before: "{before.description}".'
            yield Change("purpose", words, material=True)


def _recipients(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for name in _added(old.recipients, new.recipients):
        yield Change("recipient", f"New recipient: {new.recipients[name].label}.", material=True)
    for name in _added(new.recipients, old.recipients):
        yield Change("recipient", f"{old.recipients[name].label} no longer receives anything.", material=False)
    for name in _both(old.recipients, new.recipients):
        before, after = old.recipients[name], new.recipients[name]
        if before.label != after.label:
            yield Change("recipient", f"{after.label} takes the place of {before.label}.", material=True)
        if before.effective_role != after.effective_role:
            words = f"{after.label} becomes a {ROLES[after.effective_role]}; before: {ROLES[before.effective_role]}."
            yield Change("recipient", words, material=after.effective_role == "third-party")
        if before.country != after.country:
            yield Change("recipient", f"{after.label} is in {after.country}; before: {before.country}.", material=True)
        if before.categories != after.categories or before.purposes != after.purposes:
            wider = not (after.categories <= before.categories and after.purposes <= before.purposes)
            yield Change("recipient", f"What {after.label} may receive changes.", material=wider)


def _signals(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for name, called in SIGNALS.items():
        before = old.signals[name].stops if name in old.signals else frozenset()
        after = new.signals[name].stops if name in new.signals else frozenset()
        if after - before:
            yield Change("signal", f"{called} newly stops {_uses(new, after - before)}.", material=False)
        if before - after:
            yield Change("signal", f"{called} no longer stops {_uses(old, before - after)}.", material=True)


def _rights(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for kind in _added(old.rights, new.rights):
        yield Change("right", f"You have the right {RIGHTS[kind]}.", material=False)
    for kind in _added(new.rights, old.rights):
        yield Change("right", f"The right {RIGHTS[kind]} is no longer offered.", material=True)
    for kind in _both(old.rights, new.rights):
        before, after = old.rights[kind], new.rights[kind]
        if set(before.methods) != set(after.methods):
            fewer = bool(set(before.methods) - set(after.methods))
            yield Change("right", f"To ask for the right {RIGHTS[kind]}, use: {joined(after.methods, 'or')}.", material=fewer)
        if before.verification != after.verification:
            yield Change("right", f"How we check who asks for the right {RIGHTS[kind]}: {after.verification}.", material=True)


def _controller(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    if old.controller.name != new.controller.name:
        yield Change(
            "policy", f"{new.controller.name} answers for your information; before: {old.controller.name}.", material=True
        )
    elif old.controller != new.controller:
        yield Change("policy", "How to reach us changes.", material=False)


def _added(old: Mapping[_Name, object], new: Mapping[_Name, object]) -> list[_Name]:
    return [name for name in new if name not in old]


def _both(old: Mapping[_Name, object], new: Mapping[_Name, object]) -> list[_Name]:
    return [name for name in new if name in old]


def _labels(rulebook: Rulebook, items: set[str]) -> str:
    return joined(lowered(rulebook.data[name].label) for name in sorted(items))


def _uses(rulebook: Rulebook, purposes: frozenset[str]) -> str:
    return joined(lowered(rulebook.purposes[name].label) for name in sorted(purposes))


def _names(rulebook: Rulebook, recipients: frozenset[str]) -> str:
    return joined(rulebook.recipients[name].label for name in sorted(recipients))
