"""ClickHouse's HTTP protocol, as much of it as its clients use: /ping, queries, parameters, settings, inserts, KILL QUERY by id.

Loopback only, one password, no compression, at most CONNECTIONS at a time. Errors carry the engine's own code in
X-ClickHouse-Exception-Code, so that a client sees the same as from a cluster. See docs/specs/store.md.
"""

from __future__ import annotations

import base64
import contextlib
import email.parser
import email.policy
import hmac
import json
import logging
import re
import select
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

from avow.definitions import StoreUnavailable
from avow.store.embedded.questions import is_id
from avow.store.embedded.statements import Statement, StatementFailed

log = logging.getLogger(__name__)

#: Largest body in bytes: a batch of 100,000 events is about 30 MB.
_MAX_BODY: Final = 256 << 20
#: Seconds after which an idle connection is closed.
_IDLE_SECONDS: Final = 120
#: Connections at a time, each of which has a thread; one more is answered 503, and its client asks again. Every web worker and
#: the storage process keep some open, and a worker asks few things at once.
CONNECTIONS: Final = 128
_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#: URL parameters that speak about the transport or the session, not about the statement.
_TRANSPORT: Final = frozenset(
    {
        "query", "database", "default_format", "query_id", "session_id", "session_timeout", "session_check", "user", "password",
        "wait_end_of_query", "send_progress_in_http_headers", "http_headers_progress_interval_ms", "enable_http_compression",
        "cancel_http_readonly_queries_on_client_close", "client_protocol_version", "buffer_size", "quota_key", "role", "compress",
        "decompress", "http_write_exception_in_output_format",
    }
)  # fmt: skip
_INSERT: Final = re.compile(rb"\s*INSERT\s+INTO\s+[^;]*?\sFORMAT\s+(\w+)[ \t]*(?:\r?\n|$)", re.IGNORECASE)
_FORMAT: Final = re.compile(r"\sFORMAT\s+\w+\s*;?\s*$", re.IGNORECASE)
_KILL: Final = re.compile(r"\s*KILL\s+QUERY\s+WHERE\s+query_id\s*=\s*\{(\w+):String\}\s+ASYNC\s*", re.IGNORECASE)
_INSERT_FORMATS_IN_SQL: Final = frozenset({b"VALUES"})
#: The engine's codes for what this side refuses; then the HTTP status by code, 500 when not listed.
_AUTHENTICATION, _TOO_LARGE, _CANNOT_PARSE, _COMPRESSION = 516, 307, 6, 89
_STATUS: Final = {
    _AUTHENTICATION: 401,
    _TOO_LARGE: 413,
    _CANNOT_PARSE: 400,
    _COMPRESSION: 400,
    60: 404,
    81: 404,
    62: 400,
    36: 400,
    47: 404,
    159: 408,
}


#: Runs a statement; calls the function from time to time, which says whether nobody waits for it any more.
Run = Callable[[Statement, Callable[[], bool]], bytes]
_Request = socket.socket | tuple[bytes, socket.socket]


