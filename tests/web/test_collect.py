"""The collection endpoints: what they remember of pixels and senders, and for how long."""

import asyncio
from datetime import date
from pathlib import Path

import msgspec
import pytest

from avow.collection import remembered as memory
from avow.collection.accept import Collector
from avow.collection.intake import Intake
from avow.collection.limits.event_leases import POINT, EventLeases
from avow.collection.limits.sender_counts import Counts
from avow.collection.refusals import Refusals
from avow.collection.senders import Senders
from avow.definitions import EventBatch
from avow.policy import compile_text, law
from avow.web.collect import Collect
from avow.web.exchange import Exchange

POLICY = Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md"
NOW_MS = 1_795_003_200_000
HOST = (b"host", b"marrowby.example")
DECODER = msgspec.msgpack.Decoder(EventBatch)


class Memory:
    """A spool in memory: durable at once."""

    def __init__(self):
        self.pages, self.batches = [], []

    def append_then(self, record, done):
        batch = DECODER.decode(record)
        self.batches.append(batch)
        self.pages += [event.get("page") for event in batch.events]
        done(None)


class Visits:
    """One visit for everybody."""

    def visit(self, _address, _agent, _today):
        return 7


class Client:
    """A connection that notes how it was answered."""

    client = "203.0.113.9"
    is_lost = False

    def __init__(self):
        self.answers, self.heads = [], []

    def finish(self, _exchange, prepared, _body):
        self.answers.append(prepared.split()[1])
        self.heads.append(prepared)


@pytest.fixture
def kept():
    return Memory()


@pytest.fixture
def endpoint(kept):
    return collecting(kept)


def collecting(kept, *trusted, events_per_minute=0):
    """Return the endpoints behind these proxies."""
    rulebook = compile_text(POLICY.read_text(encoding="utf-8"), POLICY.name, law.tables(), date(2026, 11, 23)).rulebook
    collector = Collector(rulebook, "marrowby.example", kept, Visits(), Refusals())
    senders = Senders(collector, EventLeases(Counts(), events_per_minute), trusted, "token")
    return Collect(Intake(collector, senders), lambda: NOW_MS, is_secure=False)


def remembered(endpoint):
    """Return how many senders, and how many addresses of pixels, are remembered."""
    return len(endpoint.senders._known.found), len(endpoint._intake.pixels._read.found)


def fetch(endpoint, query, *lines):
    """Fetch the beacon from a browser; return the status."""
    client = Client()
    exchange = Exchange(client, "GET", b"/avow/pixel.gif?" + query, list(lines), dict(reversed(lines)))
    endpoint.pixel(exchange)
    (status,) = client.answers
    return int(status)


def test_a_beacon_that_names_no_page_counts_the_page_that_fetched_it(endpoint, kept):
    """Each page its own, the second time as the first; what the beacon itself says comes first."""

    async def run():
        for _ in range(2):
            for page in (b"/a", b"/b?canary"):
                assert fetch(endpoint, b"", HOST, (b"referer", b"https://marrowby.example" + page)) == 200
        assert fetch(endpoint, b"page=/c", HOST, (b"referer", b"https://marrowby.example/a")) == 200

    asyncio.run(run())
    assert kept.pages == ["/a", "/b", "/a", "/b", "/c"]


@pytest.mark.parametrize(
    "header", [(b"sec-purpose", b"prefetch;prerender"), (b"sec-purpose", b"prefetch"), (b"purpose", b"prefetch")]
)
def test_a_beacon_of_a_page_that_nobody_looks_at_yet_is_not_counted(endpoint, kept, header):
    """A browser that prepares a page gets the image as everybody does, and nothing is kept of it."""

    async def run():
        assert fetch(endpoint, b"page=/a", HOST, header) == 200
        assert fetch(endpoint, b"page=/b", HOST) == 200

    asyncio.run(run())
    assert kept.pages == ["/b"]


def test_a_field_that_stands_twice_in_a_pixel_is_told(endpoint, kept):
    """The first value is kept, and the other is not lost without a word."""
    client = Client()

    async def run():
        endpoint.pixel(Exchange(client, "GET", b"/avow/pixel.gif?page=/a&page=/b", [], {}))

    asyncio.run(run())
    assert kept.pages == ["/a"]
    assert b"avow-dropped: page: the field came twice" in client.heads[0]


def test_what_was_said_leaves_memory_by_the_clock(endpoint, monkeypatch):
    """Addresses, cookies and pages are remembered for a minute, whether or not anybody comes again."""
    monkeypatch.setattr(memory, "REMEMBERED_SECONDS", 0.05)

    async def run():
        fetch(endpoint, b"page=/a", (b"cookie", b"a=b"))
        assert remembered(endpoint) == (1, 1)
        await asyncio.sleep(0.2)
        assert remembered(endpoint) == (0, 0)
        fetch(endpoint, b"page=/a", (b"cookie", b"a=b"))
        assert remembered(endpoint) == (1, 1)

    asyncio.run(run())


