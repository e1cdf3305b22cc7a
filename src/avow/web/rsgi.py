"""The door of a web worker: guards every HTTP request, answers the hot endpoints itself, hands the rest to the pages.

Granian speaks RSGI; the pages are an ASGI application. What neither limits is limited here: a body is refused by its
announced length before it is read, and cut off at its deadline; a body without a length is refused (Granian hides Content-Length
beside Transfer-Encoding, RFC 9112 section 6.3, and no browser or form sends chunks); any other exception becomes an error
number and no trace of what was sent.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Final

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian.rsgi import Scope
from starlette.exceptions import HTTPException

from avow.collection.recordings import CHUNK_BYTES
from avow.web.browser_reports import ReportEndpoint
from avow.web.collect import DEMONSTRATION_HEADER, Collect, answer_error
from avow.web.recordings import RecordingEndpoint
from avow.web.services import DEMONSTRATION_KEY

log = logging.getLogger(__name__)

#: Largest body of a form or a page's post, bytes.
PAGE_BODY_BYTES: Final = 1024 * 1024
#: Largest body of a batch of events, bytes; what sendBeacon can send is 65,536.
EVENTS_BODY_BYTES: Final = 128 * 1024
#: Largest body of browsers' reports, bytes; a page that loads much from elsewhere makes some dozens of half a kilobyte.
REPORTS_BODY_BYTES: Final = 64 * 1024
#: A body has to be there after so many seconds.
BODY_SECONDS: Final = 10.0
#: A body with files has to be there after so many seconds, each piece of it after `BODY_SECONDS`.
UPLOAD_SECONDS: Final = 300.0
#: Forms with files that one worker takes at once: each is in its memory, twice while it is parsed.
UPLOADS_AT_ONCE: Final = 4
FORMS_PATH: Final = "/avow/forms/"
#: Longest path and query together, characters.
TARGET_LENGTH: Final = 8192

AsgiMessage = MutableMapping[str, Any]  # Any: the ASGI specification's own type
AsgiApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[AsgiMessage]], Callable[[AsgiMessage], Awaitable[None]]],  # Any: as above
    Awaitable[None],
]


class BodyRefused(Exception):
    """The body is not read further: the status and the sentence to answer with."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Door:
    """The RSGI application of one worker."""

    def __init__(
        self,
        collect: Collect,
        reports: ReportEndpoint,
        recordings: RecordingEndpoint,
        pages: AsgiApp,
        files_bytes: Callable[[str], int],
    ) -> None:
        """`files_bytes` says how many bytes of files a form may bring, by its collection point."""
        self._collect = collect
        self._reports = reports
        self._recordings = recordings
        self._pages = pages
        self._files_bytes = files_bytes
        self._uploading = 0

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer one HTTP request."""
        if scope.proto != "http":
            return
        try:
            await self._answer(scope, proto)
        except BodyRefused as refused:
            answer_error(proto, refused.status, refused.words)
        except Exception:  # the door: whatever a room raises, the client gets a number and no content
            number = secrets.token_hex(4)
            log.exception("error %s on a %s request", number, scope.method)
            answer_error(proto, 500, f"Something went wrong here. If you tell us about it, quote the number {number}.")

    async def _answer(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Guard, then route: events, pixel, reports and recordings here, everything else to the pages."""
        headers = scope.headers
        if headers.get("transfer-encoding") is not None:
            raise BodyRefused(411, "A body is sent with Content-Length.")
        if len(scope.path) + len(scope.query_string) > TARGET_LENGTH:
            raise BodyRefused(414, "The address is too long.")
        if scope.path == "/avow/events":
            body = await read_body(scope, proto, EVENTS_BODY_BYTES) if scope.method == "POST" else b""
            await self._collect.events(scope, proto, body)
        elif scope.path == "/avow/pixel.gif":
            await self._collect.pixel(scope, proto)
        elif scope.path == "/avow/csp-reports":
            body = await read_body(scope, proto, REPORTS_BODY_BYTES) if scope.method == "POST" else b""
            await self._reports.take(scope, proto, body)
        elif scope.path == "/avow/recordings":
            body = await read_body(scope, proto, CHUNK_BYTES) if scope.method == "POST" else b""
            await self._recordings.take(scope, proto, body)
        elif scope.method == "POST" and (most := self._uploads_bytes(scope.path)):
            await self._take_files(scope, proto, most + PAGE_BODY_BYTES)
        else:
            has_body = scope.method not in {"GET", "HEAD", "OPTIONS"}
            body = await read_body(scope, proto, PAGE_BODY_BYTES) if has_body else b""
            is_demonstration = self._collect.is_demonstration(headers.get(DEMONSTRATION_HEADER))
            await _call_asgi(self._pages, {**_asgi_scope(scope), DEMONSTRATION_KEY: is_demonstration}, proto, _whole(body))

    def _uploads_bytes(self, path: str) -> int:
        """Return how many bytes of files may come to this address; 0 where none do."""
        return self._files_bytes(path.removeprefix(FORMS_PATH)) if path.startswith(FORMS_PATH) else 0

    async def _take_files(self, scope: Scope, proto: HTTPProtocol, limit: int) -> None:
        """Hand a form with files to the pages piece by piece; few at once, because each is held in memory."""
        if self._uploading >= UPLOADS_AT_ONCE:
            answer_error(proto, 503, "Too many files are coming in just now.", [("retry-after", "10")])
            return
        self._uploading += 1
        try:
            is_demonstration = self._collect.is_demonstration(scope.headers.get(DEMONSTRATION_HEADER))
            asked = {**_asgi_scope(scope), DEMONSTRATION_KEY: is_demonstration}
            await _call_asgi(self._pages, asked, proto, _pieces(scope, proto, limit))
        finally:
            self._uploading -= 1


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    """Yield a body that is read."""
    yield body


