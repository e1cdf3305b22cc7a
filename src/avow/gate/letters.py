"""How somebody inside opens what belongs to a person and is no record, a message or a consumer request: for a purpose.

Its purposes are those of the collection point at which its person wrote; of a consumer request those of the forms by which the
policy's rights are asked for. Each look is asked of roles, counted and logged in one transaction, as records are (`gate.reads`).
Rule: Cal. Civ. Code § 1798.100(a)(1), (c), (e); 11 CCR 7101(c) (records of requests serve nothing else).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from avow.definitions import Refusal, local_date
from avow.gate import entries
from avow.gate.reads import WRITTEN, Reads, Reason, say_why, says_why
from avow.gate.roles import WORKING, Act, Member
from avow.policy.law import rules
from avow.store.control import purpose_reads
from avow.store.control import read_reasons as rows

#: The purpose, and the point, of a consumer request where the policy names no form of its own: what the law asks for.
BY_LAW: Final = "(consumer requests)"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of the outbox or a consumer request, to be opened.

    `point` is where its person gave their address, "" for what belongs to a request, or of which nothing says it any more.
    `keeper` is the record or request under whose keys a reason is kept.
    """

    what: Literal["message", "request"]
    about: str
    site: str
    point: str
    keeper: str
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """What is not open yet: the purposes for which it may be, the one that was chosen ("" for none), and whether it asks why."""

    purposes: tuple[str, ...]
    purpose: str
    asks_why: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What was opened: for which purpose, and why it was opened before, the newest reason first."""

    purpose: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Letters:
    """The looks of an installation's staff at messages and requests."""

    reads: Reads

    def sees(self, letter: Letter, member: Member) -> Refusal | None:
        """Return None for who has to do with it, else why not: who answers at its point, or works on requests."""
        roles = self.reads.roles
        return roles.looks(member, [Act.ANSWER], letter.point) if letter.point else roles.works(member, only_looks=True)

    def purposes(self, letter: Letter, member: Member) -> tuple[str, ...]:
        """Return the purposes for which a member may open it, in the policy's order; none for who has nothing to do with it."""
        if self.sees(letter, member) is not None:
            return ()
        in_force = self.reads.versions.in_force()
        points = self._points(letter)
        if not points:
            return (BY_LAW,)
        acts = [Act.ANSWER] if letter.point else WORKING
        served = {
            purpose
            for point in points
            for purpose in (in_force.points[point].purposes if point in in_force.points else in_force.purposes)
            for role in self.reads.roles.of(member)
            if any(role.may_do(act, point if point in in_force.points else "", purpose) for act in acts)
        }
        return tuple(name for name in in_force.purposes if name in served)

    def look(self, letter: Letter, member: Member, purpose: str = "", reason: str = "") -> Shown | Closed | Refusal:
        """Open it for a purpose, counted and logged in one transaction; what is still to be said where that is not enough.

        Without a purpose it is opened for the only one that the member has; `reason` are their words, where the policy asks for
        some: they are kept under the same keys.
        """
        purposes, reason = self.purposes(letter, member), reason.strip()
        purpose = purpose or (purposes[0] if len(purposes) == 1 else "")
        asks_why = purpose in purposes and self._asks_why(letter, purpose, member)
        if purposes and (not purpose or (asks_why and not reason)):
            return Closed(purposes, purpose, asks_why=asks_why)
        refusal = self._judged(letter, purpose, purposes, member)
        if refusal is None and asks_why and not says_why(reason):
            refusal = say_why(letter.what)
        self._noted(letter, purpose, member, reason, refusal)
        return refusal or Shown(purpose, self.reads.reasons(letter.keeper))

    def _judged(self, letter: Letter, purpose: str, purposes: tuple[str, ...], member: Member) -> Refusal | None:
        refusal = self.sees(letter, member)
        if refusal is not None or purpose in purposes:
            return refusal
        wanted = f"for “{purpose}”" if purpose else "for anything that its policy names"
        return Refusal(f"no role of yours opens this {letter.what} {wanted}", rules.MINIMISATION)

    def _asks_why(self, letter: Letter, purpose: str, member: Member) -> bool:
        """Return whether the member writes why before they open it for this purpose: not when they did within their day."""
        if purpose == BY_LAW or not self.reads.versions.in_force().needs_reason(purpose):
            return False
        since = self.reads.now_ms() - int(WRITTEN.total_seconds() * 1000)
        with self.reads.store.control.reading() as tx:
            return not rows.has_written(tx, letter.keeper, member.staff_id, purpose, since)

    def _noted(self, letter: Letter, purpose: str, member: Member, reason: str, refusal: Refusal | None) -> None:
        """Count and log a look, with the reason for it where one was written."""
        known = purpose if purpose in {BY_LAW, *self.reads.versions.in_force().purposes} else "(not declared)"
        sealed = self.reads.store.seal_reason(letter.keeper, reason) if refusal is None and says_why(reason) else b""
        now_ms = self.reads.now_ms()
        today = local_date(now_ms, self.reads.versions.timezone)
        kind = f"{letter.what}.read{'' if refusal is None else '.refused'}"
        entry = entries.MessageRead if letter.what == "message" else entries.RequestRead
        with self.reads.store.control.transaction() as tx:
            if not letter.demonstration:
                purpose_reads.add(tx, today, letter.site, letter.point or BY_LAW, known, allowed=refusal is None)
            entries.record(tx, now_ms, entry(kind, letter.about, known, member.staff_id))
            if sealed:
                rows.add(tx, rows.SealedReason(letter.keeper, now_ms, member.staff_id, letter.site, purpose, sealed))

    def _points(self, letter: Letter) -> tuple[str, ...]:
        """Return the points whose purposes it serves; none where the policy names no form by which rights are asked for."""
        rights = self.reads.versions.in_force().rights.values()
        return (letter.point,) if letter.point else tuple(dict.fromkeys(right.form for right in rights if right.form))
