"""Every write of the published log, failed, cut and failed but done: each entry is in it once, and there is one history."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress

import pytest
from tests.conftest import control_in
from tests.failing import WAYS, Failing
from tests.failing_disk import FAILS, Disk

from avow.assurance import log_publication
from avow.audit import log, merkle, note
from avow.definitions import AvowError, StoreUnavailable
from avow.store.control import audit, settings

#: Calls that the publication of a log makes, each of them on several files.
CALLS = ("mkdir", "create", "write", "fsync", "rename")
#: Entries that are in the log before, and how many come: the first ones of all; those that fill a tile and begin another.
BEGINNINGS = {"the first entries": (0, 2), "a tile is full": (255, 3)}
#: What goes on after a failure, and how many entries more wait by then.
THEN = {
    "the same process": (True, 0),
    "the same, with more": (True, 2),
    "the next one": (False, 0),
    "the next, with more": (False, 2),
}


def entry(number):
    return b'{"what":"said","number":%d}' % number


class House:
    """A control store and a log in a folder, as the storage process has them."""

    def __init__(self, folder):
        self.folder, self.control = folder, control_in(folder)
        self.log, self.published = None, []

    def say(self, numbers):
        """Queue entries."""
        with self.control.transaction() as tx:
            for number in numbers:
                audit.enqueue(tx, entry(number))

    def round(self):
        """Open the log if it is not open, and publish what waits; note what anybody can see of it then."""
        try:
            self.log = self.log or log.Log(
                self.folder / "audit" / "public", self.folder / "audit" / "private", "example.com/audit"
            )
            while log_publication.publish(self, self.log, 0):
                pass
        finally:
            self.published += self.seen()

    def seen(self):
        """Return the checkpoint that is published, verified; every file that it stands for must be there."""
        public = self.folder / "audit" / "public"
        if not (public / "checkpoint").exists():
            return []
        key = note.Verifier.parse((public / "key").read_text())
        found = note.open_checkpoint((public / "checkpoint").read_text(), key)
        assert merkle.root([merkle.leaf_hash(one) for one in log.read_entries(public, found.size)]) == found.root
        return [found]

    def is_whole(self, count):
        """Return whether the log has the entries, each once and in order, whatever was published was of them, and all is told."""
        entries = [entry(number) for number in range(count)]
        leaves = [merkle.leaf_hash(one) for one in entries]
        public, private = self.folder / "audit" / "public", self.folder / "audit" / "private"
        with self.control.reading() as tx:
            told, waiting = settings.get(tx, settings.LOG_SIZE), audit.waiting(tx)
        assert log.read_entries(public, log.read_state(private).size) == entries
        assert [merkle.root(leaves[: one.size]) for one in self.published] == [one.root for one in self.published]
        assert (self.seen()[0].size, told, waiting) == (count, str(count), 0)
        for leaf in (0, count - 1):
            assert self.log.prove(entries[leaf])[0] == leaf
        return log.Log(public, private, "example.com/audit").state.size == count


@pytest.fixture(scope="module")
def beginning(tmp_path_factory):
    """Folders with a log and a control store, from which each publication begins."""
    made = {}
    for name, (before, _) in BEGINNINGS.items():
        made[name] = tmp_path_factory.mktemp("before")
        house = House(made[name])
        if before:
            house.say(range(before))
            house.round()
        house.control.close()
    return made


@contextmanager
def failing_control(house, way):
    """Have the transaction in which the queue forgets what is published fail."""
    house.control = Failing(house.control, "transaction", way)
    yield
    assert house.control.left == 0
    house.control = house.control._real


def published(beginning, folder, name, failing, then):
    """Publish what came, of which a write fails, and go on; return the house and how many entries there are."""
    before, count = BEGINNINGS[name]
    is_same, more = THEN[then]
    shutil.copytree(beginning[name], folder)
    house = House(folder)
    house.say(range(before, before + count))
    with failing(house), suppress(OSError, StoreUnavailable):
        house.round()
    if not is_same:
        house.log = None
    house.say(range(before + count, before + count + more))
    house.round()
    return house, before + count + more


@pytest.mark.parametrize("then", THEN)
@pytest.mark.parametrize("way", FAILS)
@pytest.mark.parametrize("name", BEGINNINGS)
@pytest.mark.parametrize("call", CALLS)
def test_a_publication_of_which_a_write_fails_is_done_at_the_next_round(beginning, tmp_path, call, name, way, then):
    """By the same process or the next one, as after a kill; what was published meanwhile is a beginning of what is then."""
    disk = Disk(tmp_path / "clean" / "audit")
    clean, count = published(beginning, tmp_path / "clean", name, lambda _: disk, then)
    assert clean.is_whole(count)
    clean.control.close()
    assert {one.partition(" ")[0] for one in disk.counts} == set(CALLS)
    for place, (one, number) in enumerate((one, turn) for one, times in disk.counts.items() for turn in range(1, times + 1)):
        if one.startswith(f"{call} "):
            failing = Disk(tmp_path / str(place) / "audit", one, number, way)
            house, count = published(beginning, tmp_path / str(place), name, lambda _, failing=failing: failing, then)
            assert failing.has_failed
            assert house.is_whole(count), (one, number)
            house.control.close()


@pytest.mark.parametrize("then", THEN)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BEGINNINGS)
def test_entries_that_the_queue_could_not_forget_are_not_published_again(beginning, tmp_path, name, way, then):
    """The log has them; the control store is told so at the next round."""
    house, count = published(beginning, tmp_path / "house", name, lambda house: failing_control(house, way), then)
    assert house.is_whole(count)
    house.control.close()


def test_an_empty_key_of_a_first_start_that_failed_is_no_key_before_anything_is_published(tmp_path):
    """Behind a published log it is a missing one, and a damaged one is a sentence."""
    house = House(tmp_path)
    key = tmp_path / "audit" / "private" / log.KEY_NAME
    key.parent.mkdir(parents=True)
    key.touch()
    house.say([0])
    house.round()
    assert house.is_whole(1)
    assert key.stat().st_mode & 0o777 == 0o600
    for content, said in ((b"", "is missing"), (b"-----BEGIN", "is damaged")):
        key.write_bytes(content)
        with pytest.raises(AvowError, match=said):
            log.require_own(tmp_path / "audit" / "public", tmp_path / "audit" / "private", "example.com/audit")
    house.control.close()
