"""The collection endpoints: what they remember of pixels and senders, and for how long."""

import asyncio
from datetime import date

import msgspec
import pytest
from tests.conftest import wait_for

from avow.collection import remembered as memory
from avow.collection.limits.event_leases import POINT
from avow.web.exchange import Exchange

from .serving import ORIGIN

PEER = "203.0.113.9"
HOST = (b"host", b"testserver")
HERE = ORIGIN.encode()
PROXIED = f'[listen]\ntrusted_proxies = ["{PEER}"]'


class Client:
    """The other end of a connection, which notes how it was answered."""

    client = PEER
    is_lost = False

    def __init__(self):
        self.answered = asyncio.Event()
        self.status, self.head = 0, b""

    def finish(self, _exchange, prepared, _body):
        self.status, self.head = int(prepared.split()[1]), prepared
        self.answered.set()


def ask(house, method, target, *lines, body=b""):
    """Have an HTTP request answered by the worker's door; return the client once it was."""

    async def run():
        client = Client()
        exchange = Exchange(client, method, target, list(lines), dict(reversed(lines)))
        exchange.body = body
        house.door.way(exchange).take(exchange)
        await client.answered.wait()
        return client

    return house.loop.call(run)


def fetch(house, query, *lines):
    """Fetch the beacon from a browser; return the status."""
    return ask(house, "GET", b"/avow/pixel.gif?" + query, *lines).status


def kept(house):
    """Return the pages of what was kept, in the order in which it came."""
    house.run("drain")
    return [row.page for row in house.engine.inserted]


def remembered(house):
    """Return how many senders, and how many addresses of pixels, are remembered."""
    taking = house.front.taking
    return len(taking.senders._known.found), len(taking.intake.pixels._read.found)


def test_a_beacon_that_names_no_page_counts_the_page_that_fetched_it(house):
    """Each page its own, the second time as the first; what the beacon itself says comes first."""
    for _ in range(2):
        for page in (b"/a", b"/b?canary"):
            assert fetch(house, b"", HOST, (b"referer", HERE + page)) == 200
    assert fetch(house, b"page=/c", HOST, (b"referer", HERE + b"/a")) == 200
    assert kept(house) == ["/a", "/b", "/a", "/b", "/c"]


@pytest.mark.parametrize(
    "header", [(b"sec-purpose", b"prefetch;prerender"), (b"sec-purpose", b"prefetch"), (b"purpose", b"prefetch")]
)
def test_a_beacon_of_a_page_that_nobody_looks_at_yet_is_not_counted(house, header):
    """A browser that prepares a page gets the image as everybody does, and nothing is kept of it."""
    assert fetch(house, b"page=/a", HOST, header) == 200
    assert fetch(house, b"page=/b", HOST) == 200
    assert kept(house) == ["/b"]


def test_a_field_that_stands_twice_in_a_pixel_is_told(house):
    """The first value is kept, and the other is not lost without a word."""
    client = ask(house, "GET", b"/avow/pixel.gif?page=/a&page=/b")
    assert kept(house) == ["/a"]
    assert b"avow-dropped: page: the field came twice" in client.head


def test_what_was_said_leaves_memory_by_the_clock(house, monkeypatch):
    """Addresses, cookies and pages are remembered for a minute, whether or not anybody comes again."""
    monkeypatch.setattr(memory, "REMEMBERED_SECONDS", 0.5)
    for _ in range(2):
        fetch(house, b"page=/a", (b"cookie", b"a=b"))
        assert remembered(house) == (1, 1)
        wait_for(lambda: remembered(house) == (0, 0), what="the end of what is remembered")


def test_what_is_long_is_not_remembered(house):
    """A stranger who sends another long cookie and page each time fills no memory; what they say counts all the same."""
    long = b"x" * (memory.REMEMBERED_BYTES + 1)
    for number in range(3):
        assert fetch(house, b"page=/%d&other=%s" % (number, long), (b"cookie", b"%d=%s" % (number, long))) == 200
    assert kept(house) == ["/0", "/1", "/2"]
    assert remembered(house) == (0, 0)


def test_so_many_are_remembered_and_no_more(house, monkeypatch):
    """Beyond that, pages are read each time, and senders begin again."""
    monkeypatch.setattr(memory, "REMEMBERED", 10)
    for number in range(25):
        fetch(house, b"page=/%d" % number, (b"cookie", b"a=%d" % number))
        assert max(remembered(house)) <= 10
    assert len(kept(house)) == 25


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([(b"cookie", b"a=b")], (b"cookie", b"avow_choices=v1.audience-measurement.returning-visitors")),
        ([(b"sec-gpc", b"0")], (b"sec-gpc", b"1")),
    ],
)
def test_what_a_second_line_says_counts_at_once(house, before, after):
    """Proxies send cookies one by one: a no in the second line is not passed over because the first was seen before."""
    assert fetch(house, b"page=/a", *before) == 200
    assert fetch(house, b"page=/b", *before, after) == 200
    assert kept(house) == ["/a"]


@pytest.mark.parametrize("lines", [["6.6.6.6", "192.0.2.5"], ["6.6.6.6, 192.0.2.5"]])
def test_a_proxy_may_add_a_line_of_its_own(serving, lines):
    """Of several X-Forwarded-For lines the last is the proxy's; what a stranger put before it is not believed."""
    senders = serving(extra=PROXIED).front.taking.senders
    exchange = Exchange(Client(), "GET", b"/", [(b"x-forwarded-for", one.encode()) for one in lines], {})
    assert senders.sender(exchange.client, exchange.headers.get_all).address == "192.0.2.5"


@pytest.mark.parametrize(
    ("page", "status"), [(b"https://elsewhere.example/p", 403), (b"null", 403), (HERE + b":8443/p", 200), (b"", 200)]
)
def test_page_of_another_site_is_told_by_its_address_too(house, page, status):
    """Without TLS, and before 2023, browsers do not say "cross-site"; and they leave the visitor's choices at home."""
    lines = [HOST, (b"user-agent", b"Mozilla/5.0"), *([(b"referer", page)] if page else [])]
    assert fetch(house, b"page=/p", *lines) == status
    sent = [(b"origin" if name == b"referer" else name, value) for name, value in lines]
    answer = ask(house, "POST", b"/avow/events", *sent, body=b'{"events": [{"point": "page-view", "page": "/p"}]}')
    assert answer.status == (403 if status == 403 else 204)
    assert len(kept(house)) == (0 if status == 403 else 2)


def send(house, address, events=1):
    """Send a batch of views through the proxy; return the status."""
    body = msgspec.json.encode({"events": [{"point": "page-view", "page": "/a"}] * events})
    return ask(house, "POST", b"/avow/events", HOST, (b"x-forwarded-for", address), body=body).status


def test_one_sender_sends_no_more_events_than_it_may(serving):
    """Events and pixels beyond the limit are 429 and counted, and nobody else's are."""
    house = serving(extra=f"{PROXIED}\n[intake]\nevents_per_minute = 100")
    statuses = [send(house, b"198.51.100.7", 5) for _ in range(40)]
    assert send(house, b"198.51.100.8") == send(house, b"127.0.0.1") == 204
    assert fetch(house, b"", (b"x-forwarded-for", b"198.51.100.7")) == 429
    assert statuses == sorted(statuses)
    assert 20 <= statuses.count(204) <= 24, "what is asked for is on its way while events go on"
    house.shared.flush()
    (row,) = house.rooms.evidence.refusals(date.min)
    assert (row.point, row.rule) == (POINT, "avow.toml [intake] events_per_minute")
