"""Failed sign-ins of a worker, kept: counted by account and hour, and in the log once the hour is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from avow.gate import entries
from avow.store.control import Control, staff

#: Failed sign-ins are shown for so long.
SHOWN: Final = timedelta(days=30)
#: So long after its end an hour's failed sign-ins are written into the log: every worker has handed over its counts.
_LATE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000


@dataclass(slots=True)
class FailedSignIns:
    """Keeps a worker's counts of failed sign-ins, and has each account's hour written into the audit log once it is over."""

    control: Control
    now_ms: Callable[[], int]
    _looked_ms: int = field(default=0, init=False)

    def keep(self, counts: Mapping[tuple[str, int], int]) -> None:
        """Add to the counts; once in an hour, and at the start, log those of the hours that ended.

        What failed under names that nobody has is a number and no entry.
        """
        now_ms = self.now_ms()
        hour_ms = (now_ms - _LATE_MS) - (now_ms - _LATE_MS) % _HOUR_MS
        if not counts and hour_ms == self._looked_ms:
            return
        with self.control.transaction() as tx:
            staff.hold(tx)
            staff.add_failed(tx, counts)
            if hour_ms != self._looked_ms:
                for one in staff.take_failed(tx, hour_ms, now_ms - int(SHOWN.total_seconds() * 1000)):
                    if one.staff_id:
                        entries.record(tx, now_ms, entries.StaffSignInFailed(one.staff_id, one.hour_ms, one.count))
        self._looked_ms = hour_ms
