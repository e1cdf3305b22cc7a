"""A round of deliveries to one recipient: each has its turn, and whatever happens to one happens to it alone.

compose     cannot be read: failed at once; may not leave now: held, or taken back (`carrying.Leased`)
hand over   taken: sent · no for now: tried again · no for good: failed, a person looks at it
            lost: the other side may have it, which is a disclosure; tried again
            away: nobody is charged, everybody waits, and the recipient is asked again after a growing pause
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from avow.gate.messages import DAMAGED, Trouble, Turn
from avow.gate.parcels import Parcel
from avow.recipients.carrying import Leased
from avow.recipients.connectors import Answer, Connector, Said
from avow.store.aside import attempted

log = logging.getLogger(__name__)

#: Deliveries of one round.
ROUND: Final = 50
#: After so many answers a delivery without a deadline has failed, and staff see it.
MAX_ATTEMPTS: Final = 12
#: Longest pause before a delivery is tried again, minutes: with a deadline, and without one.
_LONGEST_WITH_DEADLINE: Final = 64
_LONGEST: Final = 512
#: The longest that the other side can make us wait: a turn further away is taken for one of a clock that was ahead.
_ASKED_MS: Final = 12 * 3_600_000
#: First and longest pause before a recipient that is away is asked again, milliseconds.
_AWAY_MS: Final = 4_000
_AWAY_LONGEST_MS: Final = 300_000
_TROUBLES: Final = {Answer.NOT_NOW: Trouble.REFUSED, Answer.NEVER: Trouble.REFUSED, Answer.LOST: Trouble.LOST}


@dataclass(slots=True)
class Round:
    """Hands due deliveries to one recipient; remembers how long it has been away.

    No deadline is over by a clock that is not believed (`retention.Clock`).
    """

    recipient: str
    outbox: Leased[Parcel]
    connector: Connector
    is_believed: Callable[[], bool] = lambda: True
    seconds: Callable[[], float] = time.monotonic
    _begun: float = 0.0
    _pause_ms: int = 0
    _again_ms: int = 0

    def send_due(self, now_ms: int) -> int:
        """Hand over what is due; return how many were taken. Raises StoreUnavailable, after which nothing is lost."""
        if now_ms < self._again_ms <= now_ms + _AWAY_LONGEST_MS:  # further away: the clock was ahead
            return 0
        taken, self._begun = 0, self.seconds()
        try:
            for turn in self.outbox.due(now_ms, ROUND):
                answer = self._one(turn, now_ms)
                taken += answer in {Answer.TAKEN, Answer.DONE}
                if answer is Answer.AWAY:
                    break
        finally:
            self.connector.close()
            self.outbox.release()
        return taken

    def _one(self, turn: Turn, now_ms: int) -> Answer | None:
        """Open and hand over one; nothing that it raises reaches the others. None for one that had no turn."""
        failed, parcel = attempted(lambda: self.outbox.open(turn.message_id, now_ms))
        if failed is not None:
            self._raised(turn, now_ms, Trouble.UNREADABLE, failed)
            return None
        if parcel is None:
            return None
        self.outbox.begins(turn.message_id)
        tried_ms = now_ms + int((self.seconds() - self._begun) * 1000)  # no recipient believes a signature of long ago
        failed, answer = attempted(lambda: self._note(turn, parcel, self.connector.hand_over(parcel, tried_ms), now_ms))
        if failed is not None:
            self.outbox.lost(parcel, now_ms)  # the other side may have it: it is handed over again
            self._raised(turn, now_ms, Trouble.LOST, failed)
        return answer

    def _note(self, turn: Turn, parcel: Parcel, said: Said, now_ms: int) -> Answer:
        """Note what the other side said to one."""
        if said.answer is Answer.AWAY:
            self._away(turn, said, now_ms)
            return said.answer
        if self._pause_ms:
            log.warning("recipient %s can be reached again", self.recipient)
        self._pause_ms = self._again_ms = 0
        if said.answer in {Answer.TAKEN, Answer.DONE}:
            self.outbox.sent(parcel, now_ms, said.receipt, is_received=said.answer is Answer.DONE)
        else:
            if said.answer is Answer.LOST:
                self.outbox.lost(parcel, now_ms)
            self._keep(turn, parcel, said, now_ms)
        return said.answer

    def _away(self, turn: Turn, said: Said, now_ms: int) -> None:
        """Let everything wait; the one that was to be handed over says why."""
        if not self._pause_ms:
            log.warning("recipient %s cannot be reached; what goes to it waits", self.recipient)
        self._pause_ms = min(max(2 * self._pause_ms, _AWAY_MS), _AWAY_LONGEST_MS)
        self._again_ms = now_ms + self._pause_ms
        self.outbox.held(turn.message_id, Trouble.UNREACHABLE, self._again_ms, said.receipt)

    def _raised(self, turn: Turn, now_ms: int, trouble: Trouble, error: Exception) -> None:
        """Keep one of which a step raised."""
        log.warning("delivery %s is %s: %s", turn.message_id, trouble, type(error).__name__)
        is_final = isinstance(error, DAMAGED) and trouble is Trouble.UNREADABLE
        next_ms = None if is_final or turn.attempts + 1 >= MAX_ATTEMPTS else now_ms + _pause_ms(turn.attempts, _LONGEST)
        self.outbox.kept(turn.message_id, trouble, 0, next_ms, "")

    def _keep(self, turn: Turn, parcel: Parcel, said: Said, now_ms: int) -> None:
        """Note a try that did not succeed and when the next one is: after 1, 2, 4 … minutes, until its bound is reached."""
        until_ms = parcel.until_ms
        pause_ms = _pause_ms(turn.attempts, _LONGEST if until_ms is None else _LONGEST_WITH_DEADLINE)
        pause_ms = min(max(pause_ms, said.after_ms or 0), _ASKED_MS)
        is_late = until_ms is not None and now_ms >= until_ms and self.is_believed()
        is_over = said.answer is Answer.NEVER or is_late or (until_ms is None and turn.attempts + 1 >= MAX_ATTEMPTS)
        next_ms = None if is_over else now_ms + pause_ms
        self.outbox.kept(turn.message_id, _TROUBLES[said.answer], said.code, next_ms, said.receipt)


def _pause_ms(attempts: int, longest: int) -> int:
    return int(timedelta(minutes=min(2 ** min(attempts, 9), longest)).total_seconds() * 1000)