def test_what_is_long_is_not_remembered(endpoint, kept):
    """A stranger who sends another long cookie and page each time fills no memory; what they say counts all the same."""
    long = b"x" * (memory.REMEMBERED_BYTES + 1)

    async def run():
        for number in range(3):
            assert fetch(endpoint, b"page=/%d&other=%s" % (number, long), (b"cookie", b"%d=%s" % (number, long))) == 200

    asyncio.run(run())
    assert kept.pages == ["/0", "/1", "/2"]
    assert remembered(endpoint) == (0, 0)


def test_so_many_are_remembered_and_no_more(endpoint, kept, monkeypatch):
    """Beyond that, pages are read each time, and senders begin anew."""
    monkeypatch.setattr(memory, "REMEMBERED", 10)

    async def run():
        for number in range(25):
            fetch(endpoint, b"page=/%d" % number, (b"cookie", b"a=%d" % number))
            assert max(remembered(endpoint)) <= 10

    asyncio.run(run())
    assert len(kept.pages) == 25


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([(b"cookie", b"a=b")], (b"cookie", b"avow_choices=v1.audience-measurement.returning-visitors")),
        ([(b"sec-gpc", b"0")], (b"sec-gpc", b"1")),
    ],
)
def test_what_a_second_line_says_counts_at_once(endpoint, kept, before, after):
    """Proxies send cookies one by one: a no in the second line is not passed over because the first was seen before."""

    async def run():
        assert fetch(endpoint, b"page=/a", *before) == 200
        assert fetch(endpoint, b"page=/b", *before, after) == 200

    asyncio.run(run())
    assert kept.pages == ["/a"]


@pytest.mark.parametrize("lines", [["6.6.6.6", "192.0.2.5"], ["6.6.6.6, 192.0.2.5"]])
def test_a_proxy_may_add_a_line_of_its_own(kept, lines):
    """Of several X-Forwarded-For lines the last is the proxy's; what a stranger put before it is not believed."""
    endpoint = collecting(kept, Client.client)
    exchange = Exchange(Client(), "GET", b"/", [(b"x-forwarded-for", one.encode()) for one in lines], {})
    assert endpoint.senders.sender(exchange.client, exchange.headers.get_all).address == "192.0.2.5"


@pytest.mark.parametrize(
    ("page", "status"),
    [(b"https://elsewhere.example/p", 403), (b"null", 403), (b"https://marrowby.example:8443/p", 200), (b"", 200)],
)
def test_page_of_another_site_is_told_by_its_address_too(endpoint, kept, page, status):
    """Without TLS, and before 2023, browsers do not say "cross-site"; and they leave the visitor's choices at home."""
    lines = [HOST, (b"user-agent", b"Mozilla/5.0"), *([(b"referer", page)] if page else [])]
    client, body = Client(), b'{"events": [{"point": "page-view", "page": "/p"}]}'

    async def run():
        assert fetch(endpoint, b"page=/p", *lines) == status
        sent = [(b"origin" if name == b"referer" else name, value) for name, value in lines]
        exchange = Exchange(client, "POST", b"/avow/events", sent, dict(reversed(sent)))
        exchange.body = body
        endpoint.events(exchange)

    asyncio.run(run())
    assert [int(one) for one in client.answers] == [403 if status == 403 else 204]
    assert len(kept.pages) == (0 if status == 403 else 2)


def send(endpoint, address, events=1):
    """Send a batch of views through the proxy; return the status."""
    client = Client()
    lines = [HOST, (b"x-forwarded-for", address)]
    exchange = Exchange(client, "POST", b"/avow/events", lines, dict(lines))
    exchange.body = msgspec.json.encode({"events": [{"point": "page-view", "page": "/a"}] * events})
    endpoint.events(exchange)
    return int(client.answers[0])


def test_one_sender_sends_no_more_events_than_it_may(kept):
    """Events and pixels beyond the limit are 429 and counted, and nobody else's are."""
    endpoint = collecting(kept, Client.client, events_per_minute=100)

    async def run():
        statuses = []
        for _ in range(40):
            statuses.append(send(endpoint, b"198.51.100.7", 5))
            await asyncio.sleep(0.005)
        assert send(endpoint, b"198.51.100.8") == send(endpoint, b"127.0.0.1") == 204
        assert fetch(endpoint, b"", (b"x-forwarded-for", b"198.51.100.7")) == 429
        return statuses

    statuses = asyncio.run(run())
    assert statuses == sorted(statuses)
    assert 20 <= statuses.count(204) <= 24, "what is asked for is on its way while events go on"
    (row,) = endpoint._intake._collector.refusals._counts._counts
    assert (row.point, row.rule) == (POINT, "avow.toml [intake] events_per_minute")
