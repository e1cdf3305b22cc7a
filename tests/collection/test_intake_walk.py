"""Walk 1 as ARCHITECTURE.md tells it: which functions an event passes from the door to the spool, and in which order."""

import asyncio
import re
import sys
from pathlib import Path

from tests.collection.test_accept import AGENT, VISITOR, Visits
from tests.spool.test_spool import Keys, read_all

import avow
from avow.collection.accept import Collector
from avow.collection.intake import Intake
from avow.collection.limits.event_leases import EventLeases
from avow.collection.limits.sender_counts import Counts
from avow.collection.refusals import Refusals
from avow.collection.senders import Senders
from avow.definitions import now_ms
from avow.spool import spool
from avow.web.collect import Collect
from avow.web.exchange import Exchange

ARCHITECTURE = Path(__file__).parents[2] / "ARCHITECTURE.md"
ROOMS = Path(avow.__file__).parent
END = "Spool.append_then"
LINES = [
    (b"host", b"marrowby.example"),
    (b"user-agent", AGENT.encode()),
    (b"cookie", f"avow_visitor={VISITOR}".encode()),
    (b"sec-fetch-site", b"same-origin"),
]
#: As the tag sends it, with a colon that is no name's.
BODY = b'{"events":[{"point":"page-view","page":"/products/:a","referrer":"search.example","language":"en"}]}'


class Client:
    """A connection that notes how it was answered."""

    client = "203.0.113.9"

    def __init__(self):
        self.answered = asyncio.Event()
        self.head = b""

    def finish(self, _exchange, head, _body):
        self.head = head
        self.answered.set()


def named(code):
    """Return the name of a function of avow as ARCHITECTURE.md has it; "" for any other, and for what has no name."""
    path = Path(code.co_filename)
    if ROOMS not in path.parents or code.co_name.startswith("<"):
        return ""
    return f"{'.'.join(path.relative_to(ROOMS).with_suffix('').parts)}.{code.co_qualname}"


def passed(events, exchange):
    """Return the named functions of avow that an event passes, from the door to the spool."""
    found = []

    def look(frame, what, _):
        name = named(frame.f_code) if what == "call" else ""
        if name and not (found and found[-1].endswith(END)):
            found.append(name)

    sys.setprofile(look)
    try:
        events(exchange)
    finally:
        sys.setprofile(None)
    return found


def walked(rulebook, folder):
    """Return what the first event of a sender passes, what its second one does, and how many the spool has."""
    keys, walks = Keys(), []

    async def run():
        writer = spool.Spool(folder, keys, 1 << 30)
        collector = Collector(rulebook, "marrowby.example", writer, Visits(), Refusals())
        senders = Senders(collector, EventLeases(Counts(), 0), (), "token")
        collect = Collect(Intake(collector, senders), now_ms, is_secure=True)
        for _ in range(2):
            client = Client()
            exchange = Exchange(client, "POST", b"/avow/events", LINES, dict(LINES))
            exchange.body = BODY
            walks.append(passed(collect.events, exchange))
            await client.answered.wait()
            assert client.head.split()[1] == b"204"
        writer.close()

    asyncio.run(run())
    return *walks, len(read_all(folder, keys))


def told():
    """Return the functions that ARCHITECTURE.md lists of walk 1, up to the spool."""
    text = ARCHITECTURE.read_text(encoding="utf-8").partition("## Walk 1")[2].partition("\n## ")[0]
    every = re.findall(r"^\| \d+ \| `([^`]+)`", text, re.MULTILINE)
    return every[: next(place for place, name in enumerate(every, 1) if name.endswith(END))]


def test_an_event_passes_what_the_architecture_lists(rulebook, tmp_path):
    """Eight named functions at most, in this order, for whoever sent one a moment ago; and both events are durable."""
    _, walk, kept = walked(rulebook, tmp_path / "spool")
    assert walk == told()
    assert len(walk) <= 8
    assert kept == 2


def test_the_first_event_of_a_sender_passes_the_same_and_asks_the_permit_once(rulebook, tmp_path):
    """In the same order; who sends is read before the permit is asked, and the permit before anything is written."""
    rulebook._permits.clear()
    walk, _, _ = walked(rulebook, tmp_path / "spool")
    assert [name for name in walk if name in set(told())] == told()
    asked = [name for name in walk if name in {"collection.signals.of", "policy.rulebook.rulebook.Rulebook.permit"}]
    assert asked == ["collection.signals.of", "policy.rulebook.rulebook.Rulebook.permit"]
