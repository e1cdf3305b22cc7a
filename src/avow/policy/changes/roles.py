"""What changes about who of the staff sees what. More than before is material: people read on the page who sees it.

Compared is each role with itself, or with what it was called formerly: another group of people who see a record is a change for
whom it is about, also where a first group saw it before.
Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.100(a)(1), (c).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from avow.policy.changes.change import Change
from avow.policy.language.vocabulary import ACTS, WITH_RECORDS
from avow.policy.markup import joined, lowered
from avow.policy.rulebook.roles import WITHOUT_POINTS, Act, Role, of_names
from avow.policy.rulebook.rulebook import Rulebook

__all__ = ["GONE", "NEW", "role_changes"]

#: Kinds of change: a role that comes, and one that goes. Where both are in one version, the one may be the other renamed.
NEW: Final = "new role"
GONE: Final = "role given up"
#: What a role reaches: point -> purpose -> acts.
_Reach = Mapping[str, Mapping[str, frozenset[Act]]]


def role_changes(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """Say who of the staff newly sees or does what, and who no longer does.

    The first roles take something away from every member of staff and give nobody anything; without the last one, everybody may
    everything again. Rule: Bus. & Prof. Code § 22575(b)(3). Why: decision 0068.
    """
    if not new.declares_roles:
        if old.declares_roles:
            yield Change(
                "role", "Nothing limits any more which of our staff see what: everybody with an account can.", material=True
            )
        return
    if not old.declares_roles:
        who = joined(lowered(role.label) for role in new.roles.values())
        yield Change("role", f"Our software now limits which of our staff see what, by their roles: {who}.", material=False)
        return
    followed: set[str] = set()
    for role in new.roles.values():
        before = of_names(old.roles, {role.name, *role.formerly})
        followed |= {one.name for one in before}
        yield from _role(old, new, before, role)
    for role in old.roles.values():
        if role.name not in followed:
            words = f"Nobody works as {_called(role)} any more: what these members could open, they no longer can."
            yield Change(GONE, words, material=False)


def _role(old: Rulebook, new: Rulebook, before: tuple[Role, ...], after: Role) -> Iterator[Change]:
    called = _called(after)
    if not before:
        yield Change(NEW, f"New role of our staff: {called}.", material=False)
    elif after.label not in {role.label for role in before}:
        yield Change("role", f"{called} was called {joined(_called(role) for role in before)} before.", material=False)
    was, now = _reach(old, before), _reach(new, [after])
    there = old.points.keys() & new.points.keys()  # what a new point collects is told, and who sees it stands next to it
    for words in _beyond(new, now, was, there):
        yield Change("role", f"{called} may newly {words}.", material=True)
    for words in _beyond(old, was, now, there):
        yield Change("role", f"{called} may no longer {words}.", material=False)
    yield from _fields(old, new, before, after)
    had = frozenset().union(*(role.may for role in before)) & WITHOUT_POINTS
    for verb, acts in (("may newly", after.may & WITHOUT_POINTS - had), ("may no longer", had - after.may)):
        if before and acts:
            yield Change("role", f"{called} {verb} {joined(ACTS[act] for act in sorted(acts))}.", material=False)


def _reach(rulebook: Rulebook, roles: Iterable[Role]) -> _Reach:
    """Return what roles reach together, of what the version collects for a purpose at all."""
    found: dict[str, dict[str, frozenset[Act]]] = {}
    for role in roles:
        for point in role.points & rulebook.points.keys():
            for purpose in role.purposes & rulebook.points[point].purposes:
                acts = found.setdefault(point, {})
                acts[purpose] = acts.get(purpose, frozenset()) | role.may - WITHOUT_POINTS
    return found


def _beyond(rulebook: Rulebook, one: _Reach, other: _Reach, points: Iterable[str]) -> Iterator[str]:
    """Yield in words what one reaches beyond the other, with the same acts and purposes of several points in one sentence."""
    gathered: dict[tuple[tuple[Act, ...], tuple[str, ...]], list[str]] = {}
    for name in (name for name in rulebook.points if name in points):
        by_acts: dict[tuple[Act, ...], list[str]] = {}
        for purpose in (purpose for purpose in rulebook.purposes if purpose in one.get(name, {})):
            more = one[name][purpose] - other.get(name, {}).get(purpose, frozenset())
            if more:
                by_acts.setdefault(tuple(act for act in Act if act in more), []).append(purpose)
        for acts, purposes in by_acts.items():
            gathered.setdefault((acts, tuple(purposes)), []).append(name)
    for (acts, uses), names in gathered.items():
        what = joined(f"“{rulebook.points[name].label}”" for name in names)
        called = joined(lowered(rulebook.purposes[name].label) for name in uses)
        yield f"{joined(WITH_RECORDS[act] for act in acts)} {what}, for {called}"


def _fields(old: Rulebook, new: Rulebook, before: tuple[Role, ...], after: Role) -> Iterator[Change]:
    """Say which fields a role newly sees, or no longer, of points that it could open before and can still."""
    opening = [role for role in before if Act.READ in role.may]
    if not opening or Act.READ not in after.may:
        return
    shared = frozenset().union(*(role.points for role in opening)) & after.points & old.points.keys() & new.points.keys()
    there = {item for name in shared for item in old.points[name].fields if item in new.points[name].fields}
    hidden = frozenset.intersection(*(role.hides for role in opening))
    for verb, items, material in (
        ("newly sees", hidden - after.hides, True),
        ("no longer sees", after.hides - hidden, False),
    ):
        if items & there:
            labels = joined(lowered(new.data[item].label) for item in new.data if item in items & there)
            yield Change("role", f"{_called(after)} {verb}: {labels}.", material=material)


def _called(role: Role) -> str:
    return f"“{role.label}”"
