"""Places of forms with files: few at once, and of one sender fewer, so that nobody closes a form alone."""

import asyncio
from collections import Counter

import pytest

from avow.web.door import UPLOADS_AT_ONCE, UPLOADS_OF_ONE, Door
from avow.web.exchange import Exchange

from .test_collect import Client, Memory, collecting

PROXY = "203.0.113.9"


class Quiet:
    """Endpoints that nothing is sent to here."""

    def take(self, _exchange):
        raise AssertionError


@pytest.fixture
def place():
    """Begin an upload of an address; the pages answer when they are let go."""
    go = asyncio.Event()

    async def pages(_scope, _receive, send):
        await go.wait()
        await send({"type": "http.response.start", "status": 303, "headers": []})

    door = Door(collecting(Memory(), PROXY), Quiet(), Quiet(), pages, {"/avow/forms/": lambda _: 1_000}, Counter())

    def begin(address):
        client = Client()
        line = (b"x-forwarded-for", address.encode())
        exchange = Exchange(client, "POST", b"/avow/forms/job-application", [line], dict([line]))
        way = door.way(exchange)
        assert way.streams
        way.take(exchange)
        return client.answers

    return begin, go


def test_one_sender_has_fewer_places_than_there_are(place):
    """A third upload of one network is told to come back; others have the rest; all have theirs again afterwards."""
    begin, go = place

    async def run():
        mine = [begin(f"2001:db8::{number}") for number in range(UPLOADS_OF_ONE + 1)]
        others = [begin(f"198.51.100.{number}") for number in range(UPLOADS_AT_ONCE - UPLOADS_OF_ONE + 1)]
        assert mine == [[]] * UPLOADS_OF_ONE + [[b"503"]]
        assert others == [[]] * (UPLOADS_AT_ONCE - UPLOADS_OF_ONE) + [[b"503"]]
        go.set()
        await asyncio.sleep(0.05)
        assert mine + others == [[b"303"]] * 2 + [[b"503"]] + [[b"303"]] * 2 + [[b"503"]]
        assert begin("2001:db8::1") == []

    asyncio.run(run())


def test_a_proxy_on_this_machine_that_nobody_named_is_no_sender(place):
    """It speaks for everybody: only the places of all are counted."""
    begin, _ = place

    async def run():
        assert [begin("127.0.0.1") for _ in range(UPLOADS_AT_ONCE + 1)] == [[]] * UPLOADS_AT_ONCE + [[b"503"]]

    asyncio.run(run())
