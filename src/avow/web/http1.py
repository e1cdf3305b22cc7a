"""HTTP/1.1 for a web worker: requests from a connection, one after the other, to the door, and its answers back in order.

Parsing is llhttp's (`httptools`), the loop is `uvloop`'s; what is written here is what neither limits (decision 0032):

    head       at most HEAD_BYTES and HEADERS lines, there within HEAD_SECONDS of its first byte
    body       announced by Content-Length alone, at most what its address takes, there within BODY_SECONDS; one that is
               handed on in pieces begins with MOVED_BYTES of it and has these seconds for each MOVED_BYTES
    idle       a connection without a request is closed after IDLE_SECONDS; one that takes no answer after WRITE_SECONDS
    pending    one request of a connection is answered at a time; at most AHEAD bytes are read ahead, WAITING requests
               parsed; a worker holds CONNECTIONS and PENDING_BYTES of bodies, counted as they arrive (decision 0049): of
               one sender SHARE_BYTES, and RESERVE_BYTES for what is hot alone

Rule: RFC 9112; section 6.3 for bodies, 7.1 and 11.2 for what could be read as two requests by two parsers.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Final, Protocol, cast

import httptools

from avow.web.exchange import BodyRefused, Exchange, Pieces, answer_failure, head

#: Longest head of an HTTP request, bytes, and the most header lines in it.
HEAD_BYTES: Final = 65_536
HEADERS: Final = 128
#: Longest path and query together, characters.
TARGET_LENGTH: Final = 8192
#: A head has to be there so many seconds after its first byte.
HEAD_SECONDS: Final = 5.0
#: A body has to be there after so many seconds; of one that is handed on in pieces, MOVED_BYTES or what is left of it.
BODY_SECONDS: Final = 10.0
#: What makes a body one that moves, bytes: it is handed on from then on, and has to go on at this pace.
MOVED_BYTES: Final = 64 * 1024
#: A body that comes in pieces has to be there after so many seconds.
UPLOAD_SECONDS: Final = 300.0
#: A connection may be silent between two requests, seconds: longer than proxies keep theirs, so that they close first.
IDLE_SECONDS: Final = 75.0
#: A client that takes nothing of an answer loses its connection after so many seconds.
WRITE_SECONDS: Final = 30.0
#: After the last answer a client may still be sending: so long it is listened to, so that it reads the answer first.
LINGER_SECONDS: Final = 2.0
#: Bytes read ahead while a request is answered, and requests parsed ahead.
AHEAD: Final = 65_536
WAITING: Final = 1024
#: Bodies that one worker holds at once, bytes; one more is answered 503. Of these, what only hot endpoints get, and what one
#: sender gets; one more of the same sender is answered 429.
PENDING_BYTES: Final = 128 * 1024 * 1024
RESERVE_BYTES: Final = 32 * 1024 * 1024
SHARE_BYTES: Final = 16 * 1024 * 1024
#: What a piece of a body takes beside its bytes, so that a body of very small pieces is not held for nothing.
PIECE_BYTES: Final = 64
#: Connections of one worker; one more is answered 503.
CONNECTIONS: Final = 8192
#: Whoever is refused because too much comes in is told to try again after so many seconds.
RETRY_SECONDS: Final = 5
#: Connections that wait to be taken, for each worker: what arrives while one is being started again.
BACKLOG: Final = 1024
#: How often deadlines are looked at, seconds; no deadline is more exact than this.
SWEEP_SECONDS: Final = 0.5
#: The methods of nearly every request, as words.
_METHODS: Final = {b"GET": "GET", b"POST": "POST"}


@dataclass(frozen=True, slots=True)
class Way:
    """Who answers a request, and how many bytes of body may come with it.

    `streams`: it is called before the body is there, once it moves; `is_hot`: it may use the reserve.
    """

    limit: int
    take: Callable[[Exchange], None]
    streams: bool = False
    is_hot: bool = False


class Doors(Protocol):
    """Where requests go."""

    def way(self, exchange: Exchange) -> Way:
        """Return who answers a request; its head is there, its body is not. Raises BodyRefused."""

    def sender(self, exchange: Exchange) -> str:
        """Return whom a request's body is counted for; nothing for who speaks for many, and has no share of its own."""


