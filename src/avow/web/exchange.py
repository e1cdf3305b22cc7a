"""One HTTP request and its answer, as the door sees them; how they come and go is the connection's (`web.http1`)."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterable
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import unquote_to_bytes

log = logging.getLogger(__name__)

#: Pieces of a body that wait for their reader, bytes.
PIECES_BYTES: Final = 256 * 1024

Header = tuple[str, str]
_UNSAFE: Final = re.compile(r"[\r\n\0]")
_STATUS: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_OURS: Final = frozenset({"content-length", "connection", "date", "transfer-encoding"})
_BODILESS: Final = frozenset({204, 304})
_PLAIN: Final = (
    ("content-type", "text/plain; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
)


class BodyRefused(Exception):
    """A request is not read further: the status and the sentence to answer with, and when to try again, seconds."""

    def __init__(self, status: int, words: str, retry_seconds: int = 0) -> None:
        super().__init__(words)
        self.status, self.words = status, words
        self.headers = [("retry-after", str(retry_seconds))] if retry_seconds else []


class Carrier(Protocol):
    """What an exchange needs of the connection that carries it."""

    client: str
    is_lost: bool
    has_ended: bool

    def finish(self, exchange: Exchange, prepared: bytes, body: bytes) -> None:
        """Send the answer."""

    def begin(self, exchange: Exchange, prepared: bytes) -> None:
        """Send the head of an answer whose body comes in pieces."""

    async def send(self, exchange: Exchange, piece: bytes) -> None:
        """Send a piece of it; returns when the client has taken enough of those before."""

    def end(self, exchange: Exchange, *, is_whole: bool) -> None:
        """End it; one that is not whole is cut off, so that nobody takes it for all."""

    def pause_reading(self) -> None:
        """Have the client wait until what came is used."""

    def resume_reading(self) -> None:
        """Read again."""

    def awaits_piece(self) -> None:
        """Somebody waits for the next piece of a body."""


class Headers:
    """The header lines of one request, names in lower case."""

    __slots__ = ("lines",)

    def __init__(self, lines: list[tuple[bytes, bytes]]) -> None:
        self.lines = lines

    def get(self, name: str) -> str | None:
        """Return the value of the first line of this name."""
        return next(iter(self.get_all(name)), None)

    def get_all(self, name: str) -> list[str]:
        """Return the values of every line of this name."""
        wanted = name.encode()
        return [value.decode("latin-1") for found, value in self.lines if found == wanted]


class Exchange:
    """One HTTP request and its answer. `client` is the address of the other end of the connection: the visitor's, or a proxy's.

    `raw_path` and `query_string` are as they were sent; `first` holds the first line of each header, `repeats`: some
    stand in more than one; `body` is whole unless it is streamed; `version` is that of HTTP, 1.1 or 1.0.
    """

    __slots__ = (
        "_body",
        "_connection",
        "_gone",
        "_leaving",
        "_left",
        "body",
        "client",
        "first",
        "is_answered",
        "lines",
        "method",
        "query_string",
        "raw_path",
        "repeats",
        "version",
    )

    def __init__(
        self, connection: Carrier, method: str, target: bytes, lines: list[tuple[bytes, bytes]], first: dict[bytes, bytes]
    ) -> None:
        self._connection, self.client = connection, connection.client
        self.method, self.first, self.lines = method, first, lines
        self.repeats = len(first) < len(lines)
        self.version = "1.1"
        self.raw_path, _, self.query_string = target.partition(b"?")
        self.body = b""
        self.is_answered = False
        self._body: Pieces | None = None
        self._gone: asyncio.Event | None = None
        self._leaving: asyncio.Event | None = None
        self._left = 0  # bytes of a body in pieces that are still to be sent

    @property
    def path(self) -> str:
        """Return the decoded path."""
        return unquote_to_bytes(self.raw_path).decode(errors="replace")

    @property
    def headers(self) -> Headers:
        """Return every header line."""
        return Headers(self.lines)

    def answer(self, status: int, headers: Iterable[Header], body: bytes = b"") -> None:
        """Answer, once. Raises ValueError for a header that would be read as two (RFC 9112, section 11.1)."""
        self.answer_prepared(head(status, headers, len(body)), b"" if status in _BODILESS else body)

    def answer_prepared(self, prepared: bytes, body: bytes = b"") -> None:
        """Answer with what `head` made for this body; once: a second answer is dropped."""
        if not self.is_answered:
            self.is_answered = True
            self._connection.finish(self, prepared, b"" if self.method == "HEAD" else body)

    def begin(self, status: int, headers: Iterable[Header], size: int) -> None:
        """Begin an answer of so many bytes, which `send` sends piece by piece and `end` ends. Raises ValueError as `answer`."""
        if not self.is_answered:
            self.is_answered = True
            self._left = 0 if self.method == "HEAD" else size
            self._connection.begin(self, head(status, headers, size))

    async def send(self, piece: bytes) -> None:
        """Send a piece of an answer that was begun, once there is room for it; nothing beyond its size, and nothing to nobody."""
        piece = piece[: self._left]
        self._left -= len(piece)
        if piece and not self._connection.is_lost:
            await self._connection.send(self, piece)

    def end(self) -> None:
        """End an answer that was begun."""
        self._connection.end(self, is_whole=not self._left)

    def answer_error(self, status: int, words: str, headers: Iterable[Header] = ()) -> None:
        """Answer with an error in one sentence of plain text."""
        self.answer(status, [*_PLAIN, *headers], f"{words}\n".encode())

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield a streamed body as it comes. Raises BodyRefused: 408 when it is too slow, 400 when the client went away."""
        if self._body is None:
            yield self.body
            return
        while (piece := await self._body.next()) is not None:
            yield piece

    async def disconnected(self) -> None:
        """Return when the client went away."""
        if self._gone is None:
            self._gone = asyncio.Event()
            if self._connection.is_lost:
                self._gone.set()
        await self._gone.wait()

    async def left(self) -> None:
        """Return when nobody waits for the answer any more: the client went away, or closed its side of the connection.

        The latter is how a browser leaves a page, and how a proxy tells of it. A client that only says that it sends no more is
        answered by whatever does not ask here.
        """
        if self._leaving is None:
            self._leaving = asyncio.Event()
            if self._connection.is_lost or self._connection.has_ended:
                self._leaving.set()
        await self._leaving.wait()

    def leave(self) -> None:
        """Tell anyone who asks that the client sends no more."""
        if self._leaving is not None:
            self._leaving.set()

    def stream(self) -> Pieces:
        """Have the body come in pieces from now on."""
        self._body = Pieces(self._connection)
        return self._body

    def lose(self) -> None:
        """Tell anyone who waits for it that the client is gone."""
        if self._body is not None:
            self._body.end(BodyRefused(400, "The body could not be read."))
        if self._gone is not None:
            self._gone.set()
        self.leave()


