"""HTTP/1.1 of the workers, over real sockets: what is read, in which order it is answered, and what is refused."""

import asyncio
import contextlib
import socket
import sys
import threading
import time

import pytest
import uvloop

from avow.web import http1
from avow.web.exchange import BodyRefused, head
from avow.web.http1 import Connections, Way

#: More than the kernel's buffers between two sockets take.
LARGE = 24_000_000
PIECE = 60_000
GET = b"GET /%s HTTP/1.1\r\nHost: x\r\n%s\r\n"


class Doors:
    """Echoes target and body: at once, later, or piece by piece; senders say who they are."""

    begun = streamed = 0

    def sender(self, exchange):
        return exchange.headers.get("x-sender") or ""

    def way(self, exchange):
        if exchange.raw_path == b"/refused":
            raise BodyRefused(503, "Not now.")
        if exchange.raw_path == b"/broken":
            return Way(0, lambda _: 1 / 0)
        if exchange.raw_path == b"/pieces":
            return Way(1_000_000, lambda one: self._start(self._count(one)), streams=True)
        if exchange.raw_path == b"/later":
            return Way(1_000_000, lambda one: self._start(self._later(one)))
        if exchange.raw_path == b"/large":
            return Way(0, lambda one: one.answer(200, [], b"x" * LARGE))
        if exchange.raw_path in {b"/streamed", b"/cut"}:
            whole = LARGE // PIECE
            return Way(0, lambda one: self._start(self._stream(one, pieces=whole if one.raw_path == b"/streamed" else whole - 1)))
        return Way(1000, self._echo, is_hot=exchange.raw_path == b"/hot")

    async def _stream(self, exchange, *, pieces):
        exchange.begin(200, [], LARGE)
        for number in range(pieces):
            await exchange.send(bytes([number % 251]) * PIECE)
            Doors.streamed = (number + 1) * PIECE
        exchange.end()

    def _echo(self, exchange):
        exchange.answer(
            200, [("x-path", exchange.path), ("x-version", exchange.version)], exchange.raw_path + b" " + exchange.body
        )

    async def _later(self, exchange):
        await asyncio.sleep(0.05)
        self._echo(exchange)

    async def _count(self, exchange):
        Doors.begun += 1
        try:
            sizes = [len(piece) async for piece in exchange.pieces()]
        except BodyRefused as refused:
            exchange.answer_error(refused.status, refused.words)
            return
        exchange.answer(200, [], b"%d bytes" % sum(sizes))

    def _start(self, work):
        self.task = asyncio.get_running_loop().create_task(work)


@pytest.fixture(scope="module")
def port():
    """One worker's connections on a loop in a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    loop, ready, stop = uvloop.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve():
        connections = Connections(Doors(), loop)
        server = await connections.listen(listener)
        ready.set()
        await stop.wait()
        server.close()
        await connections.stop(1)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    yield listener.getsockname()[1]
    loop.call_soon_threadsafe(stop.set)
    thread.join()


def sent(port, *parts, half_close=True):
    """Send the parts one after the other; return all that comes back until the server closes."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, contextlib.suppress(ConnectionError):
        for part in parts:
            connection.sendall(part)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65536):
            received += part
    return received


def post(path, body, *more):
    return b"\r\n".join([b"POST /%s HTTP/1.1" % path, b"Host: x", b"Content-Length: %d" % len(body), *more, b"", body])


def test_requests_of_one_connection_are_answered_in_their_order(port):
    """Sent at once, a slow one first, each answer stands where its request stood."""
    answer = sent(port, post(b"later", b"one") + post(b"a", b"two") + GET % (b"b?q=1", b"") + post(b"later", b"four"))
    assert answer.count(b"HTTP/1.1 200 OK") == 4
    places = [answer.index(body) for body in (b"/later one", b"/a two", b"/b ", b"/later four")]
    assert places == sorted(places)


def test_a_request_may_come_byte_by_byte(port):
    """However the network cuts a request, it is the same request."""
    request = post(b"a", b"body")
    assert b"/a body" in sent(port, *(request[place : place + 1] for place in range(len(request))))


