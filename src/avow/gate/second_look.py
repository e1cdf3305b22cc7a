"""Who can be the second person of what needs two, and when somebody who is alone may look a second time.

    several      anybody else whose role may approve and whose training holds
    one alone    the same member, a day later; noted, and shown with the evidence

House rule: a small business has one trained person, and its consumers have rights all the same; what that person sleeps over is
still looked at twice. Why: decision 0084.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from avow.definitions import Refusal, local_date
from avow.gate.roles import Act, Member, Roles
from avow.gate.versions import Versions
from avow.policy.law import rules
from avow.store.control import Control, settings, staff, staff_training

#: How long who is alone waits before looking again.
ALONE_AFTER: Final = timedelta(hours=24)
_ALONE_AFTER_MS: Final = ALONE_AFTER // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Looked:
    """A second look that may be taken now; `is_alone`: by who asked for it, because nobody else could."""

    is_alone: bool


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Says who may look at something a second time, by the roles in force and the accounts that there are now."""

    control: Control
    versions: Versions
    now_ms: Callable[[], int]

    def others(self, asker: str) -> frozenset[str]:
        """Return whose second look something of `asker` can get: who may approve, is trained, and is somebody else."""
        roles, today = Roles(self.control, self.versions, self.now_ms), local_date(self.now_ms(), self.versions.timezone)
        with self.control.reading() as tx:
            rows, trained = staff.every(tx), staff_training.until(tx)
        members = (
            Member(row.id, row.name, row.roles, row.id in trained and trained[row.id] >= today, proved_ms=0)
            for row in rows
            if row.id != asker
        )
        return frozenset(one.staff_id for one in members if roles.works(one, [Act.APPROVE]) is None)

    def _is_believed(self) -> bool:
        """Return whether a day can be counted by the clock: by what the storage process wrote down of it. Why: decision 0045."""
        with self.control.reading() as tx:
            believed = settings.get(tx, settings.BELIEVED)
        return believed is None or self.now_ms() - int(believed) <= settings.AHEAD // timedelta(milliseconds=1)

    def by(self, member: Member, asker: str, asked_ms: int) -> Looked | Refusal:
        """Return whether a member may take the second look at what `asker` asked for, or why not."""
        roles = Roles(self.control, self.versions, self.now_ms)
        refusal = roles.works(member, [Act.APPROVE])
        if refusal is not None:
            return refusal
        if member.staff_id != asker:
            return Looked(is_alone=False)
        if self.others(asker):
            return Refusal("who asked for it cannot be its second person; somebody else here may approve", rules.REASONS_TOLD)
        if not self._is_believed():
            ahead = "the clock of this machine has jumped ahead, so nobody knows whether a day is over; look when it is right"
            return Refusal(ahead, rules.REASONS_TOLD)
        if self.now_ms() - asked_ms < _ALONE_AFTER_MS:
            first = datetime.fromtimestamp((asked_ms + _ALONE_AFTER_MS) / 1000, ZoneInfo(self.versions.timezone))
            words = "nobody else here may approve, so you look again yourself, a day later: from"
            return Refusal(f"{words} {first:%d %B %Y, %H:%M}", rules.REASONS_TOLD)
        return Looked(is_alone=True)