class Pieces:
    """A body on its way from the connection to its reader; the connection pauses while too much of it waits."""

    def __init__(self, connection: Carrier) -> None:
        self._connection = connection
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._refused: BodyRefused | None = None
        self._ready = asyncio.Event()

    def add(self, piece: bytes) -> None:
        """Hand a piece to the reader."""
        self._waiting.append(piece)
        self._size += len(piece)
        if self._size > PIECES_BYTES:
            self._connection.pause_reading()
        self._ready.set()

    def end(self, refused: BodyRefused | None = None) -> None:
        """Tell the reader that nothing more comes, and why when it is not all."""
        if not self._ended:
            self._ended, self._refused = True, refused
            self._ready.set()

    async def next(self) -> bytes | None:
        """Return the next piece; None at the end. Raises BodyRefused."""
        while not self._waiting:
            if self._refused is not None:
                raise self._refused
            if self._ended:
                return None
            self._ready.clear()
            self._connection.awaits_piece()
            await self._ready.wait()
        piece = self._waiting.popleft()
        self._size -= len(piece)
        if self._size <= PIECES_BYTES:
            self._connection.resume_reading()
        return piece


def head(status: int, headers: Iterable[Header], size: int) -> bytes:
    """Return status line and headers of an answer with so many bytes of body; date and connection come when it is sent.

    Raises ValueError for a header that would be read as two (RFC 9112, section 11.1).
    """
    lines = []
    for name, value in headers:
        if _UNSAFE.search(name) or _UNSAFE.search(value):
            raise ValueError("a header of the answer holds a line break")
        if name.lower() not in _OURS:
            lines.append(f"{name}: {value}\r\n")
    if status not in _BODILESS:
        lines.append(f"content-length: {size}\r\n")
    return _STATUS[status] + "".join(lines).encode("latin-1", "replace")


def answer_failure(exchange: Exchange, error: BaseException) -> None:
    """Answer 500 with a number, which the log has too, next to the exception that was not foreseen."""
    number = secrets.token_hex(4)
    log.error("error %s on a %s request", number, exchange.method, exc_info=error)
    exchange.answer_error(500, f"Something went wrong here. If you tell us about it, quote the number {number}.")