def test_what_comes_during_an_answer_is_read_after_it(port):
    """More than is read ahead waits in the client, and none of it is lost."""
    requests = [post(b"later", b"x")] + [post(b"a", b"y" * 900)] * 150
    assert sent(port, b"".join(requests)).count(b"HTTP/1.1 200") == 151


def test_head_has_no_body_and_says_its_length(port):
    """HEAD is answered as GET is, without the body."""
    answer = sent(port, b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"content-length: 3\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_target_may_name_the_host(port):
    """The absolute form is the same page, and a path is decoded (RFC 9112, section 3.2.2)."""
    assert b"x-path: /a b\r\n" in sent(port, b"GET http://x/a%20b?c HTTP/1.1\r\nHost: x\r\n\r\n")


@pytest.mark.parametrize("space", [b"", b" ", b"\t ", b"   "])
def test_space_around_a_value_is_no_part_of_it(port, space):
    """Whatever a header is for (RFC 9112, section 5.1)."""
    request = b"POST /a HTTP/1.1\r\nHost:%sx%s\r\nContent-Length:%s3%s\r\n\r\nabc" % (space, space, space, space)
    assert b"/a abc" in sent(port, request)


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_the_version_is_the_one_that_was_spoken(port, version):
    """Pages are told HTTP/1.0 where a client or a proxy speaks it."""
    assert b"x-version: %s\r\n" % version in sent(port, b"GET / HTTP/%s\r\nHost: x\r\n\r\n" % version)


def test_a_client_that_asks_first_is_told_to_go_on(port):
    """Expect: 100-continue is answered before the body comes (RFC 9110, section 10.1.1)."""
    request = post(b"a", b"body", b"Expect: 100-continue")
    assert sent(port, request[:-4], request[-4:]).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


def test_pieces_of_a_body_are_handed_on_as_they_come(port):
    """A body far larger than what waits at once arrives whole."""
    assert b"900000 bytes" in sent(port, post(b"pieces", b"z" * 900_000))
    assert b"0 bytes" in sent(port, post(b"pieces", b""))


def test_a_body_that_breaks_off_is_told_to_its_reader(port):
    """Who reads pieces hears that the client went away; who waits for a whole body is never called."""
    cut = post(b"pieces", b"z" * 100_000)[:-500]
    assert sent(port, cut).startswith(b"HTTP/1.1 400")
    assert sent(port, post(b"a", b"z" * 100)[:-50]) == b""


@pytest.mark.parametrize("connection", [b"Connection: close", b"Connection: Upgrade, close\r\nUpgrade: h2c"])
def test_the_last_answer_says_so(port, connection):
    """After it nothing is read as a request, and the connection ends."""
    answer = sent(port, GET % (b"a", connection + b"\r\n") + GET % (b"b", b""), half_close=False)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"connection: close\r\n" in answer


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /a HTTP/1.1\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"NONSENSE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello", 400),
        (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413),
        (GET % (b"a" * 9000, b""), 414),
        (GET % (b"a", b"X: y\r\n" * 200), 431),
        (GET % (b"a", b"".join(b"X-%d: y\r\n" % number for number in range(http1.HEADERS))), 431),
        (GET % (b"a", b"X: " + b"y" * 70_000 + b"\r\n"), 431),
        (GET % (b"refused", b""), 503),
    ],
)
def test_what_is_refused_is_answered_and_the_rest_is_not_read(port, request_bytes, status):
    """What could be read in two ways, is too large or malformed: an error, and nothing behind it is taken as a request."""
    answer = sent(port, request_bytes, GET % (b"smuggled", b""), half_close=False)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"smuggled" not in answer
    assert answer.count(b"HTTP/1.1") == 1


def test_as_many_connections_wait_as_are_meant_to():
    """The loop listens again on a socket that is handed to it, and keeps its backlog (tcp_info of a listener: linux/tcp.h)."""
    loop = uvloop.new_event_loop()

    async def backlog():
        connections = Connections(Doors(), loop)
        with socket.create_server(("127.0.0.1", 0), backlog=http1.BACKLOG) as listener:
            server = await connections.listen(listener)
            most = int.from_bytes(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)[28:32], sys.byteorder)
            server.close()
        await connections.stop(0)
        return most

    assert loop.run_until_complete(backlog()) == http1.BACKLOG
    loop.close()


