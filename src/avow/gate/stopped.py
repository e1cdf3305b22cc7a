"""The recipients that may get nothing today, for pages that load another company's script, or hand a number over."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from avow.definitions import StoreUnavailable
from avow.gate.recipients import standing_of
from avow.gate.versions import Versions
from avow.store.control import Control, recipients

#: How long it may take until pages know that a contract has ended.
STOPPED_SECONDS: Final = 1.0


def nobody() -> frozenset[str]:
    """Return what `Stopped.names` does where there is no register."""
    return frozenset()


class Stopped:
    """Asks the register once a second at most. Any thread may ask.

    While the store does not answer, what was known last counts, and at first everybody is stopped. Rule: 11 CCR 7051(c), 7053(c).
    """

    def __init__(self, control: Control, versions: Versions, seconds: Callable[[], float] = time.monotonic) -> None:
        self._control, self._versions, self._seconds = control, versions, seconds
        self._known: tuple[float, str, frozenset[str]] | None = None

    def names(self) -> frozenset[str]:
        """Return their names in the version in force."""
        in_force, now = self._versions.in_force(), self._seconds()
        known = self._known
        if known is not None and now - known[0] < STOPPED_SECONDS and known[1] == in_force.id:
            return known[2]
        try:
            with self._control.reading() as tx:
                kept = recipients.every(tx)
        except StoreUnavailable:
            return known[2] if known is not None and known[1] == in_force.id else frozenset(in_force.recipients)
        today = self._versions.today()
        stopped = (name for name in in_force.recipients if not standing_of(in_force, name, kept.get(name), today).may_get)
        self._known = now, in_force.id, frozenset(stopped)
        return self._known[2]
