"""How often whom did what in the last minutes, counted once for all workers, in memory alone.

The server process counts (`serve`); a worker asks it over a Unix socket in the run folder (`SharedCounts`). An act is
counted when it is let in and taken back when nothing of it was kept, so that many at once are not all let in before the
first counts. A sender is an address, counted with its network, or any other text, such as an account's name; what is
remembered of it, and for how long, is `sender_memory`'s.
"""

from __future__ import annotations

import hashlib
import socket
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final, Protocol

import msgspec

from avow.collection.limits.local_socket import answer_each
from avow.collection.limits.sender_memory import SALT_MS, SenderMemory, network_of, wider_network_of

__all__ = ["WINDOW_MS", "Counts", "SenderCounts", "SharedCounts", "network_of", "serve"]

#: How long acts of a sender are counted, milliseconds, where nothing else is said; at most `SALT_MS`, an hour.
WINDOW_MS: Final = 600_000
#: All senders of a network, a /24 of IPv4 or a /48 of IPv6, may do so many times what one of them may.
NETWORK_TIMES: Final = 16
#: Answered checks remembered at once; each cost its sender a proof of work, or its waiting.
ANSWERED: Final = 16_384
#: What is counted: a form let in, and a check that was passed by waiting.
FORM: Final = "form"
WAITED: Final = "waited"
_NETWORK: Final = " network"
SOCKET_NAME: Final = "senders.sock"
#: How long a worker waits for an answer, and the server process for a question, seconds.
WAIT_SECONDS: Final = 0.5
#: Longest question, bytes: a sender, a check and some numbers.
_QUESTION_BYTES: Final = 1_024
#: A sender of more characters is asked about by its hash, so that every question fits.
_SENDER_LENGTH: Final = 100


class SenderCounts(Protocol):
    """What a guard asks; what cannot be answered is no."""

    def let_in(self, sender: str, most: int, now_ms: int, act: str = FORM, within_ms: int = WINDOW_MS) -> bool:
        """Count an act; False, and not counted, when its sender, or the network of its address, did as much already."""

    def lease(self, sender: str, wanted: int, most: int, now_ms: int, act: str, within_ms: int = WINDOW_MS) -> int | None:
        """Count as many acts at once as there may still be, at most `wanted`, and return how many; None for no answer."""

    def take_back(self, sender: str, now_ms: int, act: str = FORM) -> None:
        """Take back an act that was let in at this moment, and of which nothing was kept."""

    def pass_check(self, check: str, address: str, most_waiting: int, now_ms: int) -> bool:
        """Count a form that passes this check, by waiting at most so often or, below 0, by work; False when it passed before."""


class Counts:
    """The counts themselves, for one thread."""

    def __init__(self) -> None:
        self.memory = SenderMemory()
        self._answered: OrderedDict[str, None] = OrderedDict()

    def let_in(self, sender: str, most: int, now_ms: int, act: str = FORM, within_ms: int = WINDOW_MS) -> bool:
        """See `SenderCounts`. Raises ValueError for a time of more than an hour."""
        return self.lease(sender, 1, most, now_ms, act, within_ms) == 1

    def lease(self, sender: str, wanted: int, most: int, now_ms: int, act: str, within_ms: int = WINDOW_MS) -> int:
        """See `SenderCounts`. Raises ValueError for a time of more than an hour."""
        if not 0 < within_ms <= SALT_MS:
            raise ValueError(f"an act is counted for at most {SALT_MS} milliseconds, not {within_ms}")
        counted = [(network_of(sender), act, most)]
        if network := wider_network_of(sender):
            # First: who has a whole network fills no room with its senders.
            counted.insert(0, (network, act + _NETWORK, most * NETWORK_TIMES))
        granted = max(wanted, 0)
        for name, room, limit in counted:
            granted = min(granted, self._free(name, room, limit, now_ms, within_ms))
        if granted:
            for name, room, limit in counted:
                self._add(name, room, granted, limit, now_ms, within_ms)
        return granted

    def take_back(self, sender: str, now_ms: int, act: str = FORM) -> None:
        """See `SenderCounts`."""
        for name, room in ((network_of(sender), act), (wider_network_of(sender), act + _NETWORK)):
            if name:
                key, count = self.memory.take_out(name, room, now_ms)
                if count.take_back(now_ms):
                    self.memory.keep(key, count, room, is_much=False)

    def pass_check(self, check: str, address: str, most_waiting: int, now_ms: int) -> bool:
        """See `SenderCounts`."""
        if check in self._answered:
            return False
        if most_waiting >= 0 and not self.let_in(address, most_waiting, now_ms, WAITED):
            return False
        self._add(network_of(address), FORM, 1, 1, now_ms, WINDOW_MS)
        self._answered[check] = None
        if len(self._answered) > ANSWERED:
            self._answered.popitem(last=False)
        return True

    def _free(self, name: str, room: str, limit: int, now_ms: int, within_ms: int) -> int:
        """Return how often more a sender may do something; nothing new is remembered for having asked."""
        key, count = self.memory.take_out(name, room, now_ms)
        done = count.within(now_ms, within_ms)
        if done:
            self.memory.keep(key, count, room, is_much=2 * done >= limit)
        return max(limit - done, 0)

    def _add(self, name: str, room: str, times: int, limit: int, now_ms: int, within_ms: int) -> None:
        key, count = self.memory.take_out(name, room, now_ms)
        count.add(times, now_ms, within_ms)
        self.memory.keep(key, count, room, is_much=2 * count.within(now_ms, within_ms) >= limit)