class Server:
    """A listening server and its thread."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self.port = int(server.server_address[1])
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="engine-http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting and close the listening socket."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Listener(ThreadingHTTPServer):
    """The standard server with a longer queue and threads that do not hold up the end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._room = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request: _Request, client_address: Any) -> None:  # Any: the standard library's
        """Give a connection its thread, or send it away: this is the thread that takes all of them, and waits for none."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            cast("socket.socket", request).sendall(_FULL)
        self.shutdown_request(request)

    def process_request_thread(self, request: _Request, client_address: Any) -> None:  # Any: as above
        """Answer one connection, in its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Note what ended a connection without an answer, and nothing of its words: they could hold a value."""
        del request, client_address
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):  # that is a client who went away
            told = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
            log.error("a statement ended without an answer: %s", type(error).__name__, exc_info=told)


def serve(run: Run, end_by_id: Callable[[str], None], password: str) -> Server:
    """Listen on a free loopback port and hand each statement to `run`, with what says whether its client has gone.

    `end_by_id` ends a statement.
    """
    expected = "Basic " + base64.b64encode(f"avow:{password}".encode()).decode()

    class Handler(_Handler):
        """The handler of this server."""

        engine = staticmethod(run)
        end = staticmethod(end_by_id)
        authorization = expected
        key = password

    return Server(_Listener(("127.0.0.1", 0), Handler))


class _RequestRefused(Exception):
    """The request is not a statement that can be handed over: code and message for the client."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {message}")
        self.code = code


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client; keeps it open between statements."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    engine: Run
    end: Callable[[str], None]
    authorization: str
    key: str

    def do_GET(self) -> None:
        """Answer /ping and statements in the URL."""
        if urlsplit(self.path).path == "/ping":
            self._answer(200, b"Ok.\n", "")
        else:
            self._handle()

    def do_POST(self) -> None:
        """Answer statements in the body."""
        self._handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's signature
        """Log nothing: a URL carries parameters."""

    def _handle(self) -> None:
        """Read one statement, run it, answer with its result or with its error."""
        try:
            body = self._body()
            self._authorize()
            statement = _statement(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)), self._typed(body))
            if (named := _KILL.fullmatch(statement.sql)) is not None:
                self.end(statement.parameters.get(named[1], ""))
                self._answer(200, b"", "")
                return
            self._answer(200, self.engine(statement, self._is_left), statement.result_format)
        except (_RequestRefused, StatementFailed) as error:
            self._answer(_STATUS.get(error.code, 500), f"{error}\n".encode(), "", error.code)
        except StoreUnavailable as error:
            self._answer(503, f"{error}\n".encode(), "", 0)

    def _is_left(self) -> bool:
        """Return whether the client closed its connection: it sends nothing while it waits for an answer."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _typed(self, body: bytes) -> tuple[dict[str, str], bytes]:
        """Return the form fields and the plain body; long parameters come as multipart/form-data."""
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            return {}, body
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        fields: dict[str, str] = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(content, bytes):
                fields[name] = content.decode()
        return fields, b""

    def _authorize(self) -> None:
        """Let in who knows the password, by Basic authorization or X-ClickHouse-Key."""
        given = self.headers.get("Authorization", "")
        key = self.headers.get("X-ClickHouse-Key", "")
        if hmac.compare_digest(given.encode(), self.authorization.encode()) or hmac.compare_digest(
            key.encode(), self.key.encode()
        ):
            return
        raise _RequestRefused(_AUTHENTICATION, "Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)")

    def _body(self) -> bytes:
        """Read the whole body, counted; a body that is too large ends the connection."""
        if self.headers.get("Content-Encoding", "identity") != "identity":
            self.close_connection = True
            raise _RequestRefused(_COMPRESSION, "send the body without compression (compress=False): this is loopback")
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MAX_BODY:
            self.close_connection = True
            raise _RequestRefused(_TOO_LARGE, f"the body has {length} bytes, more than {_MAX_BODY}")
        return self.rfile.read(length) if length else b""

    def _chunks(self) -> bytes:
        """Read a body in chunks."""
        body = bytearray()
        while size := int(self.rfile.readline(32).split(b";")[0] or b"0", 16):
            if len(body) + size > _MAX_BODY:
                self.close_connection = True
                raise _RequestRefused(_TOO_LARGE, f"the body has more than {_MAX_BODY} bytes")
            body += self.rfile.read(size)
            self.rfile.readline(8)
        self.rfile.readline(8)
        return bytes(body)

    def _answer(self, status: int, body: bytes, result_format: str, code: int | None = None) -> None:
        """Send one whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if status == 200 else "text/plain; charset=UTF-8")  # noqa: PLR2004 - HTTP's OK
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-ClickHouse-Summary", json.dumps({"result_rows": "0"}))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        if result_format:
            self.send_header("X-ClickHouse-Format", result_format)
        if code is not None:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        self.end_headers()
        self.wfile.write(body)


def _statement(url: dict[str, str], sent: tuple[dict[str, str], bytes]) -> Statement:
    """Return the statement that URL parameters, form fields and body make together."""
    fields, body = sent
    values = {**url, **fields}
    query = values.get("query", "").encode()
    whole = query + b"\n" + body if query else body
    parameters = {name.removeprefix("param_"): value for name, value in values.items() if name.startswith("param_")}
    query_id = values.get("query_id", "")
    settings = {name: value for name, value in values.items() if name not in _TRANSPORT and not name.startswith("param_")}
    insert = _INSERT.match(whole)
    if insert and insert[1].upper() not in _INSERT_FORMATS_IN_SQL:
        sql = whole[: insert.start(1)].decode().rstrip()
        return Statement(
            re.sub(r"\sFORMAT$", "", sql, flags=re.IGNORECASE),
            settings=settings,
            data=whole[insert.end() :],
            data_format=insert[1].decode(),
        )
    sql = _text(whole)
    named = _FORMAT.search(sql)
    result_format = named[0].split()[1].rstrip(";") if named else values.get("default_format", "TabSeparated")
    return Statement(sql, result_format, parameters, settings, query_id=query_id if is_id(query_id) else "")


def _text(statement: bytes) -> str:
    """Return the statement as text; raise when there is none."""
    try:
        text = statement.decode().strip()
    except UnicodeDecodeError as error:
        raise _RequestRefused(_CANNOT_PARSE, "the statement is not UTF-8") from error
    if not text:
        raise _RequestRefused(_CANNOT_PARSE, "empty statement")
    return text
