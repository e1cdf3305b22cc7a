"""Reminds recipients that were told to erase something and have not answered, on the configured days; then a person has to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from avow.gate import instructions
from avow.gate.instructions import Instruction
from avow.store.store import Store

#: Reminders in one round: each is a row and a delivery, all of them in well under a second.
AT_ONCE: Final = 200
#: The queue of reminders that failed (`store.aside`).
QUEUE: Final = "reminders"


@dataclass(frozen=True, slots=True)
class Reminders:
    """The job; `remind_after` are days after a recipient was told. Nobody is reminded by a clock that is not believed."""

    store: Store
    remind_after: Sequence[int]
    is_believed: Callable[[], bool]
    now_ms: Callable[[], int]

    def once(self) -> bool:
        """Queue each reminder that is due, once, whichever process comes first; return whether there may be more."""
        now_ms = self.now_ms()
        if not self.is_believed():
            return False
        with self.store.control.reading() as tx:
            due = instructions.due(tx, now_ms, AT_ONCE)
        done = self.store.aside.each(QUEUE, due, lambda one: one.id, lambda one: self._remind(one, now_ms), now_ms)
        return done > 0 and len(due) == AT_ONCE

    def _remind(self, one: Instruction, now_ms: int) -> bool:
        with self.store.control.transaction() as tx:
            return instructions.remind(tx, one, self.remind_after, now_ms)
