"""What the disk cut off is noticed before anything that it would replace is gone: chDB says that all is well."""

import subprocess
import sys

import pytest
from store_records import open_parts

from avow.store.embedded import Engine, parts

#: An engine, three batches, a limit for the size of each file as on a disk without room, a statement, and then what it wrote.
CHILD = """
import os, pathlib, resource, sys, time
sys.path[:0] = {path!r}
from store_records import Writer, open_parts, view_row, visitor
from avow.store.embedded import Engine
from avow.store.embedded.statements import Statement
folder = pathlib.Path(sys.argv[1])
engine = Engine(folder / "events", folder / "run")
engine.start()
store, writer = open_parts(folder), Writer()
store.events.prepare()
for _ in range(3):
    store.write([writer.event(visitor(1))])
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, unlimited[1]))
{statement}
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
print("acknowledged", flush=True)
time.sleep(60)
"""

#: An engine is opened, its parts are named at once, and it is killed.
LOOK = """
import os, pathlib, sys
from avow.store.embedded import Engine
from avow.store.embedded.statements import Statement
engine = Engine(pathlib.Path(sys.argv[1]) / "events", pathlib.Path(sys.argv[1]) / "run")
engine.start()
print(engine.run(Statement("SELECT name FROM system.parts WHERE table = 'events' ORDER BY name")).decode(), flush=True)
os._exit(0)
"""


@pytest.fixture
def ended(tmp_path):
    """Do something to an engine on a disk without room; return the exit status of its process, and what it printed."""

    def ended(statement, limit):
        text = CHILD.format(path=sys.path, limit=limit, statement=statement)
        done = subprocess.run([sys.executable, "-c", text, tmp_path], capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout, done.stderr

    return ended


def opened(tmp_path):
    """Return how many events are there when the store is opened anew."""
    engine = Engine(tmp_path / "events", tmp_path / "run")
    engine.start()
    store = open_parts(tmp_path)
    try:
        return store.events.query("count_events")[0]
    finally:
        store.close()
        engine.stop()


@pytest.mark.parametrize("limit", [1, 100, 1000])
def test_a_merge_that_the_disk_cut_off_takes_nothing_with_it(tmp_path, ended, limit):
    """The engine merges three parts into one that nobody can read: its process ends, and what it was made of is there."""
    status, _, said = ended("engine.run(Statement('OPTIMIZE TABLE events FINAL'))", limit)
    assert (status, "not written whole" in said) == (parts.STATUS, True)
    assert list(opened(tmp_path).values()) == [3]


def test_an_insert_that_the_disk_cut_off_is_not_acknowledged(tmp_path, ended):
    """The engine says that it is stored: its process ends before anybody is told, and what was there before is there."""
    status, printed, said = ended("store.events.insert([view_row(7)])", 1600)
    assert (status, printed, "not written whole" in said) == (parts.STATUS, "", True)
    assert list(opened(tmp_path).values()) == [3]


def test_what_was_read_gives_way(tmp_path, ended):
    """On a disk with room everything goes on, and nothing that was replaced stays."""
    statement = "engine.run(Statement('OPTIMIZE TABLE events FINAL')); print(store.events.await_removal()); "
    statement += "engine._parts.once(); print(len(engine._parts._sound))"  # what is remembered does not grow with every insert
    text = CHILD.format(path=sys.path, limit=2**40, statement=statement).replace("time.sleep(60)", "engine.stop()")
    done = subprocess.run([sys.executable, "-c", text, tmp_path], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "True\n1\nacknowledged\n"
    assert list(opened(tmp_path).values()) == [3]


def test_what_was_cut_off_before_a_kill_leaves_nothing_behind(tmp_path, ended):
    """The engine puts it aside at the next start: what it was made of is back, and its bytes go, or they would outlive people."""
    ended("engine._parts.stop(); engine.run(Statement('OPTIMIZE TABLE events FINAL')); os._exit(0)", 100)
    assert list(opened(tmp_path).values()) == [3]
    assert list((tmp_path / "events").glob("store/*/*/detached/*")) == []


def test_what_was_replaced_before_a_kill_is_known_from_the_start(tmp_path, ended):
    """The engine loads it in the background: a deletion that goes on after a kill would not have waited for it to go."""
    inserts = "[store.events.insert([view_row(number)]) for number in range(60)]"
    ended(f"engine._parts.stop(); {inserts}; engine.run(Statement('OPTIMIZE TABLE events FINAL')); os._exit(0)", 2**40)
    for _ in range(10):  # a quick engine has loaded it in time, now and then
        done = subprocess.run([sys.executable, "-c", LOOK, tmp_path], capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout.split() == sorted(one.parent.name for one in tmp_path.glob("events/store/*/*/2*/columns.txt"))