class _Question(msgspec.Struct, frozen=True, array_like=True):
    """What a worker asks: a method of `SenderCounts` and what it is asked about."""

    what: str
    sender: str
    now_ms: int
    most: int = 0
    check: str = ""
    act: str = FORM
    within_ms: int = WINDOW_MS
    wanted: int = 1


def serve(run: Path, counts: Counts) -> threading.Thread:
    """Answer the workers' questions, one connection each, from a thread; a question that cannot be read gets no answer."""

    def answer(connection: socket.socket) -> None:
        connection.settimeout(WAIT_SECONDS)
        connection.sendall(str(_answer(counts, _received(connection))).encode())

    return answer_each(run / SOCKET_NAME, "sender-counts", answer)


def _answer(counts: Counts, raw: bytes) -> int:
    asked = msgspec.msgpack.decode(raw, type=_Question)
    if asked.what == "lease":
        return counts.lease(asked.sender, asked.wanted, asked.most, asked.now_ms, asked.act, asked.within_ms)
    if asked.what == "pass-check":
        return int(counts.pass_check(asked.check, asked.sender, asked.most, asked.now_ms))
    counts.take_back(asked.sender, asked.now_ms, asked.act)
    return 1


def _received(connection: socket.socket) -> bytes:
    """Return what the other side sent until it closed its side."""
    received = b""
    while len(received) <= _QUESTION_BYTES and (piece := connection.recv(_QUESTION_BYTES)):
        received += piece
    return received


class SharedCounts:
    """A worker's way to the one count. No answer means no: the sender is asked once more, no matter who it is."""

    def __init__(self, run: Path) -> None:
        self._path = run / SOCKET_NAME

    def let_in(self, sender: str, most: int, now_ms: int, act: str = FORM, within_ms: int = WINDOW_MS) -> bool:
        """See `SenderCounts`. Waits for the answer."""
        return self.lease(sender, 1, most, now_ms, act, within_ms) == 1

    def lease(self, sender: str, wanted: int, most: int, now_ms: int, act: str, within_ms: int = WINDOW_MS) -> int | None:
        """See `SenderCounts`. Waits for the answer."""
        return self._ask(_Question("lease", _told(sender), now_ms, most, "", act, within_ms, wanted))

    def take_back(self, sender: str, now_ms: int, act: str = FORM) -> None:
        """See `SenderCounts`. Waits for the answer."""
        self._ask(_Question("take-back", _told(sender), now_ms, act=act))

    def pass_check(self, check: str, address: str, most_waiting: int, now_ms: int) -> bool:
        """See `SenderCounts`. Waits for the answer."""
        return self._ask(_Question("pass-check", _told(address), now_ms, most_waiting, check)) == 1

    def _ask(self, question: _Question) -> int | None:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(WAIT_SECONDS)
                connection.connect(str(self._path))
                connection.sendall(msgspec.msgpack.encode(question))
                connection.shutdown(socket.SHUT_WR)
                return int(_received(connection))
        except (OSError, ValueError):
            return None


def _told(sender: str) -> str:
    """Return a sender as it is asked about."""
    return sender if len(sender) <= _SENDER_LENGTH else hashlib.sha256(sender.encode(errors="replace")).hexdigest()
