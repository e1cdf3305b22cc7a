"""Counting visits without knowing anybody: a hash under a salt that lives for one day, in memory alone.

The server process draws the salt before it starts any other, and hands it to them over a Unix socket in the run folder;
at the end of the day, which is the business's, it is forgotten, and from then on nobody can tell which address a visit
came from. It is never written to disk.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from avow.collection.header_values import members
from avow.collection.limits.local_socket import answer_each
from avow.local_days import day_of

SALT_BYTES: Final = 32
#: How often each process that has the salt looks whether its day is over, seconds.
LOOK_SECONDS: Final = 30.0
#: How long a process waits for the salt, seconds; without it the visit is not counted (0), the event is still kept.
WAIT_SECONDS: Final = 0.5
SOCKET_NAME: Final = "salt.sock"
#: What goes over the socket: the first moment of the day and the first after it, milliseconds, then the salt.
_SPAN: Final = struct.Struct(">qq")
#: An address as it stands in a list of hops (RFC 7239, section 6): "203.0.113.5:43210", "[2001:db8::1]", "[2001:db8::1]:443".
_WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]*)\](?::[^:\]]*)?|(?P<four>[0-9.]+):[^:]*")


@dataclass(frozen=True, slots=True)
class Salted:
    """The salt of one day of the business, with the moments between which it counts; milliseconds, `until_ms` is exclusive."""

    from_ms: int
    until_ms: int
    salt: bytes

    def holds(self, at_ms: int) -> bool:
        """Return whether a moment is of this day."""
        return self.from_ms <= at_ms < self.until_ms


#: No salt, of no day.
NONE: Final = Salted(0, 0, b"")


class DailySalt:
    """The one salt of today in the business's time zone; a new day draws a new one and forgets the old."""

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone
        self._today = NONE
        self._lock = threading.Lock()

    def at(self, now_ms: int) -> Salted:
        """Return the salt of today."""
        with self._lock:
            if not self._today.holds(now_ms):
                day = day_of(now_ms, self._timezone)
                self._today = Salted(day.from_ms, day.until_ms, secrets.token_bytes(SALT_BYTES))
            return self._today


def serve(run: Path, salt: DailySalt, now_ms: Callable[[], int]) -> threading.Thread:
    """Answer each connection on the Unix socket with the salt of now and its day, from a thread.

    Which day it is, only the process that draws the salt decides: another one, started under another time zone since, agrees.
    """

    def answer(connection: socket.socket) -> None:
        today = salt.at(now_ms())
        connection.sendall(_SPAN.pack(today.from_ms, today.until_ms) + today.salt)

    return answer_each(run / SOCKET_NAME, "daily-salt", answer)


class VisitCounter:
    """Another process's copy of today's salt, asked for once a day."""

    def __init__(self, run: Path) -> None:
        self._path = run / SOCKET_NAME
        self._held = NONE  # replaced as one, since a job forgets it while the loop asks

    def on(self, site: str) -> SiteVisits:
        """Return what counts the visits of one website."""
        return SiteVisits(self, site)

    def forget(self, now_ms: int) -> bool:
        """Let go of the salt of another day, whether or not a visit comes; returns False: there is no more to do."""
        if not self._held.holds(now_ms):
            self._held = NONE
        return False

    def today(self, now_ms: int) -> Salted:
        """Return the salt of now; none when the server process does not answer, or is in another day already."""
        held = self._held
        if not held.holds(now_ms):
            self._held = held = self._fetch()
        return held if held.holds(now_ms) else NONE

    def _fetch(self) -> Salted:
        """Return today's salt, or none when the server process does not answer."""
        size = _SPAN.size + SALT_BYTES
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(WAIT_SECONDS)
                connection.connect(str(self._path))
                told = connection.recv(size, socket.MSG_WAITALL)
        except OSError:
            return NONE
        if len(told) != size:
            return NONE
        from_ms, until_ms = _SPAN.unpack_from(told)
        return Salted(from_ms, until_ms, told[_SPAN.size :])


@dataclass(frozen=True, slots=True)
class Visit:
    """The number of a visit, 0 where it is not counted, and from when on the same browser's next event is of another one."""

    number: int
    until_ms: int


class SiteVisits:
    """Counts visits of one website: under a salt of its own, so that nothing ties them to visits of another."""

    def __init__(self, counter: VisitCounter, site: str) -> None:
        self._counter, self._site = counter, site

    def visit(self, address: str, agent: str, now_ms: int) -> Visit:
        """Return a number that is the same for this address and agent today and means nothing tomorrow.

        Without the salt the number is 0 and counts for no moment: the next event asks again.
        """
        today = self._counter.today(now_ms)
        salt = salt_of_site(today.salt, self._site)  # not kept: it is forgotten with the salt of the day
        return Visit(visit_number(salt, address, agent) if salt else 0, today.until_ms)


def salt_of_site(salt: bytes, site: str) -> bytes:
    """Return the salt of a day for one website; nothing of nothing."""
    return hashlib.blake2b(site.encode(errors="replace"), key=salt, digest_size=SALT_BYTES).digest() if salt else b""


def visit_number(salt: bytes, address: str, agent: str) -> int:
    """Return 64 bits of a keyed hash over address and agent; 0, no visit, without an address: nobody is everybody."""
    if not address:
        return 0
    digest = hashlib.blake2b(f"{address}\n{agent}".encode(errors="replace"), key=salt, digest_size=8).digest()
    return int.from_bytes(digest, "big")


def client_address(peer: str, forwarded_for: str | None, trusted: frozenset[str]) -> str:
    """Return the visitor's address: the peer, or what a trusted proxy says was before it; empty when it says no address.

    Read from the right, skipping trusted proxies: what is further left can be invented by anybody.
    """
    address = plain_address(peer) or peer
    for hop in reversed(members([forwarded_for or ""])):
        if address not in trusted:
            break
        address = _address_of(hop)
    return address


def _address_of(hop: str) -> str:
    """Return the address of a member of X-Forwarded-For, which some proxies write with a port, in brackets or in quotes."""
    hop = hop.strip('"')
    found = _WITH_PORT.fullmatch(hop)
    return plain_address((found["six"] or found["four"] or "") if found else hop)


def plain_address(address: str) -> str:
    """Return an address as it is written everywhere, one of IPv4 never as one of IPv6 (RFC 4291, 2.5.5.2); empty for none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str((found.version == 6 and found.ipv4_mapped) or found)  # noqa: PLR2004 - IP's version
