"""What a member of staff may do: by the roles that the policy declares, asked at every door of the console and by `gate.reads`.

A role is a promise to people ("Who among us sees it"), so two versions are asked where a record is opened: the one in force, for
what the role is today, and the record's own, for what its person was told. Either one's no is a no.
Rule: Cal. Civ. Code § 1798.100(c), (e); 11 CCR 7100 (who is untrained closes nothing).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from avow.definitions import Refusal, local_date
from avow.gate import entries
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.policy.rulebook.roles import ADMINISTRATOR, CLOSING, Act, Role, of_names
from avow.store.control import Control, purpose_reads, staff, staff_training

__all__ = ["ADMINISTRATOR", "FRESH", "WORKING", "Act", "Member", "Role", "Roles", "as_member"]

#: Whoever has one of these acts works on consumer requests.
WORKING: Final = (Act.DECIDE, Act.DENY, Act.APPROVE)
#: Under what a refusal at a door is counted, which is about no collection point.
AT_A_DOOR: Final = "(the console)"
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


def as_member(staff_id: str, name: str, roles: tuple[str, ...]) -> Member:
    """Return a colleague, to ask what they may look at: no session of theirs is there."""
    return Member(staff_id, name, roles, is_trained=False, proved_ms=0)


@dataclass(frozen=True, slots=True)
class Roles:
    """Answers for all members what their roles allow, by the version in force."""

    control: Control
    versions: Versions
    now_ms: Callable[[], int]

    def member(self, staff_id: str) -> Member | None:
        """Return a colleague as they are today, with no session of theirs; None where nobody has that account any more."""
        today = local_date(self.now_ms(), self.versions.timezone)
        with self.control.reading() as tx:
            row, is_trained = staff.get(tx, staff_id), staff_training.holds(tx, staff_id, today)
        return Member(row.id, row.name, row.roles, is_trained, proved_ms=0) if row is not None else None

    def may(self, member: Member, acts: Collection[Act], point: str = "") -> Refusal | None:
        """Return None when a role of the member may do one of these acts with a point, else why not.

        Without a point, or with one that is declared no more: with any point at all. Rule: Cal. Civ. Code § 1798.100(c); 11 CCR
        7100(a).
        """
        in_force = self.versions.in_force()
        about = point if point in in_force.points else ""
        theirs = {act for act in acts if any(role.may_do(act, about) for role in self.of(member))}
        if not theirs:
            words = " or ".join(sorted(acts))
            return Refusal(f"no role of yours may {words} here" + (f" with “{point}”" if about else ""), rules.MINIMISATION)
        if theirs <= CLOSING and not member.is_trained:
            return Refusal("your training is over, or was never entered: you can look, and not close", rules.TRAINING)
        return None

    def looks(self, member: Member, acts: Collection[Act], point: str = "") -> Refusal | None:
        """Return the same for a look: who is untrained may still look. Rule: 11 CCR 7100(a)."""
        return self.may(replace(member, is_trained=True), acts, point)

    def works(self, member: Member, acts: Collection[Act] = WORKING, *, only_looks: bool = False) -> Refusal | None:
        """Return None when a member may do one of these acts with consumer requests, else why not.

        A role has to do with them by the point at which they come in, the form of a right; by any, where the policy names none.
        Rule: 11 CCR 7100(a), 7101(c).
        """
        forms = {right.form or "" for right in self.versions.in_force().rights.values()} - {""} or {""}
        asks = self.looks if only_looks else self.may
        refusals = [asks(member, acts, form) for form in sorted(forms)]
        return None if None in refusals else refusals[0]

    def of(self, member: Member, rulebook: Rulebook | None = None) -> tuple[Role, ...]:
        """Return the member's roles as a version declares them, the one in force unless another is named.

        A role that was renamed goes by its former names in versions that know it by these: there it is what they say. Why:
        decision 0068.
        """
        in_force = of_names(self.versions.in_force().roles, member.roles)
        if rulebook is None:
            return in_force
        return of_names(rulebook.roles, {*member.roles, *(name for role in in_force for name in (role.name, *role.formerly))})

    def refused(self, door: str, acts: Collection[Act], member: Member, site: str) -> None:
        """Count and log that a member was refused at a door of the console; `door` is the pattern of its address."""
        now_ms = self.now_ms()
        today, named = local_date(now_ms, self.versions.timezone), " ".join(sorted(acts))
        with self.control.transaction() as tx:
            purpose_reads.add(tx, today, site, AT_A_DOOR, named, allowed=False)
            entries.record(tx, now_ms, entries.ActRefused(door, named, member.staff_id))

    def out_of_reach(self, member: Member, act: Act) -> frozenset[str]:
        """Return the declared points with which the member may not do this: lists leave them out."""
        in_force = self.versions.in_force()
        roles = self.of(member)
        return frozenset(point for point in in_force.points if not any(role.may_do(act, point) for role in roles))

    def measures(self, member: Member) -> frozenset[str]:
        """Return the points whose figures the member may see: a role measures them, for a purpose that the point serves.

        Rule: Cal. Civ. Code § 1798.100(a)(1), (c).
        """
        in_force = self.versions.in_force()
        roles = self.of(member)
        return frozenset(
            name
            for name, point in in_force.points.items()
            if any(role.may_do(Act.MEASURE, name, purpose) for role in roles for purpose in point.purposes)
        )

    def hidden(self, member: Member, rulebook: Rulebook, point: str, purpose: str) -> frozenset[str] | Refusal:
        """Return the data items that the member does not see of a record of this version, or why they see none of it.

        Of a point that is declared no more, the record's own version answers alone, where it declares roles.
        Rule: Cal. Civ. Code § 1798.100(a)(1), (c): a later, looser promise does not reach what was collected before.
        """
        in_force = self.versions.in_force()
        asked = [
            version for version, counts in ((in_force, point in in_force.points), (rulebook, rulebook.declares_roles)) if counts
        ]
        about, hides = (point, frozenset[str]()) if asked else ("", frozenset[str]())
        for version in asked or [in_force]:
            reading = [role for role in self.of(member, version) if role.may_do(Act.READ, about, purpose)]
            if not reading:
                return Refusal(f"no role of yours may read “{point}” for “{purpose}”", rules.MINIMISATION)
            hides |= frozenset.intersection(*(role.hides for role in reading))
        return hides

    def is_fresh(self, member: Member) -> bool:
        """Return whether the member proved a factor within the last minutes."""
        return 0 <= self.now_ms() - member.proved_ms <= _FRESH_MS
