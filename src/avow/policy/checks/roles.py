"""Check who of the staff may do what: that roles and what they see meet, and that somebody is there for each task.

A policy without any role says nothing of it, and is not judged here. Names that are declared nowhere are `check`'s; of a policy
with such a name, or with a declaration that cannot be read, nothing is said to be missing.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c), (e).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from avow.definitions import Technology
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry, did_you_mean
from avow.policy.language.vocabulary import ACTS
from avow.policy.markup import joined
from avow.policy.rulebook.roles import ADMINISTRATOR, WITHOUT_POINTS, Act

#: Technologies whose records staff see as figures: nobody has to open a single one. A recording is watched, a letter is read.
_FIGURES: Final = frozenset(
    {Technology.TAG, Technology.WEB_BEACON, Technology.PIXEL, Technology.CLEAR_GIF, Technology.SERVER_LOG}
)
#: What the visitor's own browser keeps: none of it is here.
_IN_BROWSER: Final = frozenset({Technology.COOKIE, Technology.LOCAL_STORAGE})


def check_roles(entries: Entries) -> Iterator[Diagnostic]:
    """Find roles that contradict themselves: what they may do, with which records, for what, without which fields."""
    for role in entries.of("role"):
        contradiction = tuple(_contradiction(role))
        yield from contradiction
        if not contradiction and _is_known(entries, role):
            yield from _apart(entries, role)
            yield from _hidden(entries, role)
    yield from _former(entries)


def check_held(entries: Entries) -> Iterator[Diagnostic]:
    """Find what is left to nobody: records, purposes and tasks. Asked only where every name is declared and no role wrong."""
    roles = entries.of("role")
    if not roles or not all(entries.is_whole(kind) for kind in ("role", "collection", "purpose", "right")):
        return
    yield from _unread(entries, roles)
    yield from _unheld(entries, roles)
    yield from _undone(entries, roles)


def _may(role: Entry, *acts: Act) -> bool:
    return not {*acts}.isdisjoint(role.values["may"])


def _contradiction(role: Entry) -> Iterator[Diagnostic]:
    """Find a role with records and no act that needs them, or the other way round."""
    values = role.values
    beyond = [act for act in values["may"] if act not in WITHOUT_POINTS]
    named = next((key for key in ("points", "purposes", "hides") if values.get(key)), "")
    if not beyond and named:
        message = f'"{role.name}" only {_doing(values["may"])}, for which nobody needs records, and names {named}'
        mend = f"remove {named}, or say what its members do with the records, as {Act.READ}"
        yield diagnostic("AV0801", role.at(named), message, mend)
        return
    missing = next((key for key in ("points", "purposes") if beyond and not values.get(key)), "")
    if missing:
        message = f'"{role.name}" may {beyond[0]}, and names no {missing}'
        mend = f'add {missing} = ["…"], with the {missing} that its members need, or remove "{beyond[0]}"'
        yield diagnostic("AV0801", role.at("may", values["may"].index(beyond[0])), message, mend)


def _doing(acts: list[str]) -> str:
    return joined(f"{act}{'es' if act.endswith('sh') else 's'}" for act in acts)


def _is_known(entries: Entries, role: Entry) -> bool:
    """Whether everything that a role names is declared, and can be read."""
    named = (("points", "collection"), ("purposes", "purpose"), ("hides", "data"))
    return all(name in {one.name for one in entries.of(kind)} for key, kind in named for name in role.values.get(key, ()))


def _apart(entries: Entries, role: Entry) -> Iterator[Diagnostic]:
    """Find purposes that none of a role's points serves, and points that serve none of its purposes.

    Rule: Cal. Civ. Code § 1798.100(a)(1), (c): no use that is incompatible with the disclosed purpose.
    """
    points, purposes = role.values.get("points", []), role.values.get("purposes", [])
    serves = {point.name: _serves(entries, point) for point in entries.of("collection")}
    unserved = set(purposes) - set().union(*(serves[point] for point in points))
    for place, purpose in enumerate(purposes):
        if purpose in unserved:
            message = f'"{role.name}" works for "{purpose}", and none of its points is collected for that'
            mend = f'add a point that serves "{purpose}", or remove the purpose'
            yield diagnostic("AV0804", role.at("purposes", place), message, mend)
    for place, point in enumerate(points):
        if not unserved and not serves[point] & set(purposes):
            message = f'"{role.name}" names "{point}", which is collected for none of its purposes'
            mend = f"add one of its purposes to the role ({', '.join(sorted(serves[point]))}), or remove the point"
            yield diagnostic("AV0804", role.at("points", place), message, mend)


def _serves(entries: Entries, point: Entry) -> set[str]:
    """Return the purposes for which records of a point are opened: its own, and those of the duties that keep them."""
    duties = {duty.name: str(duty.values["purpose"]) for duty in entries.of("duty")}
    return {*point.values["purposes"], *(duties[name] for name in point.values.get("duties", ()) if name in duties)}


def _hidden(entries: Entries, role: Entry) -> Iterator[Diagnostic]:
    """Find fields that are hidden and were not there to be seen: the slip would leave the one that was meant."""
    taken = {point.name: set(point.values["data"]) for point in entries.of("collection")}
    there = set().union(*(taken[point] for point in role.values.get("points", ())))
    for place, item in enumerate(role.values.get("hides", ())):
        if item not in there:
            message = f'"{role.name}" does not see "{item}", which none of its points takes'
            yield diagnostic("AV0802", role.at("hides", place), message, f'{did_you_mean(item, there)} - or remove "{item}"')


def _former(entries: Entries) -> Iterator[Diagnostic]:
    """Find former names of which nobody can tell whose they are."""
    taken: dict[str, str] = {}
    for role in entries.of("role"):
        for place, name in enumerate(role.values.get("formerly", ())):
            if name in {*entries.declared("role"), ADMINISTRATOR}:
                message = f'"{name}" is no former name: it is a role of this policy'
                yield diagnostic("AV0808", role.at("formerly", place), message, "remove it, or the role of that name")
            elif name in taken:
                message = f'both "{taken[name]}" and "{role.name}" are said to be "{name}" under a new name'
                mend = "leave it to the one whose members are those of before; who gets the other is decided on their account"
                yield diagnostic("AV0808", role.at("formerly", place), message, mend)
            taken.setdefault(name, role.name)


def _unread(entries: Entries, roles: list[Entry]) -> Iterator[Diagnostic]:
    """Find points whose records nobody may look at. Rule: Cal. Civ. Code § 1798.100(c): what is not needed is not collected."""
    read = {name for role in roles if _may(role, Act.READ) for name in role.values.get("points", ())}
    measured = {name for role in roles if _may(role, Act.MEASURE) for name in role.values.get("points", ())}
    for point in entries.of("collection"):
        technology = point.values["technology"]
        if "collected_by" in point.values or technology in _IN_BROWSER or point.name in read:
            continue
        if technology in _FIGURES and point.name in measured:
            continue
        acts = f"{Act.READ} or {Act.MEASURE}" if technology in _FIGURES else Act.READ
        message = f'no role may {acts} what "{point.name}" collects'
        mend = f"add it to the points of a role that may {acts}, or do not collect it"
        yield diagnostic("AV0803", point.here, message, mend)


def _unheld(entries: Entries, roles: list[Entry]) -> Iterator[Diagnostic]:
    """Ask about purposes that no role has, of points whose records staff open. What machines alone do, a person may have to show.

    Rule: Cal. Civ. Code § 1798.100(c). Why a warning: decision 0068.
    """
    held = {name for role in roles for name in role.values.get("purposes", ())}
    read = {name for role in roles if _may(role, Act.READ) for name in role.values.get("points", ())}
    opened = (point for point in entries.of("collection") if point.name in read)
    left = {name: point.name for point in opened for name in sorted(_serves(entries, point))}
    for purpose in entries.of("purpose"):
        if purpose.name in left and purpose.name not in held:
            message = f'no role works for "{purpose.name}", though staff open the records of "{left[purpose.name]}"'
            mend = "add it to the purposes of a role: where software alone does it, to those who answer requests about it"
            yield diagnostic("AV0805", purpose.here, message, mend)


def _undone(entries: Entries, roles: list[Entry]) -> Iterator[Diagnostic]:
    """Find the tasks that every installation has and no role. Rule: Cal. Civ. Code § 1798.130(a)(2); 11 CCR 7021."""
    first = roles[0].here
    if ADMINISTRATOR in entries.declared("role") and not any(_may(role, Act.ADMINISTER) for role in roles):
        message = "no role may look after accounts and the installation"
        yield diagnostic("AV0806", first, message, f'add "{Act.ADMINISTER}" to may of [role.{ADMINISTRATOR}]')
    deciding = {name for role in roles if _may(role, Act.DECIDE) for name in role.values.get("points", ())}
    if not deciding:
        message = f"no role may {ACTS[Act.DECIDE]}: what people ask would be answered by nobody"
        yield diagnostic("AV0807", first, message, f'add "{Act.DECIDE}" to may of the role that answers requests')
        return
    for right in entries.of("right"):
        form = right.values.get("form")
        if form is not None and form not in deciding:
            message = f'requests for the right "{right.name}" come by "{form}", and no role may decide about them'
            mend = f'add "{form}" to the points of a role with "{Act.DECIDE}"'
            yield diagnostic("AV0807", right.at("form"), message, mend)