async def _pieces(scope: Scope, proto: HTTPProtocol, limit: int) -> AsyncIterator[bytes]:
    """Yield the body as it comes; raise BodyRefused as `read_body` does, and 408 when a piece, or all of it, is too slow."""
    left = announced_bytes(scope, limit)
    pieces = aiter(proto)
    deadline = time.monotonic() + UPLOAD_SECONDS
    try:
        while left > 0:
            async with asyncio.timeout(min(BODY_SECONDS, deadline - time.monotonic())):
                piece = await anext(pieces)
            left -= len(piece)
            yield piece
    except TimeoutError as error:
        raise BodyRefused(408, "The body did not arrive in time.") from error
    except (StopAsyncIteration, OSError, RuntimeError) as error:  # a client that went away
        raise BodyRefused(400, "The body could not be read.") from error


def announced_bytes(scope: Scope, limit: int) -> int:
    """Return the announced length of a body; raise BodyRefused 400 for what is no number, 413 beyond the limit."""
    announced = scope.headers.get("content-length")
    if announced is not None and (not announced.isascii() or not announced.isdigit()):
        raise BodyRefused(400, "Content-Length is not a number.")
    if announced is not None and int(announced) > limit:
        raise BodyRefused(413, f"The body is larger than the {limit} bytes that are read here.")
    return int(announced or 0)


async def read_body(scope: Scope, proto: HTTPProtocol, limit: int) -> bytes:
    """Return the body; raise BodyRefused 413 before reading what is announced as too large, 408 when it is too slow."""
    if announced_bytes(scope, limit) == 0:
        return b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await proto()  # as many bytes as announced: a body without a length never comes here
    except TimeoutError as error:
        raise BodyRefused(408, f"The body did not arrive within {BODY_SECONDS:.0f} seconds.") from error
    except (OSError, RuntimeError) as error:  # a client that went away
        raise BodyRefused(400, "The body could not be read.") from error


async def _call_asgi(app: AsgiApp, scope: MutableMapping[str, Any], proto: HTTPProtocol, pieces: AsyncIterator[bytes]) -> None:
    """Run the pages for one HTTP request, and send their answer in one piece."""
    status, headers, parts = 500, [], []  # type: int, list[tuple[str, str]], list[bytes]
    received = False

    async def receive() -> AsgiMessage:
        nonlocal received
        if received:
            await proto.client_disconnect()
            return {"type": "http.disconnect"}
        try:
            return {"type": "http.request", "body": await anext(pieces), "more_body": True}
        except StopAsyncIteration:
            received = True
            return {"type": "http.request", "body": b"", "more_body": False}
        except BodyRefused as refused:  # inside the pages, so that they answer with a page
            raise HTTPException(refused.status, refused.words) from refused

    async def send(message: AsgiMessage) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    proto.response_bytes(status, headers, b"".join(parts))


def _asgi_scope(scope: Scope) -> MutableMapping[str, Any]:  # Any: the ASGI specification's own type
    """Return the ASGI connection scope (HTTP, version 2.3)."""
    host, _, port = scope.client.rpartition(":")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": scope.http_version,
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,  # already decoded, as ASGI asks
        "query_string": scope.query_string.encode(errors="replace"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in scope.headers.items()
        ],
        "client": (host.strip("[]"), int(port) if port.isdigit() else 0),
        "server": (scope.server.rpartition(":")[0], None),
    }
