"""A recipient that takes what goes to it by HTTPS: one signed POST for each delivery (docs/specs/webhooks.md).

    (1) its name is resolved at each round, and an address inside our own network is asked only where the configuration says so:
        a name that somebody else answers for may lead anywhere. The address that was judged is the one that is asked
    (2) TLS by the name, under the system's authorities or those of the configuration
    (3) one POST; no redirect is followed: it would take people's data to where nobody declared it
    (4) 2xx is yes. Anything else is no: 400, 410, 413, 415, 422 and redirects for good, the rest for now

What comes back is read as far as its length is bounded, and nothing of it is kept: it may repeat what was sent.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import urllib3
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, SSLError

from avow.gate.parcels import Parcel
from avow.recipients.connectors import Answer, Said
from avow.recipients.connectors.signing import Sign, headers

#: Seconds until a connection stands; between two pieces of an answer; until a whole answer has to be there.
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 20.0
ANSWER_SECONDS: Final = 30.0
#: Bytes of an answer that are read before the connection is given up.
ANSWER_BYTES: Final = 64 * 1024
_PIECE_BYTES: Final = 16 * 1024
#: A no that no repetition changes (RFC 9110, 15.5): what was sent is wrong, too large, of no known kind, or unwanted.
_NEVER: Final = frozenset({400, 410, 413, 415, 422})
_TAKEN: Final = range(200, 300)
_REDIRECTED: Final = range(300, 400)
#: Seconds that the other side can make us wait (RFC 9110, 10.2.3).
_AFTER: Final = range(1, 12 * 3600 + 1)

#: Returns the addresses of a host's port.
Resolve = Callable[[str, int], list[str]]


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a host. Raises OSError."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def is_public(address: str) -> bool:
    """Return whether an address is on the public network; what stands for an IPv4 address inside another is judged by that."""
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None)
        if inner is None and one in _NAT64:
            inner = ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return one.is_global and not (one.is_multicast or one.is_reserved or one.is_unspecified)


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(slots=True)
class Webhook:
    """Fits `Connector`: the POSTs to one address, `https://crm.example.com/avow`.

    `believes` has the authorities that its certificate is believed under; `allows_private` says that it may be inside our own
    network.
    """

    address: str
    signs: tuple[Sign, ...]
    believes: ssl.SSLContext
    allows_private: bool = False
    resolve: Resolve = resolved
    _pool: urllib3.HTTPSConnectionPool | None = field(default=None, init=False)

    def hand_over(self, parcel: Parcel, now_ms: int) -> Said:
        """POST one parcel, under its id and a fresh signature."""
        parts = urlsplit(self.address)
        pool = self._pool or self._opened(parts.hostname or "", parts.port or 443)
        if isinstance(pool, Said):
            return pool
        signed = headers(self.signs, parcel.message_id, now_ms // 1000, parcel.content)
        sent = {"Host": parts.netloc, "Content-Type": parcel.media_type, "User-Agent": "Avow", **signed}
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            answer = pool.urlopen("POST", target, parcel.content, sent, redirect=False, retries=False, preload_content=False)
        except HTTPError as error:
            self.close()
            return unanswered(error)
        return self._said(answer)

    def close(self) -> None:
        """End the connection: the next round resolves the name again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _opened(self, host: str, port: int) -> urllib3.HTTPSConnectionPool | Said:
        """Return connections to the address that the name has now: (1) and (2)."""
        try:
            found = self.resolve(host, port)
        except OSError as error:
            return Said(Answer.AWAY, receipt=f"its name is not resolved ({type(error).__name__})")
        allowed = [one for one in found if self.allows_private or is_public(one)]
        if not allowed or len(allowed) != len(found):  # one that is public next to one that is not: somebody tries
            return Said(Answer.AWAY, receipt="its name leads into our own network, and allow_private is not set")
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self._pool = urllib3.HTTPSConnectionPool(
            allowed[0], port, timeout=timeout, maxsize=1, retries=False, ssl_context=self.believes, server_hostname=host
        )
        return self._pool

    def _said(self, answer: BaseHTTPResponse) -> Said:
        """Return what a status says; the rest of the answer is read, so that the connection serves again, and forgotten."""
        if not _is_read(answer):
            answer.close()
            self.close()
        status = answer.status
        if status in _TAKEN:
            return Said(Answer.TAKEN, status, f"{status}")
        if status in _REDIRECTED:
            return Said(Answer.NEVER, status, f"{status} redirected, which is not followed")
        wait = answer.headers.get("retry-after", "")
        after_ms = int(wait) * 1000 if wait.isascii() and wait.isdigit() and int(wait) in _AFTER else None
        return Said(Answer.NEVER if status in _NEVER else Answer.NOT_NOW, status, f"{status}", after_ms)


def unanswered(error: HTTPError) -> Said:
    """Return what it says that there was no answer: nobody was asked, or it broke off, or took too long, and may have it."""
    if isinstance(error, NewConnectionError | NameResolutionError | ConnectTimeoutError):
        return Said(Answer.AWAY, receipt=f"no connection ({type(error).__name__})")
    if isinstance(error, SSLError) and isinstance(error.args[0], ssl.SSLCertVerificationError):
        return Said(Answer.AWAY, receipt="its certificate is not believed")
    return Said(Answer.LOST, receipt=type(error).__name__)


def whole(answer: BaseHTTPResponse, *, decoded: bool) -> bytes | None:
    """Return an answer; None for one that is longer than it may be, or not there in time. Raises HTTPError."""
    until, found = time.monotonic() + ANSWER_SECONDS, bytearray()
    while piece := answer.read1(_PIECE_BYTES, decode_content=decoded):
        found += piece
        if len(found) > ANSWER_BYTES or time.monotonic() > until:
            return None
    return bytes(found)


def _is_read(answer: BaseHTTPResponse) -> bool:
    """Read an answer to its end, within its bounds; return whether that was it."""
    try:
        if whole(answer, decoded=False) is None:
            return False
    except HTTPError:
        return False
    answer.release_conn()
    return True
