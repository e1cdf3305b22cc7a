"""How many forms came from whom in the last minutes, counted once for all workers, in memory alone.

The server process counts (`serve`); a worker asks it over a Unix socket in the run folder (`SharedCounts`). A form is counted
when it is let in and taken back when nothing of it was kept, so that many sent at once are not all let in before the first
counts. Senders are hashes of their network under a salt of the hour, and never more than `PEERS` of them.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import secrets
import socket
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import msgspec

from avow.collection.local_socket import answer_each

#: How long forms of a sender are counted, milliseconds.
WINDOW_MS: Final = 600_000
#: Most moments kept of one sender: more than any limit that is asked about.
MOMENTS: Final = 64
#: Senders counted at once, and answered checks remembered at once.
PEERS: Final = 4_096
ANSWERED: Final = 16_384
_SALT_MS: Final = 3_600_000
SOCKET_NAME: Final = "senders.sock"
#: How long a worker waits for an answer, and the server process for a question, seconds.
WAIT_SECONDS: Final = 0.5
#: Longest question, bytes: an address, a check and three numbers.
_QUESTION_BYTES: Final = 1_024
#: Whoever has a /64 of IPv6 has all its addresses (RFC 6177).
_IPV6_PREFIX: Final = 64


class SenderCounts(Protocol):
    """What a guard asks; what cannot be answered is no."""

    def let_in(self, address: str, most: int, now_ms: int) -> bool:
        """Count a form; False, and not counted, when its sender had as many as `most` already."""

    def take_back(self, address: str, now_ms: int) -> None:
        """Take back a form that was let in at this moment, and of which nothing was kept."""

    def pass_check(self, check: str, address: str, most_waiting: int, now_ms: int) -> bool:
        """Count a form that passes this check, by waiting at most so often or, below 0, by work; False when it passed before."""


@dataclass(slots=True)
class _Peer:
    """The moments of one sender, oldest first: forms let in, and checks passed by waiting."""

    let_in: deque[int] = field(default_factory=lambda: deque(maxlen=MOMENTS))
    waited: deque[int] = field(default_factory=lambda: deque(maxlen=MOMENTS))


class Counts:
    """The counts themselves, for one thread."""

    def __init__(self) -> None:
        self._peers: OrderedDict[bytes, _Peer] = OrderedDict()
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._salt, self._salted_ms = secrets.token_bytes(32), 0

    def let_in(self, address: str, most: int, now_ms: int) -> bool:
        """See `SenderCounts`."""
        peer = self._peer(address, now_ms)
        if _recent(peer.let_in, now_ms) >= most:
            return False
        peer.let_in.append(now_ms)
        return True

    def take_back(self, address: str, now_ms: int) -> None:
        """See `SenderCounts`."""
        with contextlib.suppress(ValueError):  # forgotten meanwhile
            self._peer(address, now_ms).let_in.remove(now_ms)

    def pass_check(self, check: str, address: str, most_waiting: int, now_ms: int) -> bool:
        """See `SenderCounts`."""
        peer = self._peer(address, now_ms)
        if check in self._answered or 0 <= most_waiting <= _recent(peer.waited, now_ms):
            return False
        if most_waiting >= 0:
            peer.waited.append(now_ms)
        peer.let_in.append(now_ms)
        self._answered[check] = None
        if len(self._answered) > ANSWERED:
            self._answered.popitem(last=False)
        return True

    def _peer(self, address: str, now_ms: int) -> _Peer:
        """Return the counts of a sender; who came longest ago is forgotten first."""
        if abs(now_ms - self._salted_ms) > _SALT_MS:  # also when the clock was ahead: no salt lives longer
            self._salt, self._salted_ms = secrets.token_bytes(32), now_ms
            self._peers.clear()
        name = hmac.digest(self._salt, network_of(address).encode(), "sha256")
        peer = self._peers.setdefault(name, _Peer())
        self._peers.move_to_end(name)
        if len(self._peers) > PEERS:
            self._peers.popitem(last=False)
        return peer


def network_of(address: str) -> str:
    """Return what one sender has of addresses: an IPv4 address, or the /64 of an IPv6 one; any other text as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found.packed, _IPV6_PREFIX), strict=False))
    return str(found)


class _Question(msgspec.Struct, frozen=True, array_like=True):
    """What a worker asks: a method of `SenderCounts` and what it is asked about."""

    what: str
    address: str
    now_ms: int
    most: int = 0
    check: str = ""


def serve(run: Path, counts: Counts) -> threading.Thread:
    """Answer the workers' questions, one connection each, from a thread; a question that cannot be read gets no answer."""

    def answer(connection: socket.socket) -> None:
        connection.settimeout(WAIT_SECONDS)
        connection.sendall(b"y" if _answer(counts, _received(connection)) else b"n")

    return answer_each(run / SOCKET_NAME, "sender-counts", answer)


def _answer(counts: Counts, raw: bytes) -> bool:
    asked = msgspec.msgpack.decode(raw, type=_Question)
    if asked.what == "let-in":
        return counts.let_in(asked.address, asked.most, asked.now_ms)
    if asked.what == "pass-check":
        return counts.pass_check(asked.check, asked.address, asked.most, asked.now_ms)
    counts.take_back(asked.address, asked.now_ms)
    return True


def _received(connection: socket.socket) -> bytes:
    """Return what a worker sent until it closed its side."""
    received = b""
    while len(received) <= _QUESTION_BYTES and (piece := connection.recv(_QUESTION_BYTES)):
        received += piece
    return received


class SharedCounts:
    """A worker's way to the one count. No answer means no: the sender is asked once more, whoever it is."""

    def __init__(self, run: Path) -> None:
        self._path = run / SOCKET_NAME

    def let_in(self, address: str, most: int, now_ms: int) -> bool:
        """See `SenderCounts`."""
        return self._ask(_Question("let-in", address, now_ms, most))

    def take_back(self, address: str, now_ms: int) -> None:
        """See `SenderCounts`."""
        self._ask(_Question("take-back", address, now_ms))

    def pass_check(self, check: str, address: str, most_waiting: int, now_ms: int) -> bool:
        """See `SenderCounts`."""
        return self._ask(_Question("pass-check", address, now_ms, most_waiting, check))

    def _ask(self, question: _Question) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(WAIT_SECONDS)
                connection.connect(str(self._path))
                connection.sendall(msgspec.msgpack.encode(question))
                connection.shutdown(socket.SHUT_WR)
                return connection.recv(1) == b"y"
        except OSError:
            return False


def _recent(moments: deque[int], now_ms: int) -> int:
    return sum(moment > now_ms - WINDOW_MS for moment in moments)
