"""The door of a web worker: guards every HTTP request, answers the hot endpoints itself, hands the rest to the pages.

The pages are an ASGI application. A body without a length is refused (RFC 9112, section 6.3: no browser or form sends
chunks), each address has its own limit, and any exception that was not foreseen becomes an error number and no trace of
what was sent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from starlette.exceptions import HTTPException

from avow.collection.limits.sender_memory import is_this_machine, network_of
from avow.collection.recordings.chunks import CHUNK_BYTES
from avow.collection.senders import DEMONSTRATION_HEADER
from avow.web.browser_reports import ReportEndpoint
from avow.web.collect import Collect
from avow.web.encoding import streamed_size
from avow.web.exchange import BodyRefused, Exchange, answer_failure
from avow.web.house import DEMONSTRATION_KEY, LEFT_KEY
from avow.web.http1 import Way
from avow.web.recordings import RecordingEndpoint

#: Largest body of a form or a page's post, bytes.
PAGE_BODY_BYTES: Final = 1024 * 1024
#: Largest body of a batch of events, bytes; what sendBeacon can send is 65,536.
EVENTS_BODY_BYTES: Final = 128 * 1024
#: Largest body of browsers' reports, bytes; a page that loads much from elsewhere makes some dozens of half a kilobyte.
REPORTS_BODY_BYTES: Final = 64 * 1024
#: Forms and deliveries with files that one worker takes at once: each is in its memory, some three times while it is parsed.
#: Of one sender fewer, so that nobody closes a form alone.
UPLOADS_AT_ONCE: Final = 4
UPLOADS_OF_ONE: Final = 2
FORMS_PATH: Final = "/avow/forms/"
FEEDS_PATH: Final = "/avow/feeds/"
IMPORTS_PATH: Final = "/console/imports"

AsgiMessage = MutableMapping[str, Any]  # Any: the ASGI specification's own type
AsgiApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[AsgiMessage]], Callable[[AsgiMessage], Awaitable[None]]],  # Any: as above
    Awaitable[None],
]


class Door:
    """What one version of the policy answers in one worker."""

    def __init__(
        self,
        collect: Collect,
        reports: ReportEndpoint,
        recordings: RecordingEndpoint,
        pages: AsgiApp,
        files_bytes: Mapping[str, Callable[[str], int]],
        uploading: Counter[str],
    ) -> None:
        """`files_bytes` says how many bytes of files may come, by the beginning of the path and the collection point after it.

        `uploading` counts by sender what is under way with files, for all doors of the worker together.
        """
        self._senders = collect.senders
        self._pages = pages
        self._files_bytes = files_bytes
        self._uploading = uploading
        self._under_way: set[asyncio.Task[None]] = set()  # the loop itself holds tasks weakly
        self._upload = self._later(self._answer_upload)
        self._page = Way(PAGE_BODY_BYTES, self._later(self._answer_page))
        #: Who answers at the addresses that are looked up first, by path.
        self.ways: Mapping[bytes, Way] = {
            b"/avow/events": Way(EVENTS_BODY_BYTES, collect.events, is_hot=True),
            b"/avow/pixel.gif": Way(0, collect.pixel, is_hot=True),
            b"/avow/csp-reports": Way(REPORTS_BODY_BYTES, reports.take),
            b"/avow/recordings": Way(CHUNK_BYTES, recordings.take),
        }

    def way(self, exchange: Exchange) -> Way:
        """Return who answers a request, and how much may come with it."""
        way = self.ways.get(exchange.raw_path)
        if way is not None:
            return way
        if exchange.method == "POST":
            for start, files_bytes in self._files_bytes.items():
                if exchange.path.startswith(start) and (most := files_bytes(exchange.path.removeprefix(start))):
                    return Way(most + PAGE_BODY_BYTES, self._take_upload, streams=True)
        return self._page

    async def _answer_page(self, exchange: Exchange) -> None:
        """Have the pages answer."""
        is_invented = self._senders.is_demonstration(exchange.headers.get(DEMONSTRATION_HEADER))
        asked = {**_asgi_scope(exchange), DEMONSTRATION_KEY: is_invented, LEFT_KEY: exchange.left}
        await _call_asgi(self._pages, asked, exchange)

    def sender(self, exchange: Exchange) -> str:
        """Return whom a request's body is counted for: its address, or the /64 of an IPv6 one; nobody for this machine."""
        address = self._senders.address(exchange.client, exchange.headers.get_all)
        return "" if is_this_machine(address) else network_of(address)

    async def _answer_upload(self, exchange: Exchange) -> None:
        """Hand a form or delivery with files to the pages piece by piece; few at once, because each is held in memory."""
        sender = self.sender(exchange)
        try:
            await self._answer_page(exchange)
        finally:
            self._uploading[sender] -= 1
            self._uploading += Counter()  # without who has none

    def _take_upload(self, exchange: Exchange) -> None:
        """Begin with a form or delivery with files, which moves, unless too many are under way."""
        sender = self.sender(exchange)
        is_full = self._uploading.total() >= UPLOADS_AT_ONCE
        if is_full or (sender and self._uploading[sender] >= UPLOADS_OF_ONE):
            where = "" if is_full else " from your address"
            exchange.answer_error(503, f"Too many files are coming in{where} just now.", [("retry-after", "10")])
            return
        self._uploading[sender] += 1
        self._upload(exchange)

    def _later(self, answer: Callable[[Exchange], Awaitable[None]]) -> Callable[[Exchange], None]:
        """Return a function that has a task of its own answer a request."""

        async def run(exchange: Exchange) -> None:
            try:
                await answer(exchange)
            except BodyRefused as refused:
                exchange.answer_error(refused.status, refused.words, refused.headers)

        def start(exchange: Exchange) -> None:
            def end(task: asyncio.Task[None]) -> None:
                self._under_way.discard(task)
                if not task.cancelled() and (error := task.exception()) is not None:
                    answer_failure(exchange, error)

            task = asyncio.get_running_loop().create_task(run(exchange))
            self._under_way.add(task)
            task.add_done_callback(end)

        return start


async def _call_asgi(app: AsgiApp, scope: MutableMapping[str, Any], exchange: Exchange) -> None:
    """Run the pages for one HTTP request, and send their answer: in one piece, or as it comes where it may be large."""
    status, headers, parts = 500, [], []  # type: int, list[tuple[str, str]], list[bytes]
    received = False
    pieces: AsyncIterator[bytes] = exchange.pieces()

    async def receive() -> AsgiMessage:
        nonlocal received
        if received:
            await exchange.disconnected()
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
        elif exchange.is_answered:
            await exchange.send(message.get("body", b""))
        elif message.get("more_body", False) and (size := streamed_size(headers)) is not None:
            exchange.begin(status, headers, size)
            await exchange.send(message.get("body", b""))
        else:
            parts.append(message.get("body", b""))

    try:
        await app(scope, receive, send)
    finally:
        if exchange.is_answered:
            exchange.end()
    exchange.answer(status, headers, b"".join(parts))


def _asgi_scope(exchange: Exchange) -> MutableMapping[str, Any]:  # Any: the ASGI specification's own type
    """Return the ASGI connection scope (HTTP, version 2.3)."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": exchange.version,
        "method": exchange.method,
        "scheme": "http",
        "path": exchange.path,
        "raw_path": exchange.raw_path,
        "query_string": exchange.query_string,
        "root_path": "",
        "headers": exchange.headers.lines,
        "client": (exchange.client, 0),
        "server": None,
    }