class Connections:
    """The connections of one worker: their number, their deadlines, what they hold, and the time that answers carry."""

    def __init__(self, doors: Doors, loop: asyncio.AbstractEventLoop) -> None:
        self.doors, self.loop = doors, loop
        self.open: set[Connection] = set()
        self.is_stopping = False
        self.pending = 0
        self.shares: dict[str, int] = {}
        self.now = loop.time()
        self.tail = b""
        self._timer: asyncio.TimerHandle | None = None
        self._sweep()

    def connection(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self)

    async def listen(self, listener: socket.socket) -> asyncio.Server:
        """Take connections from a listening socket; the loop listens again, with a backlog of its own unless it is told one."""
        return await self.loop.create_server(self.connection, sock=listener, backlog=BACKLOG)

    async def stop(self, seconds: float) -> None:
        """Let requests that are under way end, for so long at most; close every other connection at once."""
        self.is_stopping = True
        for connection in list(self.open):
            connection.close_when_idle()
        until = self.loop.time() + seconds
        while self.open and self.loop.time() < until:  # noqa: ASYNC110 - connections end by callbacks of many kinds
            await asyncio.sleep(0.02)
        for connection in list(self.open):
            connection.abort()
        if self._timer is not None:
            self._timer.cancel()

    def _sweep(self) -> None:
        """Close what passed its deadline, and renew the time."""
        self.now = self.loop.time()
        self.tail = f"date: {formatdate(usegmt=True)}\r\n\r\n".encode()
        for connection in [one for one in self.open if one.deadline < self.now]:
            connection.expire()
        self._timer = self.loop.call_later(SWEEP_SECONDS, self._sweep)


