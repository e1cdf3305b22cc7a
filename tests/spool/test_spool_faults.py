"""The spool on a bad day: vaults that are locked, disks that flip bits, keys that are not there. A group is lost at most."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from contextlib import closing
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import control_in

from avow.collection import drain
from avow.collection.quarantine import Quarantine
from avow.collection.refusals import Refusals
from avow.definitions import SpoolFull, StoreUnavailable
from avow.spool import segments, spool
from avow.store.aside import Aside
from avow.store.control import set_aside, tables
from avow.store.keys import Vault


@pytest.fixture
def aside(tmp_path):
    control, vault = control_in(tmp_path), Vault(tmp_path / "keys.db")
    yield Aside(control, vault)
    control.close()
    vault.close()


class Keys(dict):
    """The vault's part that the spool needs, in memory."""

    def create_key(self, scope, name):
        return self.setdefault((scope, name), os.urandom(32))

    def get_key(self, scope, name):
        return self.get((scope, name))

    def destroy_key(self, scope, name):
        self.pop((scope, name), None)


class Sink:
    """Keeps what it is given."""

    def __init__(self):
        self.records = []

    def write(self, records):
        self.records += records
        return ()


def written(folder, keys, groups):
    """Write groups, one after the other, as a worker does; return the segment's path."""

    async def run():
        writer = spool.Spool(folder, keys, 1 << 30)
        for group in groups:
            await writer.append([group])
        writer.close()

    asyncio.run(run())
    (path,) = folder.glob("*/*.segment")
    return path


def read_whole(path, keys):
    return segments.read(path, keys.get_key("segment", path.stem), 0, writer_is_gone=True, limit=1 << 30)


GROUPS = [bytes([number]) * (40 * number + 1) + os.urandom(60) for number in range(12)]


@pytest.fixture(scope="module")
def twelve_groups(tmp_path_factory):
    """A segment of twelve groups, what was written of it, and its key."""
    keys = Keys()
    path = written(tmp_path_factory.mktemp("spool"), keys, GROUPS)
    return path, path.read_bytes().rstrip(b"\0"), keys


@settings(max_examples=150)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_loses_one_group_at_most_and_says_so(twelve_groups, place, bit):
    """Wherever it is, in a length, in a body or in the beginning: every other group is read, and what is lost is counted."""
    path, content, keys = twelve_groups
    at = int(place * len(content))
    with path.open("r+b", buffering=0) as segment:
        os.pwrite(segment.fileno(), bytes([content[at] ^ 1 << bit]), at)
        found = read_whole(path, keys)
        os.pwrite(segment.fileno(), content[at : at + 1], at)
    assert [group for group in GROUPS if group in found.records] == list(found.records)
    assert len(found.records) >= len(GROUPS) - 1
    assert found.damaged or len(found.records) == len(GROUPS)
    assert found.finished


def test_a_damaged_segment_is_drained_around_and_kept_apart_with_its_key(tmp_path, aside, caplog):
    """What could be read is moved, what was lost is logged and shown, and a deletion destroys what is left."""
    path = written(tmp_path / "spool", aside.vault, [b"\x80", b"\x80", b"\x80"])
    content = bytearray(path.read_bytes())
    content[12 + 10] ^= 1
    path.write_bytes(content)
    drain.Drain(tmp_path / "spool", aside.vault, Sink(), Refusals(), aside).once()
    assert "1 places cannot be read" in caplog.text
    with aside.control.reading() as tx:
        assert set_aside.count(tx) == {"spool": 1}
    quarantine = Quarantine(tmp_path / "spool", aside.vault, aside)
    assert (quarantine.remaining(1 << 60), quarantine.forget(1 << 60), quarantine.remaining(1 << 60)) == (1, 1, 0)
    assert aside.vault.names("segment") == ()


def test_what_is_in_quarantine_is_over_by_a_clock_that_is_believed_alone(tmp_path, aside):
    """A clock that is years ahead for a moment destroys no segment, whatever the day says."""
    path = written(tmp_path / "spool", aside.vault, [b"\x80", b"\x80"])
    content = bytearray(path.read_bytes())
    content[12 + 10] ^= 1
    path.write_bytes(content)
    believed = []
    draining = drain.Drain(tmp_path / "spool", aside.vault, Sink(), Refusals(), aside, lambda: bool(believed))
    draining.once()
    with aside.control.transaction() as tx:
        tx.execute(tables.set_aside.update().values(delete_on=date(2026, 1, 1)))
    draining.once()
    assert len(list((tmp_path / "spool" / "quarantine").iterdir())) == 1
    believed.append(True)
    draining.once()
    assert not list((tmp_path / "spool" / "quarantine").iterdir())


