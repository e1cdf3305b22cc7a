"""Places of forms with files: few at once, and of one sender fewer, so that nobody closes a form alone."""

import asyncio

import pytest

from avow.web.door import UPLOADS_AT_ONCE, UPLOADS_OF_ONE
from avow.web.exchange import Exchange

from .test_collect import PROXIED, Client

FORM = (b"content-type", b"multipart/form-data; boundary=x")


class Uploading(Client):
    """A connection on which an application comes in, which ends when the test says so; `status` 0: not answered yet."""

    def __init__(self, door, address):
        super().__init__()
        lines = [FORM, (b"x-forwarded-for", address.encode())]
        self.exchange = Exchange(self, "POST", b"/avow/forms/job-application", lines, dict(lines))
        way = door.way(self.exchange)
        assert way.streams
        self.pieces = self.exchange.stream()
        way.take(self.exchange)

    def awaits_piece(self):
        """Nothing is late here."""

    def resume_reading(self):
        """Nor is anything too much."""

    async def end(self):
        """Let the last piece come, and wait for the answer."""
        self.pieces.add(b"--x--\r\n")
        self.pieces.end()
        await self.answered.wait()


@pytest.fixture
def uploading(serving):
    """Run a test of one event loop: `uploading(test)`, which gets a function that begins an upload of an address."""
    house = serving(extra=PROXIED)

    async def run(test):
        begun = []

        def begin(address):
            begun.append(Uploading(house.door, address))
            return begun[-1]

        await test(begin)
        await asyncio.gather(*(one.end() for one in begun))

    return lambda test: house.loop.call(run, test)


def test_one_sender_has_fewer_places_than_there_are(uploading):
    """A third upload of one network is told to come back; others have the rest; all have theirs again afterwards."""

    async def test(begin):
        mine = [begin(f"2001:db8::{number}") for number in range(UPLOADS_OF_ONE + 1)]
        others = [begin(f"198.51.100.{number}") for number in range(UPLOADS_AT_ONCE - UPLOADS_OF_ONE + 1)]
        assert [one.status for one in mine] == [0] * UPLOADS_OF_ONE + [503]
        assert [one.status for one in others] == [0] * (UPLOADS_AT_ONCE - UPLOADS_OF_ONE) + [503]
        await asyncio.gather(*(one.end() for one in mine + others))
        assert {one.status for one in mine[:-1] + others[:-1]} == {428}
        assert begin("2001:db8::1").status == 0

    uploading(test)


def test_a_proxy_on_this_machine_that_nobody_named_is_no_sender(uploading):
    """It speaks for everybody: only the places of all are counted."""

    async def test(begin):
        begun = [begin("127.0.0.1").status for _ in range(UPLOADS_AT_ONCE + 1)]
        assert begun == [0] * UPLOADS_AT_ONCE + [503]

    uploading(test)
