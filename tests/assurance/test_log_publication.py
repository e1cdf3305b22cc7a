"""From the queue into the log: each entry once, in whatever order transactions end and whenever the process is killed."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from avow.assurance import log_publication
from avow.audit import log
from avow.store.control import Control, audit


class House:
    """A control store, a log, and transactions that stay open."""

    def __init__(self, url, folder):
        self.control, self.folder, self.open, self.said = Control(url), folder, [], []
        self.restart()

    def restart(self):
        """Open the log again, as after a kill."""
        self.log = log.Log(self.folder / "public", self.folder / "private", "example.com/audit")

    def say(self):
        """Queue an entry in a transaction of its own, and leave it open."""
        stack = ExitStack()
        tx = stack.enter_context(self.control.transaction())
        self.said.append(b'{"what":"said","number":%d}' % len(self.said))
        audit.enqueue(tx, self.said[-1])
        self.open.append(stack)

    def commit(self, which=0):
        self.open.pop(which % len(self.open)).close()

    def publish(self):
        while log_publication.publish(self, self.log, 0):
            pass

    def publish_and_be_killed(self):
        """Do all of it but the last step: the log has the entries, and the queue still has them, too."""
        with self.control.reading() as tx:
            self.log.append(audit.pending(tx, log_publication.PUBLISH_ENTRIES, self.log.state.batch or ()))
        self.restart()

    def close(self):
        while self.open:
            self.commit()
        self.control.close()

    def published(self):
        return log.read_entries(self.folder / "public", self.log.state.size)


@pytest.fixture
def house(database, tmp_path):
    made = House(database, tmp_path)
    yield made
    made.close()


def test_an_entry_that_is_committed_late_is_published_late(postgresql, tmp_path):
    """Its number was drawn before that of the entry that was published meanwhile; it is in the log all the same."""
    house = House(postgresql.database(), tmp_path)
    house.say()
    house.say()
    house.commit(1)
    house.publish()
    house.commit()
    house.publish()
    house.close()
    assert house.published() == [house.said[1], house.said[0]]


def test_a_kill_before_the_queue_forgets_adds_nothing_twice(house):
    """The log remembers the last batch, with what came since."""
    for _ in range(2):
        house.say()
        house.commit()
        house.publish_and_be_killed()
    house.say()
    house.commit()
    house.publish()
    assert house.published() == house.said


@settings(max_examples=15, derandomize=True)
@given(st.lists(st.sampled_from(["say", "say", "commit", "commit last", "publish", "kill"]), max_size=14))
def test_each_entry_is_published_once(postgresql, steps):
    """Whatever the order of transactions, publications and kills is."""
    url = postgresql.database()
    with tempfile.TemporaryDirectory() as folder:
        house = House(url, Path(folder))
        take = {
            "say": house.say,
            "commit": lambda: house.open and house.commit(),
            "commit last": lambda: house.open and house.commit(-1),
            "publish": house.publish,
            "kill": house.publish_and_be_killed,
        }
        for step in [*steps, *["commit"] * len(steps), "publish"]:
            take[step]()
        house.close()
        postgresql.drop(url)
        assert sorted(house.published()) == sorted(house.said)


def test_late_entries_before_a_long_batch_hide_none_of_it(postgresql, tmp_path, monkeypatch):
    """What a kill left in the queue is looked for by its numbers, beyond as many entries as are read at once."""
    monkeypatch.setattr(log_publication, "PUBLISH_ENTRIES", 2)
    house = House(postgresql.database(), tmp_path)
    for _ in range(6):
        house.say()
    for _ in range(2):
        house.commit(-1)
    house.publish_and_be_killed()
    for _ in range(4):
        house.commit()
    house.publish()
    house.close()
    assert sorted(house.published()) == sorted(house.said)


def test_a_state_from_before_batches_were_kept_is_read(house):
    """The queue may still hold what the log of an earlier build published: that is passed over, and what follows is not."""
    house.say()
    house.commit()
    house.publish_and_be_killed()
    path = house.folder / "private" / log.STATE_NAME
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({name: kept[name] for name in ("size", "root", "last_queued")}))
    house.restart()
    house.say()
    house.commit()
    house.publish()
    assert house.published() == house.said


def test_a_number_that_is_given_again_hides_no_entry(house):
    """A database that was put back gives numbers a second time; another entry under one of them is another entry."""
    house.log.append([(1, b'{"what":"before"}')])
    house.say()
    house.commit()
    house.publish()
    assert house.published() == [b'{"what":"before"}', *house.said]
