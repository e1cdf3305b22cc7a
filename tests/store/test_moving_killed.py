"""The move of the events into a new table is killed wherever it is, and goes on: nothing is lost, nobody comes back."""

from __future__ import annotations

import subprocess
import sys

import pytest
from store_records import MORNING, Writer, browser, open_parts, visitor
from tests.earlier_events import BEFORE

from avow.assurance.residue import residue
from avow.store.asked import EVENTS
from avow.store.embedded import Engine
from avow.store.moving import NEXT, ORDER

DAY_MS = 86_400_000
EVENTS_OF_BEFORE = 20
CANARY = "canary-of-somebody-who-goes-while-it-is-killed"

#: An engine and a store over the folder, and the move; at its n-th statement that changes something the process is killed, before
#: the engine has it or after. An event comes in and somebody is erased between two pieces.
CHILD = """
import os, pathlib, signal, sys
sys.path[:0] = {path!r}
from store_records import MORNING, Writer, browser, open_parts, visitor
from avow.store.embedded import Engine
from avow.store.moving import Moving
folder, kill_at, is_after = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "after"
engine = Engine(folder / "events", folder / "run")
engine.start()
store = open_parts(folder)
store.events.prepare()
done = 0

def killing(work):
    def counted(*args, **named):
        global done
        done += 1
        if done == kill_at and not is_after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = work(*args, **named)
        if done == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    return counted

for name in ("command", "prepare_table", "drop_table", "change"):
    setattr(store.events, name, killing(getattr(store.events, name)))
came = [Writer().event(visitor(7), MORNING - n * {day}, visit=99, record_id=f"{{n:032x}}") for n in range(1, 200)]
job, pieces = Moving(store.events, store.vault), 0
while job.once():
    store.write([came[pieces], came[pieces + 1]])
    if store.events.tables().get("events_next") and store.find([browser(3)]).events:
        store.erase([browser(3)], MORNING + 1)
    store.purge()
    pieces += 1
store.purge()
print(pieces, done, flush=True)
engine.stop()
"""


def run(folder, kill_at, when):
    """Run the move in a process of its own; return whether it came to its end."""
    text = CHILD.format(path=sys.path, day=DAY_MS)
    asked = [sys.executable, "-c", text, folder, str(kill_at), when]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode in {0, -9}, done.stderr
    return done.returncode == 0


@pytest.fixture
def house(tmp_path):
    """An installation whose table an earlier version made, stopped."""
    engine = Engine(tmp_path / "events", tmp_path / "run")
    engine.start()
    store, writer = open_parts(tmp_path), Writer()
    store.events._call(lambda client: client.command(BEFORE))
    for number in range(EVENTS_OF_BEFORE):
        who, page = visitor(number % 5), f"/{CANARY}" if number % 5 == 3 else "/"
        store.write([writer.event(who, MORNING - number * 5 * DAY_MS, visit=number + 1, fields={"page": page})])
    store.close()
    engine.stop()
    return tmp_path


@pytest.mark.parametrize(("kill_at", "when"), [(2, "before"), (1, "after")])
def test_killed_at_each_of_its_statements_it_comes_to_its_end(house, kill_at, when):
    """Each process does one change and dies, right after it or when it begins the next, until nothing is left to do."""
    kills = 0
    while not run(house, kill_at, when):
        kills += 1
        assert kills < 60
    assert kills >= 6
    engine = Engine(house / "events", house / "run")
    engine.start()
    store = open_parts(house)
    try:
        assert store.events.tables() == {EVENTS: ORDER}
        assert [len(store.find([browser(number)]).events) for number in range(5)] == [4, 4, 4, 0, 4]
        came = store.find([browser(7)]).events
        assert len(came) == len({one.record_id for one in came}) >= 3
        assert store.vault.purging() == frozenset()
        assert not residue(house / "events", [CANARY]).found
        kept = {one.stem for one in (house / "events").glob("store/*/*/*.sql")} - {"erasing"}
        assert (EVENTS in kept, NEXT in kept) == (True, False)
        assert len(list((house / "events").glob("store/*/*/format_version.txt"))) == len(kept)
    finally:
        store.close()
        engine.stop()