class Connection(asyncio.Protocol):
    """One client's connection.

    idle ──first byte──> head ──its end──> body ──its end──> answering ──answered──> idle
      any ──refused, or the last answer──> lingering ──> closed
    """

    def __init__(self, connections: Connections) -> None:
        self._all = connections
        self._transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self.client = ""
        self.deadline = 0.0
        self.is_lost = False
        self._target = b""
        self._lines: list[tuple[bytes, bytes]] = []
        self._unfinished = 0  # bytes of the head that is being read
        self._exchange: Exchange | None = None  # the one whose body is being read
        self._way: Way | None = None
        self._parts: list[bytes] = []
        self._held = 0  # bytes of bodies, and how many of them are counted for whom
        self._shared = 0
        self._sharer = ""
        self._pieces: Pieces | None = None
        self._moving = 0  # bytes of a body in pieces before it is handed on, or since its seconds were renewed
        self._patience = 0.0  # seconds that its reader still waits for the next of them
        self._waits_since = 0.0
        self._upload_deadline = 0.0
        self._parsed: deque[tuple[Exchange, Way]] = deque()
        self._current: Exchange | None = None  # the one that is being answered
        self._ahead: list[bytes] = []
        self._ahead_bytes = 0
        self._paused = False
        self._unsent = 0  # bytes of answers that the client had not taken when it was looked at last
        self._is_last = False  # nothing that comes behind is read as a request
        self.has_ended = False  # the client sends no more
        self._lingers = False
        self._writable = asyncio.Event()
        self._writable.set()

    # -- from the loop ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to listen, unless there are too many."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class, which does not inherit asyncio's
        peer = transport.get_extra_info("peername")
        self.client = peer[0] if peer else ""
        self.deadline = self._all.now + IDLE_SECONDS
        self._all.open.add(self)
        if len(self._all.open) > CONNECTIONS or self._all.is_stopping:
            self._transport.write(head(503, [("retry-after", "1")], 0) + b"connection: close\r\n" + self._all.tail)
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Read on, or keep what came for later while a request is being answered."""
        if self._lingers:
            return
        if self._current is None or self._pieces is not None:
            self._read(data)
        elif not self._is_last:
            self._ahead.append(data)
            self._ahead_bytes += len(data)
            if self._ahead_bytes > AHEAD:
                self.pause_reading()

    def eof_received(self) -> bool:
        """Keep a connection whose client sends no more until what it asked for is answered."""
        self._is_last = self.has_ended = True
        if self._pieces is not None:
            self._pieces.end(BodyRefused(400, "The body could not be read."))
        if self._current is not None:
            self._current.leave()
        return self._current is not None

    def pause_writing(self) -> None:
        """Have an answer in pieces wait: the client takes them slower than they come."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on with it."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the connection, and tell anyone who waits for it."""
        self.is_lost = True
        self._writable.set()
        self._release()
        self._all.open.discard(self)
        for exchange in (self._exchange, self._current):
            if exchange is not None:
                exchange.lose()

    # -- from the parser --------------------------------------------------------------------------------------

    def on_url(self, part: bytes) -> None:
        """Gather the target."""
        self._target += part
        if len(self._target) > TARGET_LENGTH:
            raise BodyRefused(414, "The address is too long.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Gather a header line; the space around a value is no part of it (RFC 9110, section 5.5)."""
        self._lines.append((name.lower(), value.strip()))  # the parser takes no other space than this

    def on_headers_complete(self) -> None:
        """Find who answers, and how much body may come."""
        target, lines = self._target, self._lines
        self._target, self._lines = b"", []
        first = dict(reversed(lines))
        many = len(first) < len(lines) or len(lines) > HEADERS or self._unfinished > HEAD_BYTES
        if many or b"transfer-encoding" in first or b"host" not in first:
            self._check_head(lines, first)
        parser = self._parser
        if not target.startswith(b"/"):
            target = origin_form(target)
        exchange = self._exchange = Exchange(
            self, _METHODS.get(method := parser.get_method()) or method.decode("latin-1"), target, lines, first
        )
        self._unfinished = 0
        way = self._way = self._all.doors.way(exchange)
        if not way.is_hot:  # nobody asks there, and each event would pay for it
            exchange.version = parser.get_http_version()
        if not parser.should_keep_alive():
            self._is_last = True
        if (length := first.get(b"content-length")) is not None:
            self._expect_body(exchange, way, length)
        elif way.streams:
            self._way = Way(0, way.take)

    def _expect_body(self, exchange: Exchange, way: Way, announced: bytes) -> None:
        """Prepare for a body of so many bytes, or refuse it, and what is no number (RFC 9112, section 6.3)."""
        if not announced.isdigit() or len(announced) > 18:  # noqa: PLR2004 - digits of an exabyte
            raise BodyRefused(400, "Content-Length is not a number.")
        length = int(announced)
        if length > way.limit:
            raise BodyRefused(413, f"The body is larger than the {way.limit} bytes that are read here.")
        self._parts = []
        self.deadline = self._all.now + BODY_SECONDS
        if way.streams:
            self._moving = min(length, MOVED_BYTES)
            if not self._is_free:
                raise BodyRefused(400, "A request with files is sent after the answer to the one before it.")
        if b"expect" in exchange.first and exchange.first[b"expect"].lower() == b"100-continue" and self._is_free:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    @property
    def _is_free(self) -> bool:
        """Whether no request before the one that is being read waits for its answer."""
        return self._current is None and not self._parsed

    def on_body(self, part: bytes) -> None:
        """Gather, or hand on, a part of the body; refuse it when this worker, or its sender, holds too many bytes of bodies."""
        way, exchange = self._way, self._exchange
        if self._pieces is not None:
            self._pieces.add(part)
            self._moved(len(part))
            return
        if way is None or exchange is None:
            return
        self._parts.append(part)
        size = len(part) + PIECE_BYTES
        self._held += size
        self._all.pending += size
        if self._all.pending > PENDING_BYTES - (0 if way.is_hot else RESERVE_BYTES):
            raise BodyRefused(503, "Too much is coming in just now.", RETRY_SECONDS)
        if not way.is_hot:
            self._share(exchange)
        if way.streams:
            self._moving -= len(part)
            if self._moving <= 0:
                self._hand_on(exchange, way)

    def _hand_on(self, exchange: Exchange, way: Way) -> None:
        """Have a body that moves be answered piece by piece: what is there, and what will come."""
        self._pieces = exchange.stream()
        for part in self._parts:
            self._pieces.add(part)
        self._parts = []
        self._moving, self._patience, self._waits_since = 0, BODY_SECONDS, 0.0
        self.deadline = self._upload_deadline = self._all.now + UPLOAD_SECONDS
        self._parsed.append((exchange, way))

    def _moved(self, size: int) -> None:
        """Renew the seconds of a body in pieces when enough of it has come since; only what its reader waited for counts."""
        self._moving += size
        if self._waits_since:
            self._patience -= self._all.loop.time() - self._waits_since
            self._waits_since = 0.0
        if self._moving >= MOVED_BYTES:
            self._moving, self._patience = 0, BODY_SECONDS
        self.deadline = self._upload_deadline

    def on_message_complete(self) -> None:
        """Hand the request to anyone who answers it, once those before it are answered."""
        exchange, way, self._exchange = self._exchange, self._way, None
        if exchange is None or way is None:
            return
        if self._pieces is not None:
            self._pieces.end()
            self._pieces = None
            return
        parts = self._parts
        if parts:
            exchange.body, self._parts = parts[0] if len(parts) == 1 else b"".join(parts), []
        if len(self._parsed) >= WAITING:
            raise BodyRefused(429, "Too many requests at once.")
        self._parsed.append((exchange, way))

    # -- from the exchange ------------------------------------------------------------------------------------

    def finish(self, exchange: Exchange, prepared: bytes, body: bytes) -> None:
        """Write the answer of the current request, then read on, or close."""
        if self.is_lost or exchange is not self._current:
            return
        unread = self._exchange is exchange  # answered before its body was there
        is_last = unread or self._all.is_stopping or (self._is_last and not self._parsed and not self._ahead)
        self._transport.write(prepared + (b"connection: close\r\n" if is_last else b"") + self._all.tail + body)
        self._answered(is_last=is_last)

    def begin(self, exchange: Exchange, prepared: bytes) -> None:
        """Write the head of the answer of the current request; its body comes in pieces, and the connection closes behind it."""
        if not self.is_lost and exchange is self._current:
            self._transport.write(b"".join((prepared, b"connection: close\r\n", self._all.tail)))

    async def send(self, exchange: Exchange, piece: bytes) -> None:
        """Write a piece of the answer when the client has taken enough of those before: no more is in memory."""
        await self._writable.wait()
        if not self.is_lost and exchange is self._current:
            self._transport.write(piece)

    def end(self, exchange: Exchange, *, is_whole: bool) -> None:
        """Close behind the answer of the current request; in the middle of one that is not whole."""
        if self.is_lost or exchange is not self._current:
            return
        if is_whole:
            self._answered(is_last=True)
        else:
            self.abort()

    def _answered(self, *, is_last: bool) -> None:
        """Read on after an answer, or close."""
        self._current = None
        if self._held and not self._parsed and self._exchange is None:
            self._release()
        if is_last:
            self._linger()
            return
        self.deadline = self._all.now + (WRITE_SECONDS if self._transport.get_write_buffer_size() else IDLE_SECONDS)
        if self._parsed or self._ahead:
            self._all.loop.call_soon(self._go_on)

    def pause_reading(self) -> None:
        """Have the client wait until what came is used."""
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def awaits_piece(self) -> None:
        """Somebody waits for the next piece of a body: the client has what is left of its seconds."""
        self._waits_since = self._all.loop.time()
        self.deadline = min(self._waits_since + self._patience, self._upload_deadline)

    # -- from the sweep ---------------------------------------------------------------------------------------

    def expire(self) -> None:
        """Answer 408 to half a request whose deadline is over, else close."""
        unsent = self._transport.get_write_buffer_size()
        if unsent and unsent != self._unsent:  # a slow client takes what there is
            self._unsent = unsent
            self.deadline = self._all.now + WRITE_SECONDS
        elif unsent or self._lingers:
            self.abort()
        elif self._pieces is not None:
            self._pieces.end(BodyRefused(408, "The body did not arrive in time."))
            self.deadline = self._all.now + WRITE_SECONDS
        elif self._current is not None:  # an answer takes as long as it takes
            self.deadline = self._all.now + IDLE_SECONDS
        elif self._exchange is not None or self._unfinished:
            what, seconds = ("body", BODY_SECONDS) if self._exchange is not None else ("head", HEAD_SECONDS)
            self._refuse(BodyRefused(408, f"The {what} did not arrive within {seconds:.0f} seconds."))
            self._next()
        else:
            self._transport.close()

    def close_when_idle(self) -> None:
        """Close now, or with the answer that is under way."""
        if self._current is None and self._exchange is None:
            self._transport.close()

    def abort(self) -> None:
        """Close without a word."""
        self._transport.abort()

    # -- inside -----------------------------------------------------------------------------------------------

    def _read(self, data: bytes) -> None:
        """Parse what came, then answer the next request that is whole."""
        if self._exchange is None:
            if not self._unfinished:
                self.deadline = self._all.now + HEAD_SECONDS
            self._unfinished += len(data)
        try:
            self._parser.feed_data(data)
            if self._exchange is not None or self._unfinished > HEAD_BYTES:
                self._check_rest()
        except BodyRefused as refused:
            self._refuse(refused)
        except httptools.HttpParserCallbackError as error:
            if not isinstance(error.__context__, BodyRefused):
                raise
            self._refuse(error.__context__)
        except httptools.HttpParserUpgrade:  # no other protocol is spoken: answered as HTTP/1.1, and then closed
            self._is_last = True
        except httptools.HttpParserError:
            self._refuse(BodyRefused(400, "The request could not be read."))
        if self._parsed and self._current is None:
            self._next()

    def _check_rest(self) -> None:
        """Refuse half a head that is too long; count for its sender what came of a body that is not all there."""
        if self._exchange is None:
            if self._unfinished > HEAD_BYTES:
                raise BodyRefused(431, "The head is too long.")
        elif self._held != self._shared and self._pieces is None:
            self._share(self._exchange)

    def _check_head(self, lines: list[tuple[bytes, bytes]], first: dict[bytes, bytes]) -> None:
        """Refuse heads that are too large, name no host or two, or could be read as two requests."""
        if len(lines) > HEADERS or sum(len(name) + len(value) + 4 for name, value in lines) > HEAD_BYTES:
            raise BodyRefused(431, "The head is too long.")
        if b"transfer-encoding" in first:
            raise BodyRefused(411, "A body is sent with Content-Length.")
        if b"host" not in first and self._parser.get_http_version() != "1.0":
            raise BodyRefused(400, "A request names its host.")
        if any([name for name, _ in lines].count(once) > 1 for once in (b"host", b"content-length")):
            raise BodyRefused(400, "A request names its host and its length once.")

    def _share(self, exchange: Exchange) -> None:
        """Count for its sender what is held and not counted for anybody; a hot body only while it is not all there."""
        shares, more = self._all.shares, self._held - self._shared
        if not self._shared:
            self._sharer = self._all.doors.sender(exchange)
        held = shares.get(self._sharer, 0) + more
        if self._sharer and held > SHARE_BYTES:
            raise BodyRefused(429, "Too much is coming in from your address just now.", RETRY_SECONDS)
        shares[self._sharer] = held
        self._shared += more

    def _release(self) -> None:
        """Let go of the bodies of this connection."""
        self._all.pending -= self._held
        if self._shared:
            left = self._all.shares[self._sharer] - self._shared
            if left:
                self._all.shares[self._sharer] = left
            else:
                del self._all.shares[self._sharer]
        self._held = self._shared = 0

    def _refuse(self, refused: BodyRefused) -> None:
        """Answer the request that is being read with an error, after those before it; then close."""
        if self._is_last and self._exchange is None:  # behind the last request nothing is read
            return
        exchange = self._exchange or Exchange(self, "GET", b"/", [], {})
        self._is_last = True
        self._unfinished = 0
        if self._pieces is not None:  # its reader answers
            self._pieces.end(refused)
            self._pieces = None
            return
        self._exchange, self._parts = None, []
        self._parsed.append((exchange, Way(0, lambda one: one.answer_error(refused.status, refused.words, refused.headers))))

    def _next(self) -> None:
        """Have the next request answered."""
        exchange, way = self._parsed.popleft()
        self._current = exchange
        try:
            way.take(exchange)
        except Exception as error:  # noqa: BLE001 - the door: whatever a room raises, the client gets a number and no content
            answer_failure(exchange, error)

    def _go_on(self) -> None:
        """After an answer: the next request that was parsed, or what was read ahead."""
        if self.is_lost or self._current is not None or self._lingers:
            return
        if self._parsed:
            self._next()
        elif self._ahead:
            data, self._ahead, self._ahead_bytes = b"".join(self._ahead), [], 0
            self.resume_reading()
            self._read(data)

    def _linger(self) -> None:
        """Send no more, and drop what still comes until the client has read the answer."""
        self._lingers = True
        self._release()
        self._exchange = self._pieces = None
        self._ahead = []
        self.deadline = self._all.now + LINGER_SECONDS
        if self.has_ended:
            self._transport.close()  # once what was written is sent
            return
        self.resume_reading()
        with contextlib.suppress(OSError, RuntimeError):  # the client is gone already
            self._transport.write_eof()


def origin_form(target: bytes) -> bytes:
    """Return the target without scheme and host, which a client may send too (RFC 9112, section 3.2.2)."""
    if target.startswith(b"/") or b"://" not in target:
        return target
    return b"/" + target.partition(b"://")[2].partition(b"/")[2]
