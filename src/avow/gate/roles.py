"""What a member of staff may do: by the roles that the policy declares, asked at every door of the console and by `gate.reads`.

A role is a promise to people ("Who among us sees it"), so two versions are asked where a record is opened: the one in force, for
what the role is today, and the record's own, for what its person was told. Either one's no is a no.
Rule: Cal. Civ. Code § 1798.100(c), (e); 11 CCR 7100 (who is untrained closes nothing).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from avow.definitions import Refusal
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.policy.rulebook.roles import ADMINISTRATOR, CLOSING, Act, Role

__all__ = ["ADMINISTRATOR", "FRESH", "Act", "Member", "Role", "Roles"]

#: So long a proved factor is fresh enough for what cannot be undone.
FRESH: Final = timedelta(minutes=5)
_FRESH_MS: Final = int(FRESH.total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody inside, as their session says: roles by name, whether their training holds, when they last proved a factor."""

    staff_id: str
    name: str
    roles: tuple[str, ...]
    is_trained: bool
    proved_ms: int


@dataclass(frozen=True, slots=True)
class Roles:
    """Answers for all members what their roles allow, by the version in force."""

    versions: Versions
    now_ms: Callable[[], int]

    def may(self, member: Member, act: Act, point: str = "", purpose: str = "") -> Refusal | None:
        """Return None when a role of the member may do this; without a point: with any point at all.

        Rule: Cal. Civ. Code § 1798.100(c); 11 CCR 7100(a).
        """
        if not any(role.may_do(act, point, purpose) for role in self.of(member)):
            return _not_theirs(act, point, purpose)
        if act in CLOSING and not member.is_trained:
            return Refusal("your training has no date or is over: you can look, and not close", rules.TRAINING)
        return None

    def of(self, member: Member, rulebook: Rulebook | None = None) -> tuple[Role, ...]:
        """Return the member's roles as a version declares them, the one in force unless another is named."""
        declared = (rulebook or self.versions.in_force()).roles
        return tuple(declared[name] for name in member.roles if name in declared)

    def points(self, member: Member, act: Act) -> frozenset[str]:
        """Return the declared points with which the member may do this."""
        declared = self.versions.in_force().points
        return frozenset(name for name in declared if any(role.may_do(act, name) for role in self.of(member)))

    def opens(self, member: Member, rulebook: Rulebook, point: str, purpose: str) -> frozenset[str] | Refusal:
        """Return the fields of a record of this version that the member does not see, or why they do not see it at all.

        Rule: Cal. Civ. Code § 1798.100(a)(1), (c): a later, looser promise does not reach what was collected before.
        """
        in_force = self.versions.in_force()
        hidden: frozenset[str] = frozenset()
        for version in (in_force, rulebook) if rulebook.declares_roles else (in_force,):
            reading = [role for role in self.of(member, version) if role.may_do(Act.READ, point, purpose)]
            if not reading:
                return _not_theirs(Act.READ, point, purpose)
            hidden |= frozenset.intersection(*(role.hides for role in reading))
        return hidden

    def is_fresh(self, member: Member) -> bool:
        """Return whether the member proved a factor within the last minutes."""
        return 0 <= self.now_ms() - member.proved_ms <= _FRESH_MS


def _not_theirs(act: Act, point: str, purpose: str) -> Refusal:
    with_what = f' "{point}"' if point else ""
    for_what = f' for "{purpose}"' if purpose else ""
    return Refusal(f"no role of yours may {act}{with_what}{for_what}", rules.NOTICE_AND_MINIMISATION)