def test_a_failure_is_a_number_and_the_next_request_is_answered(port, caplog):
    """Whatever a room raises, the client reads a number that the log has too, and no trace."""
    answer = sent(port, GET % (b"broken", b"") + GET % (b"a", b""))
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"division" not in answer
    assert b"/a " in answer
    assert caplog.records[0].args[0] in answer.decode()


def test_a_header_with_a_line_break_is_never_sent():
    """What somebody typed cannot become a header of its own (RFC 9112, section 11.1)."""
    for name, value in (("location", "/a\r\nset-cookie: b"), ("x\n", "y"), ("x", "\0")):
        with pytest.raises(ValueError, match="line break"):
            head(303, [(name, value)], 0)


def test_bodies_that_no_worker_can_hold_are_refused(port, monkeypatch):
    """Beyond what a worker holds the answer is 503, and what was held is let go of with each answer."""
    for _ in range(5):
        assert b"HTTP/1.1 200" in sent(port, post(b"later", b"x" * 1000))
    monkeypatch.setattr(http1, "RESERVE_BYTES", 0)
    monkeypatch.setattr(http1, "PENDING_BYTES", 500)
    assert sent(port, post(b"later", b"x" * 501)).startswith(b"HTTP/1.1 503")
    assert b"HTTP/1.1 200" in sent(port, post(b"later", b"x" * 400))


@contextlib.contextmanager
def half(port, request, unsent, count=1):
    """So many connections that each keep back the last bytes of a request."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            connection.sendall(request[:-unsent])
        assert b"HTTP/1.1 200" in sent(port, GET % (b"a", b""))  # what came before it is read
        yield


def test_a_body_that_is_only_announced_holds_nothing(port, monkeypatch):
    """However many say that much will come: others are taken."""
    monkeypatch.setattr(http1, "RESERVE_BYTES", 0)
    monkeypatch.setattr(http1, "PENDING_BYTES", 2_000)
    with half(port, post(b"a", b"x" * 900), 900, count=20):
        assert b"HTTP/1.1 200" in sent(port, post(b"a", b"x" * 900))


@pytest.mark.parametrize("path", [b"a", b"hot"])
def test_a_sender_holds_no_more_than_its_share(port, monkeypatch, path):
    """What came and is not whole is counted for its sender; others go on, and so does the sender after the answer."""
    monkeypatch.setattr(http1, "SHARE_BYTES", 1_500)
    many, other = b"X-Sender: many", b"X-Sender: other"
    with half(port, post(path, b"x" * 1000, many), 1):
        refused = sent(port, post(path, b"x" * 1000, many)[:-1], half_close=False)
        assert refused.startswith(b"HTTP/1.1 429")
        assert b"retry-after: 5" in refused
        assert b"HTTP/1.1 200" in sent(port, post(path, b"x" * 1000, other))
    assert b"HTTP/1.1 200" in sent(port, post(path, b"x" * 1000, many))


def test_hot_endpoints_have_a_reserve(port, monkeypatch):
    """Where pages hold all that they may, an event is still taken."""
    monkeypatch.setattr(http1, "RESERVE_BYTES", 1_500)
    monkeypatch.setattr(http1, "PENDING_BYTES", 3_000)
    with half(port, post(b"a", b"x" * 1000), 1):
        assert sent(port, post(b"a", b"x" * 1000)).startswith(b"HTTP/1.1 503")
        assert b"HTTP/1.1 200" in sent(port, post(b"hot", b"x" * 1000))


def test_a_body_in_pieces_is_handed_on_once_it_moves(port, monkeypatch):
    """Who only announces it, or drips, takes nobody's place; a small one comes whole."""
    monkeypatch.setattr(http1, "MOVED_BYTES", 500)
    monkeypatch.setattr(http1, "BODY_SECONDS", 0.2)
    begun = Doors.begun
    assert sent(port, post(b"pieces", b"x" * 1000)[:-501], half_close=False).startswith(b"HTTP/1.1 408")
    assert Doors.begun == begun
    assert b"400 bytes" in sent(port, post(b"pieces", b"x" * 400))
    assert b"2000 bytes" in sent(port, post(b"pieces", b"x" * 2000))


