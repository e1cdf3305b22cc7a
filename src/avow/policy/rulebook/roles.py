"""Roles: what a member of staff may do, with which points, for which purposes. A declaration of the policy.

Rule: Cal. Civ. Code § 1798.100(c), (e): who among us sees it is part of what is needed and proportionate, and of its security.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Act(StrEnum):
    """What somebody inside does. Each is a word of `may` in [role.x]."""

    READ = "read"  #: open records of people
    ANSWER = "answer"  #: write to a person, and mark what they wrote as answered
    ASSIGN = "assign"  #: say who of the staff looks after a record or request
    DECIDE = "decide"  #: decide about an application, and work on consumer requests
    DENY = "deny"  #: deny or extend a consumer request
    APPROVE = "approve"  #: be the second person of what needs two
    EXPORT = "export"  #: take records out
    MEASURE = "measure"  #: see figures, recordings apart
    RECORD = "record"  #: see the record of consumer requests (11 CCR 7101), and nothing of people
    PUBLISH = "publish"  #: publish policies, pages and mailings
    ADMINISTER = "administer"  #: accounts, imports, what was set aside, the installation itself


#: Acts that are about no records of people: a role that has only these names no points.
WITHOUT_POINTS: Final = frozenset({Act.RECORD, Act.PUBLISH, Act.ADMINISTER})
#: Acts that need a training that holds. Rule: 11 CCR 7100(a).
CLOSING: Final = frozenset({Act.ANSWER, Act.DECIDE, Act.DENY, Act.APPROVE, Act.EXPORT})
#: The role that there always is: who has an account from before roles were declared has it.
ADMINISTRATOR: Final = "administrator"


@dataclass(frozen=True, slots=True)
class Role:
    """What its members may do. `hides` are data items that it does not see, at whatever point; `formerly` its earlier names.

    `is_whole` is the administrator of a policy without roles: everything that was ever collected, points of before included.
    """

    name: str
    label: str
    may: frozenset[Act]
    points: frozenset[str]
    purposes: frozenset[str]
    hides: frozenset[str] = frozenset()
    formerly: frozenset[str] = frozenset()
    is_whole: bool = False

    def may_do(self, act: Act, point: str = "", purpose: str = "") -> bool:
        """Return whether it may do this with records of a point for a purpose; "" stands for any that it has."""
        if act not in self.may:
            return False
        if self.is_whole or act in WITHOUT_POINTS:
            return True
        return (point in self.points if point else bool(self.points)) and (not purpose or purpose in self.purposes)


def of_names(declared: Mapping[str, Role], names: Iterable[str]) -> tuple[Role, ...]:
    """Return the declared roles that go by these names, or did so formerly: an account keeps the name that it was given.

    A name that the version does not know gives no role.
    """
    asked = frozenset(names)
    return tuple(role for role in declared.values() if role.name in asked or role.formerly & asked)


def with_administrator(declared: Mapping[str, Role], points: Collection[str], purposes: Collection[str]) -> Mapping[str, Role]:
    """Return the declared roles with that of administrators.

    Where none is declared, it may do everything: that is how accounts were before. Else, unless it is declared itself, it may
    administer and publish and sees nobody, so that the first roles lock nobody out and let nobody in.
    """
    if ADMINISTRATOR in declared:
        return declared
    everything = Role(ADMINISTRATOR, "Administrator", frozenset(Act), frozenset(points), frozenset(purposes), is_whole=True)
    bare = Role(ADMINISTRATOR, "Administrator", WITHOUT_POINTS, frozenset(), frozenset())
    return MappingProxyType({**declared, ADMINISTRATOR: bare if declared else everything})
