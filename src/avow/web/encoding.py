"""How answers travel: packed where the client takes that (gzip, zstd), and not again where it has them already (ETag, 304).

Only what the pages answer comes here; events and pixel have no body worth packing. A page whose secret somebody else could
guess from its packed length is not packed (decision 0053).
Rule: RFC 9110, sections 8.8.3, 12.5.3 and 13.1.2; RFC 8878 for zstd.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from avow.collection.forms.spam import SHOWN
from avow.web.security import fetch_site

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: A body of fewer bytes travels as it is: packed it would still be one packet.
PACKED_FROM: Final = 1024
#: A body of so many bytes is packed outside the event loop: this many take about a millisecond.
LARGE: Final = 32 * 1024
#: Built and site files that one worker keeps packed.
FILES_KEPT: Final = 256
#: What the header of an answer says that nobody may keep, not even its own browser.
NOT_KEPT: Final = "no-store"
_JSON: Final = ("application/json", "application/ld+json", "application/problem+json")
_TEXTS: Final = ("text/", *_JSON, "application/xml", "image/svg+xml")
_OK: Final = 200
_NOT_MODIFIED: Final = 304

#: How each coding packs, by level. The first is preferred.
CODINGS: Final[Mapping[str, Callable[[bytes, int], bytes]]] = MappingProxyType(
    {"zstd": zstd.compress, "gzip": partial(gzip.compress, mtime=0)}
)
#: Levels for a page, which is packed each time, and for a file, which is packed once.
PAGE_LEVEL: Final = MappingProxyType({"zstd": 3, "gzip": 5})
FILE_LEVEL: Final = MappingProxyType({"zstd": 19, "gzip": 9})


def coding_for(accept: str) -> str:
    """Return the coding in which a client with this Accept-Encoding gets a text; "" for as it is."""
    weights: dict[str, float] = {}
    for one in accept.lower().split(","):
        name, _, parameter = one.partition(";")
        weights[name.strip()] = _weight(parameter)
    best = max(CODINGS, key=lambda name: weights.get(name, weights.get("*", 0.0)))
    return best if weights.get(best, weights.get("*", 0.0)) > 0 else ""


def _weight(parameter: str) -> float:
    """Return the weight that a coding is given; one that cannot be read counts as none."""
    name, _, value = parameter.partition("=")
    if not name.strip():
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def is_text(media_type: str) -> bool:
    """Return whether packing makes a body of this type smaller."""
    return media_type.startswith(_TEXTS)


@lru_cache(maxsize=FILES_KEPT)
def packed_file(path: Path, _changed_ns: int, coding: str) -> bytes:
    """Return a file packed, once for each worker as long as it does not change; only for files that everybody may have."""
    return pack(path.read_bytes(), coding, FILE_LEVEL)


def pack(body: bytes, coding: str, level: Mapping[str, int]) -> bytes:
    """Return the body in this coding."""
    return CODINGS[coding](body, level[coding])


def mark_of(body: bytes) -> str:
    """Return the ETag of a body, whatever coding it travels in: the same for everybody who gets the same."""
    return f'W/"{sha256(body).hexdigest()[:16]}"'


def streamed_size(headers: Iterable[tuple[str, str]]) -> int | None:
    """Return the size of an answer that is sent as it comes, never gathered nor packed; None for any other.

    It says its size, and that nobody may keep it: whatever else comes in pieces is small, and has an ETag.
    """
    found = {name.lower(): value for name, value in headers}
    is_kept_by_nobody = found.get("cache-control", "") == NOT_KEPT
    return int(found["content-length"]) if is_kept_by_nobody and "content-length" in found else None


class Encoding:
    """ASGI middleware around every page: packs its answer, names it, and says 304 to anyone who has it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call, gather the answer, and send it as this client takes it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []
        is_streamed = False

        async def gather(message: Message) -> None:
            nonlocal is_streamed
            if message["type"] == "http.response.start":
                start.update(message)
                return
            if not is_streamed and message.get("more_body", False) and streamed_size(Headers(scope=start).items()) is not None:
                is_streamed = True
                await send(start)
            if is_streamed:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = await _encoded(scope, start, b"".join(parts))
                await send(start)
                await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, gather)


async def _encoded(scope: Scope, start: Message, body: bytes) -> bytes:
    """Return the body as it travels, and set the headers that say so."""
    asked, headers = Headers(scope=scope), MutableHeaders(scope=start)
    if start["status"] == _OK and scope["method"] in {"GET", "HEAD"}:
        _name(headers, body)
        if _has_it(asked, headers):
            start["status"] = _NOT_MODIFIED
            for name in ("content-type", "content-length", "content-encoding"):
                del headers[name]
            return b""
    if "content-encoding" in headers or "content-range" in headers or not is_text(headers.get("content-type", "")):
        return body
    headers.add_vary_header("Accept-Encoding")
    coding = coding_for(asked.get("accept-encoding", ""))
    if not coding or len(body) < PACKED_FROM or _is_asked_by_others(asked, headers):
        return body
    packed = await _packed(body, coding)
    if len(packed) >= len(body):
        return body
    headers["content-encoding"], headers["content-length"] = coding, str(len(packed))
    if (mark := headers.get("etag", "")).startswith('"'):
        headers["etag"] = f"W/{mark}"  # the same content, and other bytes
    return packed


async def _packed(body: bytes, coding: str) -> bytes:
    """Return the body packed; a large one meanwhile leaves the loop to others."""
    if len(body) < LARGE:
        return pack(body, coding, PAGE_LEVEL)
    return await run_in_threadpool(pack, body, coding, PAGE_LEVEL)


def _name(headers: MutableHeaders, body: bytes) -> None:
    """Give an answer that may be kept its ETag.

    A page with a form's token is another one for everybody: its name would be a number of the visitor, which browsers send
    back, so it has none.
    """
    is_kept = "no-store" not in headers.get("cache-control", "no-store")
    if is_kept and "etag" not in headers and SHOWN.encode() not in body:
        headers["etag"] = mark_of(body)


def _has_it(asked: Headers, headers: Headers) -> bool:
    """Return whether the client names this very content as what it has."""
    mark, named = headers.get("etag", "").removeprefix("W/"), asked.get("if-none-match", "")
    return bool(mark) and (named.strip() == "*" or mark in {one.strip().removeprefix("W/") for one in named.split(",")})


def _is_asked_by_others(asked: Headers, headers: Headers) -> bool:
    """Return whether an answer that nobody may keep was asked for by another site, or by who does not say.

    Such an answer holds secrets, and another site that has a browser ask again and again, each time with another guess in
    the address, could read them off its packed length.
    """
    is_secret = "no-store" in headers.get("cache-control", "")
    return is_secret and fetch_site(asked.getlist) not in {"same-origin", "none"}
