"""Who of the staff sees what a collection point takes, computed from the roles: for notices, tables, register and evidence.

Rule: Cal. Civ. Code § 1798.100(c), (e).
"""

from __future__ import annotations

from dataclasses import dataclass

from avow.policy.markup import joined, lowered
from avow.policy.rulebook.roles import WITHOUT_POINTS, Act, Role
from avow.policy.rulebook.rulebook import CollectionPoint, Rulebook


@dataclass(frozen=True, slots=True)
class Seeing:
    """A role at one collection point: its purposes there, and the fields that it does not see, both in the policy's order."""

    role: Role
    purposes: tuple[str, ...]
    hidden: tuple[str, ...]

    @property
    def opens(self) -> bool:
        """Whether its members do anything with single records: who answers or takes out what somebody wrote has seen it."""
        return bool(self.role.may - WITHOUT_POINTS - {Act.MEASURE})

    @property
    def counts_alone(self) -> bool:
        """Whether its members see figures and no record."""
        return Act.MEASURE in self.role.may and not self.opens


def is_here(point: CollectionPoint) -> bool:
    """Return whether the records of a point are kept here, where staff could look at them."""
    return not point.collected_by and not point.in_browser


def seeing(rulebook: Rulebook, point: CollectionPoint) -> tuple[Seeing, ...]:
    """Return the roles that do something with the records of a point; none where they are not here, or where no role is declared.

    Rule: Cal. Civ. Code § 1798.100(c), (e).
    """
    if not rulebook.declares_roles or not is_here(point):
        return ()
    found = (
        Seeing(
            role,
            tuple(name for name in rulebook.purposes if name in role.purposes & rulebook.read_for(point)),
            tuple(item for item in point.fields if item in role.hides),
        )
        for role in rulebook.roles.values()
        if point.name in role.points
    )
    return tuple(one for one in found if one.purposes)


def in_words(rulebook: Rulebook, point: CollectionPoint) -> str:
    """Return who sees what a point takes, as words of a sentence: "Recruiting (not: licence); Analytics: figures alone".

    Empty where no role says it.
    """
    found = seeing(rulebook, point)
    opening = joined(one.role.label + without(rulebook, one) for one in found if one.opens)
    counting = joined(one.role.label for one in found if one.counts_alone)
    return "; ".join([*([opening] if opening else []), *([f"{counting}: figures alone"] if counting else [])])


def without(rulebook: Rulebook, one: Seeing) -> str:
    """Return the fields that a role does not see, in brackets; nothing where it sees all."""
    hidden = joined(lowered(rulebook.data[item].label) for item in one.hidden)
    return f" (not: {hidden})" if hidden else ""
