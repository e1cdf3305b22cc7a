"""Fetches pages of the company's own website: one origin, verified TLS, and limits on time, size and redirects.

Nobody's cookie goes along and none is kept, so what comes back is what a visitor gets who said nothing yet.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, SSLError

from avow.definitions import Refusal

#: How robots of this kind are told from people, by the tag's server and by every log analyser.
AGENT: Final = "AvowBot/1 (the site's own search and checks)"
#: Seconds until a connection stands, and between two pieces of an answer.
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
#: A whole answer has to be there after so many seconds.
ANSWER_SECONDS: Final = 30.0
#: Redirects within the site that are followed for one address.
REDIRECTS: Final = 3
#: Bytes of one answer, when the caller does not say.
BODY_BYTES: Final = 2 * 1024 * 1024
_PIECE_BYTES: Final = 64 * 1024
_RULE: Final = "docs/reference/http.md"
_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer: the path it came from after redirects, status, headers by lower-case name, body, and how long it took."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int

    @property
    def media_type(self) -> str:
        """The media type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def text(self) -> str:
        """Return the body as text; what is no UTF-8 or of another declared character set is replaced, never an error."""
        _, _, declared = self.headers.get("content-type", "").lower().partition("charset=")
        charset = declared.partition(";")[0].strip().strip("\"'") or "utf-8"
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


class Fetcher:
    """Fetches from one origin. `through` is where that origin is reached from here, when it is not reached by its own name."""

    def __init__(self, origin: str, through: str = "", believes: ssl.SSLContext | None = None) -> None:
        """`origin` is the public origin, "https://www.example.com"; `through` e.g. "http://127.0.0.1:8400".

        `believes` has the authorities of certificates, None for the system's.
        """
        self.origin = origin.rstrip("/")
        self._base = through.rstrip("/") or self.origin
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        # TLS is verified by default.
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False, timeout=timeout, ssl_context=believes)

    def path_of(self, address: str, seen_on: str = "/") -> str:
        """Return path and query of an address of this site, seen on a page of it; "" for another site's, or none."""
        try:
            whole = urlsplit(urljoin(self.origin + seen_on, address.strip()))
            own = urlsplit(self.origin)
            if (whole.scheme, whole.hostname, whole.port) != (own.scheme, own.hostname, own.port):
                return ""
        except ValueError:
            return ""
        query = f"?{whole.query}" if whole.query else ""
        return (whole.path or "/") + query

    def origin_of(self, address: str, seen_on: str = "/") -> str:
        """Return the origin on the web of an address that is seen on a page of this site; "" for none."""
        try:
            whole = urlsplit(urljoin(self.origin + seen_on, address.strip()))
            return f"{whole.scheme}://{whole.netloc.lower()}" if whole.scheme in {"http", "https"} and whole.hostname else ""
        except ValueError:
            return ""

    def get(self, path: str, most: int = BODY_BYTES) -> Fetched | Refusal:
        """Return the answer at a path of the site, whatever its status; a Refusal for none, a larger one, or one elsewhere."""
        for _ in range(REDIRECTS + 1):
            fetched = self._once(path, most)
            if isinstance(fetched, Refusal) or fetched.status not in _REDIRECTING:
                return fetched
            target = self.path_of(fetched.headers.get("location", ""), path)
            if not target:
                return Refusal("redirected to another site, which is not asked", _RULE)
            path = target
        return Refusal(f"redirected more than {REDIRECTS} times", _RULE)

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def _once(self, path: str, most: int) -> Fetched | Refusal:
        began = time.monotonic()
        headers = {"User-Agent": AGENT, "Host": urlsplit(self.origin).netloc, "Accept-Encoding": "gzip"}
        try:
            answer = self._pool.request("GET", self._base + path, headers=headers, redirect=False, preload_content=False)
        except SSLError:
            return Refusal("its certificate could not be verified", "RFC 9110, section 4.3.4")
        except (HTTPError, ValueError) as error:  # ValueError: an address that is none
            return Refusal(f"no answer ({type(error).__name__})", _RULE)
        try:
            body = _read(answer, most, began + ANSWER_SECONDS)
        except HTTPError as error:
            body = Refusal(f"broken off ({type(error).__name__})", _RULE)
        if isinstance(body, Refusal):
            answer.close()  # the rest of it may never end
            return body
        answer.release_conn()
        kept = {name.lower(): value for name, value in answer.headers.items()}
        return Fetched(path, answer.status, kept, body, round((time.monotonic() - began) * 1000))


def _read(answer: BaseHTTPResponse, most: int, until: float) -> bytes | Refusal:
    """Return a body as it comes, so that a slow one cannot hold the reader; a Refusal for one that is too large or too slow."""
    body = bytearray()
    while piece := answer.read1(_PIECE_BYTES, decode_content=True):
        body += piece
        if len(body) > most:
            return Refusal(f"larger than {most} bytes", _RULE)
        if time.monotonic() > until:
            return Refusal(f"not whole after {ANSWER_SECONDS:.0f} seconds", _RULE)
    return bytes(body)
