"""Every write of quarantine, failed and failed but done: a segment is in the queue or aside, never both, and deletions go on."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import msgspec
import pytest
from tests.collection.test_drain import form
from tests.conftest import control_in
from tests.failing import WAYS, Failing
from tests.failing_disk import Disk

from avow.collection import quarantine
from avow.collection.drain import Drain
from avow.collection.quarantine import DAMAGED, NO_KEY
from avow.collection.refusals import Refusals
from avow.definitions import StoreUnavailable
from avow.spool.spool import Spool
from avow.store.aside import Aside
from avow.store.control import set_aside
from avow.store.keys import Vault

#: Later than every segment was begun, milliseconds.
LATER = 1 << 60
#: More transactions than anything here has.
NEVER = 1000


class Sink(dict):
    """Keeps each record once, by its id, as the store does."""

    def write(self, records):
        self.update({record.record_id: record for record in records})
        return ()


class House:
    """A spool with its drain and quarantine, over a real control store and vault; and a vault of another day."""

    def __init__(self, folder):
        folder.mkdir()
        self.spool, self.control, self.sink = folder / "spool", control_in(folder), Sink()
        self.vault, self.other = Vault(folder / "keys.db"), Vault(folder / "other.db")
        self.drain = Drain(self.spool, self.vault, self.sink, Refusals(), Aside(self.control, self.vault))

    def opened(self):
        """Begin the drain, as a new process does."""
        self.drain = Drain(self.spool, self.drain.keys, self.sink, Refusals(), self.drain.aside)

    def close(self):
        for store in (self.control, self.vault, self.other):
            store.close()

    def segment(self, number, vault, *, is_damaged=False):
        """Have a writer leave a segment of two forms, each in a frame of its own; the first frame may be damaged."""

        async def run():
            writer = Spool(self.spool, vault, 1 << 30)
            for one in (form(2 * number), form(2 * number + 1)):
                await writer.append([msgspec.msgpack.encode(one)])
            writer.close()

        before = set(self.spool.glob("*/*.segment"))
        asyncio.run(run())
        (path,) = set(self.spool.glob("*/*.segment")) - before
        if is_damaged:
            content = bytearray(path.read_bytes())
            content[22] ^= 1
            path.write_bytes(content)
        return path.stem

    def rows(self):
        """Return what staff see aside: each segment with its kind."""
        with self.control.reading() as tx:
            return sorted((row.item, row.kind) for row in set_aside.newest(tx, 100))

    def row_id(self):
        """Return the id of the one segment aside."""
        with self.control.reading() as tx:
            return set_aside.newest(tx, 1)[0].id

    def places(self):
        """Return the segments that are in the queue, and those aside."""
        found = {False: [], True: []}
        for path in self.spool.glob("*/*.segment"):
            found[path.parent.name == "quarantine"].append(path.stem)
        return sorted(found[False]), sorted(found[True])


def damaged(house):
    """A damaged segment, and a whole one behind it."""
    return house.segment(0, house.vault, is_damaged=True), house.segment(1, house.vault)


def goes_aside(house, names):
    return house.places() == ([], [names[0]]) and house.rows() == [(names[0], DAMAGED)] and set(house.sink) == ids(1, 2, 3)


def two_damaged(house):
    """Two damaged segments, of which one may be kept."""
    return house.segment(0, house.vault, is_damaged=True), house.segment(1, house.vault, is_damaged=True)


def makes_room(house, names):
    return house.places() == ([], [names[1]]) and house.rows() == [(names[1], DAMAGED)] and set(house.sink) == ids(1, 3)


def without_key(house):
    """A segment whose key is in another vault, and a whole one behind it."""
    return house.segment(0, house.other), house.segment(1, house.vault)


def waits_for_its_key(house, names):
    return house.places() == ([], [names[0]]) and house.rows() == [(names[0], NO_KEY)] and set(house.sink) == ids(2, 3)


def with_its_key_again(house):
    """A segment aside whose vault came back, and whose next try staff asked for."""
    name = house.segment(0, house.other)
    house.drain.once()
    house.drain.aside.again(house.row_id(), 0)
    house.drain.keys = house.other
    return (name,)


def is_drained(house, _names):
    return house.places() == ([], []) and house.rows() == [] and set(house.sink) == ids(0, 1)


def discarded(house):
    """A damaged segment aside that staff discarded."""
    name = house.segment(0, house.vault, is_damaged=True)
    house.drain.once()
    house.drain.aside.discard(house.row_id())
    return (name,)


def is_gone(house, _names):
    return house.places() == ([], []) and house.rows() == [] and set(house.sink) == ids(1)


def aside_already(house):
    """A damaged segment aside."""
    name = house.segment(0, house.vault, is_damaged=True)
    house.drain.once()
    return (name,)


def ids(*numbers):
    return {f"{number:032x}" for number in numbers}


def drains(house):
    house.drain.once()


def comes_back(house):
    """The first look takes it back into the queue, and the second drains it."""
    house.drain.once()
    house.drain.once()


def deletes(house):
    """Somebody asked for deletion; it is over when nothing remains, and the drain looks at what is left as ever."""
    house.drain._quarantine.forget(LATER)
    house.drain.once()


#: What there is, what is done, and what must hold when it is done.
STEPS = {
    "goes aside": (damaged, drains, goes_aside),
    "makes room": (two_damaged, drains, makes_room),
    "has no key": (without_key, drains, waits_for_its_key),
    "comes back": (with_its_key_again, comes_back, is_drained),
    "is discarded": (discarded, drains, is_gone),
    "is deleted": (aside_already, deletes, is_gone),
}


def tried(house, step, name, number, way):
    """Do a step of which a write fails; return what was counted, and whether it failed."""
    disk, control = Disk(house.spool, name, number, way), Failing(house.control, "transaction", way, NEVER)
    if name == "transaction":
        control.left = number
    own = house.drain
    house.drain = replace(own, keys=disk.keys(own.keys), aside=Aside(control, house.vault))
    with disk, suppress(OSError, StoreUnavailable):
        step(house)
    house.drain.keys, house.drain.aside = own.keys, own.aside
    return disk.counts | {"transaction": NEVER - control.left} if not name else control.left <= 0 or disk.has_failed


def is_readable_nowhere_unless_it_remains(house):
    """Return whether a deletion that is told that nothing remains is told the truth."""
    return house.drain._quarantine.remaining(LATER) > 0 or not house.drain.keys.names("segment")


@pytest.mark.parametrize("is_same", [True, False])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_quarantine_whose_write_fails_is_done_at_the_next_look(tmp_path, monkeypatch, step, way, is_same):
    """By the same process or the next one; meanwhile no segment is in two places, and a later deletion leaves nothing."""
    monkeypatch.setattr(quarantine, "MOST", 1)
    make, do, holds = STEPS[step]
    clean = House(tmp_path / "clean")
    names = make(clean)
    counts = tried(clean, do, "", 0, way)
    assert holds(clean, names)
    clean.close()
    for place, (name, number) in enumerate((one, turn) for one, times in counts.items() for turn in range(1, times + 1)):
        house = House(tmp_path / str(place))
        names = make(house)
        assert tried(house, do, name, number, way), (name, number)
        queue, aside = house.places()
        assert not set(queue) & set(aside), (name, number)
        if do is deletes:
            assert is_readable_nowhere_unless_it_remains(house), (name, number)
        if not is_same:
            house.opened()
        do(house)
        assert holds(house, names), (name, number, house.places(), house.rows(), set(house.sink))
        deletes(house)
        assert is_readable_nowhere_unless_it_remains(house), (name, number)
        assert not house.drain._quarantine.remaining(LATER)
        house.close()