def test_a_body_in_pieces_has_to_keep_its_pace(port, monkeypatch):
    """A byte now and then does not keep it open: its seconds are for so many bytes, not for the next one."""
    monkeypatch.setattr(http1, "MOVED_BYTES", 500)
    monkeypatch.setattr(http1, "BODY_SECONDS", 0.4)
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=0.05) as drips:
        drips.sendall(post(b"pieces", b"x" * 1000)[:-499])
        for _ in range(200):
            with contextlib.suppress(TimeoutError, ConnectionError):
                drips.sendall(b"x")
                received += drips.recv(65536)
            if received:
                break
    assert received.startswith(b"HTTP/1.1 408")


def test_who_sends_half_a_request_is_cut_off(port, monkeypatch):
    """Half a head or half a body is 408 after its seconds; an idle connection is closed without a word."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS"):
        monkeypatch.setattr(http1, name, 0.2)
    assert sent(port, b"GET /a HT", half_close=False).startswith(b"HTTP/1.1 408")
    assert sent(port, post(b"a", b"12345")[:-1], half_close=False).startswith(b"HTTP/1.1 408")
    assert sent(port, post(b"pieces", b"12345")[:-1], half_close=False).startswith(b"HTTP/1.1 408")
    assert sent(port, half_close=False) == b""


def test_a_slow_client_gets_all_of_its_last_answer(port, monkeypatch):
    """As long as it takes something it is waited for; one that takes nothing loses its connection."""
    monkeypatch.setattr(http1, "LINGER_SECONDS", 0.1)
    monkeypatch.setattr(http1, "WRITE_SECONDS", 1.0)
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(GET % (b"large", b"Connection: close\r\n"))
        for _ in range(6):
            time.sleep(0.4)
            received += slow.recv(2_000_000)
        while part := slow.recv(1_000_000):
            received += part
    assert received.endswith(b"x" * 100)
    assert len(received) > LARGE


def read_all(client):
    """Return what is sent until the end of a connection."""
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(1_000_000):
            received += part
    return bytes(received)


def test_an_answer_in_pieces_is_made_as_it_is_taken(port):
    """With its size before, in order; of a client that takes nothing, no more is in memory than the buffers hold."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(GET % (b"streamed", b""))
        begun = slow.recv(100_000)
        before = -1
        while before != Doors.streamed:  # until nothing moves any more
            before = Doors.streamed
            time.sleep(0.2)
        assert Doors.streamed < LARGE
        answered, _, body = (begun + read_all(slow)).partition(b"\r\n\r\n")
    assert f"content-length: {LARGE}".encode() in answered
    assert b"connection: close" in answered
    assert body == b"".join(bytes([number % 251]) * PIECE for number in range(LARGE // PIECE))


def test_an_answer_in_pieces_that_breaks_off_is_no_whole_one(port):
    """Its connection is cut before all of the announced size was sent: no client takes it for the file."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(GET % (b"cut", b""))
        received = read_all(client)
    assert f"content-length: {LARGE}".encode() in received
    assert len(received) < LARGE


def test_the_head_of_an_answer_in_pieces_has_its_size_alone(port):
    """HEAD: as of GET, without the body (RFC 9110, section 9.3.2)."""
    answer = sent(port, (GET % (b"streamed", b"")).replace(b"GET", b"HEAD"))
    assert answer.endswith(b"\r\n\r\n")
    assert f"content-length: {LARGE}".encode() in answer


def test_who_leaves_in_the_middle_of_an_answer_ends_it(port):
    """And the next one is answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(GET % (b"streamed", b""))
        client.recv(1000)
    assert sent(port, GET % (b"a", b"")).startswith(b"HTTP/1.1 200")