def test_a_segment_without_a_key_waits_for_its_key(tmp_path, aside):
    """It is neither removed nor taken for drained; when the key is back it is drained."""
    keys = Keys()
    path = written(tmp_path / "spool", keys, [b"\x80"])
    moving = drain.Drain(tmp_path / "spool", Keys(), Sink(), Refusals(), aside)
    moving.once()
    (kept,) = (tmp_path / "spool" / "quarantine").iterdir()
    assert (kept.stem, list((tmp_path / "spool").glob("*-*/*.segment"))) == (path.stem, [])
    with aside.control.reading() as tx:
        aside_id = set_aside.newest(tx, 1)[0].id
    aside.again(aside_id, 0)
    moving.keys = keys
    moving.once()
    assert not list((tmp_path / "spool" / "quarantine").iterdir())


def test_a_segment_of_which_a_crash_left_the_removal_half_done_is_no_loss(tmp_path, aside):
    """Its key is gone and it says that it was drained: it goes, and nobody is told of a missing key."""
    path = written(tmp_path / "spool", aside.vault, [b"\x80"])
    aside.vault.destroy_key("segment", path.stem)
    path.rename(path.with_suffix(segments.DRAINED))
    drain.Drain(tmp_path / "spool", aside.vault, Sink(), Refusals(), aside).once()
    assert not list((tmp_path / "spool").rglob("*.*ed"))
    with aside.control.reading() as tx:
        assert set_aside.count(tx) == {}


def test_a_locked_vault_stops_nobody_while_the_segment_in_hand_has_room(tmp_path, monkeypatch):
    """Another process holds the vault until 200 groups were acknowledged: none of them waited for it."""
    monkeypatch.setattr(spool, "SEGMENT_SECONDS", 0.0)  # each group would go to a segment of its own

    async def run():
        with closing(Vault(tmp_path / "keys.db")) as vault, closing(sqlite3.connect(tmp_path / "keys.db")) as other:
            writer = spool.Spool(tmp_path / "spool", vault, 1 << 30)
            await writer.append([b"first"])
            other.isolation_level = None
            other.execute("BEGIN IMMEDIATE")
            for _ in range(200):
                await writer.append([b"more"])
            other.execute("ROLLBACK")
            writer.close()

    asyncio.run(run())


class Stumbling(Keys):
    """Keys that cannot be made for a while, for one reason or another."""

    error: Exception | None = None

    def create_key(self, scope, name):
        if self.error is not None:
            raise self.error
        return super().create_key(scope, name)


@pytest.mark.parametrize("error", [sqlite3.OperationalError("locked"), StoreUnavailable("x"), OSError(28, "full"), KeyError("x")])
def test_whatever_keeps_a_segment_from_being_made_ends_a_group_and_never_the_spool(tmp_path, monkeypatch, error):
    """Groups are refused while it lasts, and taken again afterwards by the same writer."""
    monkeypatch.setattr(spool, "SEGMENT_BYTES", 1)  # each group needs a segment of its own

    async def run():
        keys = Stumbling()
        writer = spool.Spool(tmp_path, keys, 1 << 30)
        await writer.append([b"before"])
        keys.error = error
        refused = 0
        while not refused:  # the one made ahead is used up first
            try:
                await writer.append([b"meanwhile"])
            except SpoolFull:
                refused += 1
        keys.error = None
        taken = False
        while not taken:  # the try that was under way may still fail
            try:
                taken = await writer.append([b"after"]) is None
            except SpoolFull:
                continue
        writer.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_vault_that_never_answers_is_a_refusal_and_not_a_silence(tmp_path, monkeypatch):
    """Who waits for a segment is told, while the loop goes on with everything else."""
    monkeypatch.setattr(spool, "PATIENCE_SECONDS", 0.2)
    may_go_on = threading.Event()

    class Silent(Keys):
        def create_key(self, scope, name):
            may_go_on.wait()
            return super().create_key(scope, name)

    async def run():
        writer = spool.Spool(tmp_path, Silent(), 1 << 30)
        with pytest.raises(SpoolFull):
            await writer.append([b"refused"])
        may_go_on.set()
        await writer.append([b"taken"])
        writer.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_an_answer_that_fails_keeps_nobody_else_from_theirs(tmp_path):
    """One whose connection broke in the very moment harms no other record of its group."""
    answered = []

    def broken(_full):
        raise RuntimeError

    async def run():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        writer = spool.Spool(tmp_path, Keys(), 1 << 30)
        for done in (answered.append, broken, answered.append):
            writer.append_then(b"record", done, None)
        await writer.append([b"next"])
        writer.close()

    asyncio.run(asyncio.wait_for(run(), 60))
    assert answered == [None, None]


def test_a_folder_that_goes_while_its_last_segment_is_removed_stops_no_drain(tmp_path):
    """A deletion looks at the spool while the drain empties it: whoever comes second finds no folder of a writer that is gone."""

    class LookedAtMeanwhile(Keys):
        """Another thread comes right behind the destroying of the key."""

        def destroy_key(self, scope, name):
            super().destroy_key(scope, name)
            segments.finish_removals(tmp_path, Keys())
            assert list(segments.segments(tmp_path)) == []

    made = Keys()
    path = written(tmp_path, made, [b"one"])
    segments.remove(path, LookedAtMeanwhile(made))
    assert list(tmp_path.iterdir()) == []
