"""Permits prepared for speed: which fields of an event are withheld, which are cut, what the server adds.

A permit is asked once for all visitors who said the same; what it means for an event of its point is worked out with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from operator import attrgetter
from typing import Final

import msgspec

from avow.collection import agents, bounds, events, places
from avow.collection.signals import Sender
from avow.definitions import SERVER_FIELDS, Permit, Refusal, Terms
from avow.policy import Rulebook, paths, schemas

Derive = Callable[[Sender, agents.Agent], str]
#: What the server itself knows for a declared field; a visitor id is no field but finds the record.
DERIVED: Final[dict[str, Derive]] = {
    "browser": lambda _sender, agent: agent.browser,
    "operating-system": lambda _sender, agent: agent.system,
    "device-type": lambda _sender, agent: agent.device,
    "country": lambda sender, _agent: places.country(sender.address),
    "ip-address": lambda sender, _agent: sender.address,
    "user-agent": lambda sender, _agent: sender.agent[: agents.AGENT_LENGTH],
}
#: Prepared permits kept: points x days x what visitors said.
LAYOUTS: Final = 4096
#: Values known to need no cutting, kept for each prepared permit: a site has some thousand pages.
TIDY: Final = 4096


@dataclass(frozen=True, slots=True)
class _Cut:
    """How a field is cut down, and how long it may be then, characters."""

    name: str
    cut: Callable[[str], str]
    longest: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A permit, prepared.

    `cut_values` reads the fields that are cut; `tidy` holds what it gave for events that needed no cutting.
    """

    point: str
    permit: Permit
    rulebook: Rulebook
    recognises: bool
    cookie_days: int
    withheld: tuple[str, ...]
    cuts: tuple[tuple[str, _Cut], ...]
    cut_values: Callable[[msgspec.Struct], object] | None
    derived: tuple[tuple[str, Derive], ...]
    tidy: set[object] = field(default_factory=set)

    def trim(self, sent: Sequence[msgspec.Struct]) -> Sequence[str]:
        """Take from events of this point what is not permitted, and cut down the rest; return the fields that are too long then.

        A path that gets its first "/" is one character longer than it was sent.
        """
        too_long: list[str] = []
        if not self.withheld and (self.cut_values is None or self.tidy.issuperset(map(self.cut_values, sent))):
            return too_long
        if len(self.tidy) > TIDY:
            self.tidy.clear()
        for event in sent:
            for attribute in self.withheld:
                setattr(event, attribute, msgspec.UNSET)
            for attribute, one in self.cuts:
                value = getattr(event, attribute)
                if value is not msgspec.UNSET:
                    cut = one.cut(value)
                    too_long += [one.name] if len(cut) > one.longest else []
                    setattr(event, attribute, cut if 0 < len(cut) <= one.longest else msgspec.UNSET)
            if self.cut_values is not None:
                self.tidy.add(self.cut_values(event))
        return too_long

    def terms(self, sender: Sender, agent: agents.Agent) -> tuple[Terms, tuple[str, ...]]:
        """Return what the events of this point share, for a sender, and the fields of it that are too long."""
        derived = {name: value for name, derive in self.derived if (value := derive(sender, agent))}
        fields, too_long = bounds.fitting(bounds.cut_short(derived, self.rulebook), self.rulebook)
        readable, sealed = self.permit.split(fields)
        terms = Terms(
            rulebook_id=self.permit.rulebook_id,
            delete_on=self.permit.delete_on.isoformat(),
            then=self.permit.then,
            recognises=self.recognises,
            sealed=sorted(self.permit.sealed - SERVER_FIELDS),
            known=readable,
            known_sealed=sealed,
        )
        return terms, too_long


class Layouts:
    """The prepared permits of one version of the policy. `own_hosts` are those of the site, which are no referrers."""

    def __init__(self, rulebook: Rulebook, own_hosts: frozenset[str]) -> None:
        self._rulebook = rulebook
        self._cuts: dict[str, Callable[[str], str]] = {**events.CUTS, "referrer": partial(paths.other_site, own=own_hosts)}
        self._found: dict[tuple[str, frozenset[str], date, frozenset[str]], Layout | Refusal] = {}

    def of(self, point: str, opted_out: frozenset[str], today: date, opted_in: frozenset[str]) -> Layout | Refusal:
        """Return what may be kept at a point today, prepared once for all visitors who said the same."""
        asked = (point, opted_out, today, opted_in)
        found = self._found.get(asked)
        if found is None:
            if len(self._found) >= LAYOUTS:
                self._found.clear()
            permit = self._rulebook.permit(point, opted_out, today, opted_in)
            found = self._found[asked] = permit if isinstance(permit, Refusal) else _prepare(permit, self._rulebook, self._cuts)
        return found


def _prepare(permit: Permit, rulebook: Rulebook, cuts: Mapping[str, Callable[[str], str]]) -> Layout:
    """Return the permit prepared; `cuts` says how each field is cut down."""
    sendable = schemas.sendable(rulebook, permit.point)
    cut = [name for name in sorted(permit.fields & sendable) if name in cuts]
    return Layout(
        permit.point,
        permit,
        rulebook,
        "visitor-id" in permit.fields,
        rulebook.points[permit.point].cookie_days or 0,
        tuple(map(schemas.attribute, sorted(sendable - permit.fields))),
        tuple((schemas.attribute(name), _Cut(name, cuts[name], rulebook.data[name].max_length)) for name in cut),
        _values_of(cut, sendable),
        tuple((name, DERIVED[name]) for name in sorted(permit.fields) if name in DERIVED),
    )


def _values_of(cut: Sequence[str], sendable: frozenset[str]) -> Callable[[msgspec.Struct], object] | None:
    """Return what reads the fields that are cut, together; None for no field."""
    if len(cut) == len(sendable):  # all of an event is read faster than some of it
        return msgspec.structs.astuple if cut else None
    return attrgetter(*map(schemas.attribute, cut)) if cut else None
