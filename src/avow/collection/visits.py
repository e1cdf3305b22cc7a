"""Counting visits without knowing anybody: a hash under a salt that lives for one day, in memory alone.

The server process draws the salt before it starts any other, and hands it to them over a Unix socket in the run folder;
at the end of the day it is forgotten, and from then on nobody can tell which address a visit came from. It is never
written to disk.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
import socket
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from avow.collection.header_values import members
from avow.collection.limits.local_socket import answer_each

SALT_BYTES: Final = 32
#: How often each process that has the salt looks whether its day is over, seconds.
LOOK_SECONDS: Final = 30.0
#: How long a process waits for the salt, seconds; without it the visit is not counted (0), the event is still kept.
WAIT_SECONDS: Final = 0.5
SOCKET_NAME: Final = "salt.sock"
#: An address as it stands in a list of hops (RFC 7239, section 6): "203.0.113.5:43210", "[2001:db8::1]", "[2001:db8::1]:443".
_WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]*)\](?::[^:\]]*)?|(?P<four>[0-9.]+):[^:]*")


class DailySalt:
    """The one salt of today; a new day draws a new one and forgets the old."""

    def __init__(self) -> None:
        self._day = date.min
        self._salt = b""
        self._lock = threading.Lock()

    def of(self, today: date) -> bytes:
        """Return the salt of today."""
        with self._lock:
            if today != self._day:
                self._day, self._salt = today, secrets.token_bytes(SALT_BYTES)
            return self._salt


def utc_today() -> date:
    """Return today in UTC, the day of visit numbers."""
    return datetime.now(UTC).date()


def serve(run: Path, salt: DailySalt, today: Callable[[], date]) -> threading.Thread:
    """Answer each connection on the Unix socket with the salt of `today()`, from a thread."""
    return answer_each(run / SOCKET_NAME, "daily-salt", lambda connection: connection.sendall(salt.of(today())))


class VisitCounter:
    """Another process's copy of today's salt, asked for once a day."""

    def __init__(self, run: Path) -> None:
        self._path = run / SOCKET_NAME
        self._held = (date.min, b"")  # replaced as one, since a job forgets it while the loop asks

    def on(self, site: str) -> SiteVisits:
        """Return what counts the visits of one website."""
        return SiteVisits(self, site)

    def forget(self, today: date) -> bool:
        """Let go of the salt of another day, whether or not a visit comes; returns False: there is no more to do."""
        if self._held[0] != today:
            self._held = (date.min, b"")
        return False

    def salt(self, today: date) -> bytes:
        """Return today's salt; nothing when the server process does not answer."""
        day, salt = self._held
        if today != day:
            salt = self._fetch()
            self._held = (today if salt else date.min, salt)
        return salt

    def _fetch(self) -> bytes:
        """Return today's salt, or nothing when the server process does not answer."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(WAIT_SECONDS)
                connection.connect(str(self._path))
                salt = connection.recv(SALT_BYTES, socket.MSG_WAITALL)
        except OSError:
            return b""
        return salt if len(salt) == SALT_BYTES else b""


class SiteVisits:
    """Counts visits of one website: under a salt of its own, so that nothing ties them to visits of another."""

    def __init__(self, counter: VisitCounter, site: str) -> None:
        self._counter, self._site = counter, site

    def visit(self, address: str, agent: str, today: date) -> int:
        """Return a number that is the same for this address and agent today and means nothing tomorrow; 0 if unknown."""
        salt = salt_of_site(self._counter.salt(today), self._site)  # not kept: it is forgotten with the salt of the day
        return visit_number(salt, address, agent) if salt else 0


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
