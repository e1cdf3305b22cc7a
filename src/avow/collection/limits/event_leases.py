"""How many events one sender may send in a minute, counted for all workers, without asking anybody for each.

Each worker lets a sender have a few (`Allowance.free`); before they are used up it takes some hundreds at once from the one
count of the server process (`sender_counts`), from a thread, while events go on. So what an event costs here is a
subtraction and two comparisons. A count that does not answer stops nobody: an event that is lost is lost for ever.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from avow.collection.limits.sender_counts import SenderCounts
from avow.collection.limits.sender_memory import is_this_machine, network_of
from avow.collection.refusals import EVENTS_RULE
from avow.definitions import Refusal

#: What is counted, and for how long, milliseconds.
ACT: Final = "event"
MINUTE_MS: Final = 60_000
#: Events of a sender that a worker lets in each minute before it asks, and how many it takes when it does; of a small limit
#: a part of it, so that many workers do not let in several times as much.
UNASKED: Final = 100
LEASE: Final = 300
_PART: Final = 10
#: How long a sender that has had its share waits until it is asked about again, milliseconds.
WAIT_MS: Final = 10_000
#: Senders that a worker remembers, and questions that wait for their answer at once.
SENDERS: Final = 4_096
QUESTIONS: Final = 64
#: What somebody is told, and what the operator reads, of events beyond the limit; the point stands for all of them.
POINT: Final = "(events)"
TOO_MANY: Final = Refusal("more events of one sender than it may send in a minute", EVENTS_RULE)


class Allowance:
    """What one sender has left in this worker: events `free`; when there are only `low`, more are asked for."""

    __slots__ = ("again_ms", "free", "is_asking", "low", "network", "since_ms", "unasked")

    def __init__(self, network: str, free: int, low: int) -> None:
        self.network, self.free, self.low = network, free, low
        self.since_ms = self.again_ms = 0
        self.unasked = 0  # events that were let in without having been asked for
        self.is_asking = False


#: Of who is not counted: it never becomes low.
UNCOUNTED: Final = Allowance("", 1 << 62, -(1 << 62))


class EventLeases:
    """The allowances of one worker's senders. For its event loop; `most` in a minute, 0 for no limit."""

    def __init__(self, counts: SenderCounts, most: int) -> None:
        self._counts, self._most = counts, most
        self._unasked, self._lease = min(UNASKED, max(most // _PART, 1)), min(LEASE, max(most // _PART, 1))
        self._allowances: dict[str, Allowance] = {}
        self._asking = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-leases")

    def of(self, address: str) -> Allowance:
        """Return what the sender at an address has left; no limit for this machine, a proxy nobody named, and for no address."""
        if not self._most or not address or is_this_machine(address):
            return UNCOUNTED
        network = network_of(address)
        found = self._allowances.get(network)
        if found is None:
            if len(self._allowances) >= SENDERS:  # whoever has had too much hears so again when it is asked about
                del self._allowances[next(iter(self._allowances))]
            found = self._allowances[network] = Allowance(network, 0, self._unasked // 2)
        return found

    def lets_in(self, allowance: Allowance, now_ms: int) -> bool:
        """Return whether a sender that has nothing free may send all the same: a new minute began, or an answer is on its way."""
        self.ask(allowance, now_ms)
        return allowance.free > 0 or (allowance.is_asking and allowance.free > -self._lease)

    def ask(self, allowance: Allowance, now_ms: int) -> None:
        """Begin a sender's new minute, or ask for more of this one, unless it was asked for or answered just now."""
        if not 0 <= now_ms - allowance.since_ms < MINUTE_MS:
            allowance.since_ms, allowance.again_ms = now_ms, 0
            allowance.free = allowance.unasked = self._unasked
        elif not allowance.is_asking and now_ms >= allowance.again_ms and self._asking < QUESTIONS:
            allowance.is_asking = True
            self._asking += 1
            wanted = self._lease + allowance.unasked
            loop = asyncio.get_running_loop()
            question = partial(self._counts.lease, allowance.network, wanted, self._most, now_ms, ACT, MINUTE_MS)
            loop.run_in_executor(self._thread, question).add_done_callback(partial(self._take, allowance, wanted, now_ms))

    def _take(self, allowance: Allowance, wanted: int, asked_ms: int, answer: asyncio.Future[int | None]) -> None:
        """Add what was granted; without an answer all of it, since events that are refused are lost."""
        allowance.is_asking = False
        self._asking -= 1
        granted = None if answer.cancelled() or answer.exception() else answer.result()
        if granted is None:
            granted = wanted
        elif granted < wanted:
            allowance.again_ms = asked_ms + WAIT_MS
        allowance.free += granted - allowance.unasked
        allowance.unasked = 0
