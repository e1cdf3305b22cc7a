"""The spool: what was acknowledged is read back, whatever happened after."""

import asyncio
import os
import shutil
import struct
import zlib

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from avow.collection import drain
from avow.collection.recordings import chunks
from avow.collection.refusals import Refusals
from avow.definitions import AfterRetention, EventBatch, Recording, SpoolFull, Terms, count
from avow.spool import spool


class Keys(dict):
    """The vault's part that the spool needs, in memory."""

    def create_key(self, scope, name):
        return self.setdefault((scope, name), os.urandom(32))

    def get_key(self, scope, name):
        return self.get((scope, name))

    def destroy_key(self, scope, name):
        self.pop((scope, name), None)


def read_all(folder, keys):
    found = []
    for path, gone in spool.segments(folder):
        found.extend(spool.read(path, keys.get_key("segment", path.stem), 0, writer_is_gone=gone, limit=1 << 30).records)
    return found


def append(folder, keys, records, limit=1 << 30):
    async def run():
        writer = spool.Spool(folder, keys, limit)
        try:
            await asyncio.gather(*(writer.append([record]) for record in records))
        finally:
            writer.close()

    asyncio.run(run())


def test_what_waits_takes_the_room_of_what_it_holds(tmp_path):
    """While the store is away for long, each segment that was ended takes its bytes, and not those that were set apart for it."""
    keys, folder = Keys(), tmp_path / "spool"
    for number in range(20):
        append(folder, keys, [b"%d" % number], limit=4 * spool.SEGMENT_BYTES)
    assert sorted(read_all(folder, keys), key=int) == [b"%d" % number for number in range(20)]
    assert spool.held(folder).bytes < spool.SEGMENT_BYTES


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=2000), min_size=1, max_size=40))
def test_what_was_appended_is_read_back(tmp_path_factory, records):
    """Every acknowledged record, once."""
    folder, keys = tmp_path_factory.mktemp("spool"), Keys()
    append(folder, keys, records)
    assert sorted(read_all(folder, keys)) == sorted(records)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 3000), records=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=8))
def test_a_crash_after_any_byte_loses_no_earlier_frame(tmp_path_factory, cut, records):
    """A segment cut anywhere gives a prefix of its frames, and never a byte that was not appended."""
    folder, keys = tmp_path_factory.mktemp("spool"), Keys()

    async def run():
        writer = spool.Spool(folder, keys, 1 << 30)
        for record in records:
            await writer.append([record])
        writer.close()

    asyncio.run(run())
    (path,) = folder.glob("*/*.segment")
    with path.open("r+b") as file:
        file.truncate(cut)
        file.truncate(spool.SEGMENT_BYTES)
    assert read_all(folder, keys) == records[: len(read_all(folder, keys))]


def test_bytes_at_rest_are_not_readable(tmp_path):
    """Nothing of a record stands in the segment."""
    append(tmp_path, Keys(), [b"canary-4711-at-example.com"])
    (path,) = tmp_path.glob("*/*.segment")
    assert b"canary" not in path.read_bytes()


def test_frame_moved_to_another_segment_is_not_read(tmp_path):
    """A frame is bound to its place: put under another name it is damage."""
    keys = Keys()
    append(tmp_path, keys, [b"one"])
    (path,) = tmp_path.glob("*/*.segment")
    copy = path.with_name("0000000000000000-moved.segment")
    shutil.copy(path, copy)
    key = keys.get_key("segment", path.stem)
    assert spool.read(copy, key, 0, writer_is_gone=True, limit=1 << 20).records == ()


def test_living_writer_keeps_its_unfinished_segment(tmp_path):
    """A segment is not finished while its writer may append."""

    async def run():
        keys = Keys()
        writer = spool.Spool(tmp_path, keys, 1 << 30)
        await writer.append([b"one"])
        ((path, gone),) = spool.segments(tmp_path)
        chunk = spool.read(path, keys.get_key("segment", path.stem), 0, writer_is_gone=gone, limit=1 << 20)
        assert (chunk.records, chunk.finished, gone) == ((b"one",), False, False)
        writer.close()

    asyncio.run(run())
    assert [gone for _, gone in spool.segments(tmp_path)] == [True]


def test_full_spool_refuses_and_keeps_what_it_has(tmp_path):
    """At its limit the spool says so; earlier records stay."""
    keys = Keys()
    append(tmp_path, keys, [b"kept"])
    with pytest.raises(SpoolFull):
        append(tmp_path, keys, [b"refused"], limit=1)
    assert read_all(tmp_path, keys) == [b"kept"]


def test_a_writer_that_the_drain_removes_meanwhile_takes_no_room(tmp_path):
    """While one worker adds up what is there, the drain may be done with another that ended."""
    for name in ("worker-1-a", "worker-2-b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.segment").touch()
    found = spool._taken(tmp_path)
    next(found)
    for name in ("worker-1-a", "worker-2-b"):
        shutil.rmtree(tmp_path / name)
    assert list(found) == []


def test_a_copy_beside_its_living_writer_takes_no_key_from_it(tmp_path):
    """The spool as it was a moment ago, put back by hand: what its writer has, and made ahead, goes on."""

    async def run(keys):
        writer = spool.Spool(tmp_path / "spool", keys, 1 << 30)
        await writer.append([b"first"])
        (own,) = (path for path in (tmp_path / "spool").iterdir() if path.is_dir())
        shutil.copytree(own, tmp_path / "spool" / f"{own.name}-again")
        found = [path for path, _ in spool.segments(tmp_path / "spool")]
        writer.close()
        return own, found

    own, found = asyncio.run(run(Keys()))
    assert {path.parent for path in found} == {own}
    assert not (tmp_path / "spool" / f"{own.name}-again").exists()


def test_failed_write_is_refused_and_the_next_one_works(tmp_path, monkeypatch):
    """A disk that refuses a write refuses the record; what follows goes to a new segment."""
    keys, write = Keys(), os.pwritev

    async def run():
        writer = spool.Spool(tmp_path, keys, 1 << 30)
        await writer.append([b"one"])

        def half(descriptor, buffers, at, flags=0):
            if len(buffers[0]) < 30:  # the rest of the frame, which is written in two parts
                raise OSError(28, "no space")
            return write(descriptor, [buffers[0][:-20]], at, flags)

        monkeypatch.setattr(os, "pwritev", half)
        with pytest.raises(SpoolFull):
            await writer.append([b"failed"])
        monkeypatch.setattr(os, "pwritev", write)
        await writer.append([b"two"])
        writer.close()

    asyncio.run(run())
    assert read_all(tmp_path, keys) == [b"one", b"two"]


def test_a_segment_of_the_earlier_format_is_read(tmp_path):
    """What was accepted before an upgrade is drained after it: its frames have a checksum behind their length."""
    keys, name = Keys(), "0001790000000000-0123456789abcdef"
    sealed = AESGCM(keys.create_key("segment", name)).encrypt((8).to_bytes(12, "big"), b"\0\0\0\3one", name.encode())
    (tmp_path / "writer").mkdir()
    frame = struct.pack(">II", len(sealed), zlib.crc32(sealed)) + sealed
    (tmp_path / "writer" / f"{name}.segment").write_bytes(b"AVOWSPL1" + frame + struct.pack(">II", 0xFFFFFFFF, 0))
    assert read_all(tmp_path, keys) == [b"one"]


def test_empty_folders_of_ended_writers_are_removed(tmp_path):
    """Nothing is left of a writer whose segments were drained."""
    keys = Keys()
    append(tmp_path, keys, [b"one"])
    for path, _ in list(spool.segments(tmp_path)):
        spool.remove(path, keys)
    assert list(spool.segments(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []
    assert keys == {}


class Sink:
    """Notes how many records came at once."""

    def __init__(self):
        self.sizes = []

    def write(self, records):
        self.sizes.append(count(records))
        return ()


def test_however_small_a_segment_is_packed_the_drain_takes_bounded_batches(tmp_path, monkeypatch):
    """Equal events pack a hundred to one; what is handed on at once is counted unpacked, and all of it comes."""
    monkeypatch.setattr(drain, "BATCH_RECORDS", 1000)
    monkeypatch.setattr(drain, "CHUNK_BYTES", 10_000)
    kept = {"rulebook_id": "r", "delete_on": "2099-01-01", "then": AfterRetention.ERASE}
    terms = Terms(recognises=False, sealed=[], known={}, known_sealed={}, **kept)
    shared = {"collected_ms": 1, "site": "s", "visitor": "", "visit": 1, "robot": False, "demonstration": False}
    encode = msgspec.msgpack.Encoder().encode
    keys, sink = Keys(), Sink()

    async def run():
        writer = spool.Spool(tmp_path, keys, 1 << 30)
        for group in range(10):
            ids = [f"{(group * 20 + number) * 50:032x}" for number in range(20)]
            batches = [EventBatch(record_id=one, terms={"p": terms}, events=[{"point": "p"}] * 50, **shared) for one in ids]
            await writer.append([encode(one) for one in batches])
        writer.close()

    asyncio.run(run())
    moving = drain.Drain(tmp_path, keys, sink, Refusals())
    assert moving.once() == sum(sink.sizes) == 10 * 20 * 50
    assert max(sink.sizes) <= 1000 + 20 * 50  # one group may come on top
    assert moving.once() == 0
    assert not list(tmp_path.glob("*/*.segment"))


def test_what_another_version_wrote_is_left_where_it_is(tmp_path, caplog):
    """Terms that this version cannot read are not guessed at; the segment stays, and what stands beside it is moved."""
    head = ["batch", "0" * 32, 1, "s", "", 1, False, False]
    known = {"p": ["r", "2099-01-01", "erase", False, [], {}, {}]}
    strange = {"p": ["r", "2099-01-01", "a word of tomorrow", False, [], {}, {}]}
    keys, sink = Keys(), Sink()

    async def write(terms):
        writer = spool.Spool(tmp_path, keys, 1 << 30)
        await writer.append([msgspec.msgpack.encode([*head, terms, [{"point": "p", "page": "/canary"}]])])
        writer.close()

    asyncio.run(write(strange))
    asyncio.run(write(known))
    moving = drain.Drain(tmp_path, keys, sink, Refusals())
    assert (moving.once(), moving.once()) == (1, 0)
    assert len(list(tmp_path.glob("*/*.segment"))) == 1
    assert "another version" in caplog.text
    assert "canary" not in caplog.text


class Changed(Sink):
    """Has another chunk in each place."""

    def write(self, records):
        return records


def test_a_chunk_whose_place_holds_another_is_counted(tmp_path):
    """The console gets the reason; an invented visitor's counts nowhere."""
    said = {"collected_ms": 1_795_000_000_000, "site": "s", "point": "p", "rulebook_id": "r", "recording": "0" * 32, "seq": 1}
    kept = {"page": "/", "delete_on": "2099-01-01", "purposes": [], "chunk": b'[{"type":0,"data":{},"timestamp":1}]'}
    recordings = [Recording(record_id=str(mine), demonstration=mine, **said, **kept) for mine in (True, False)]
    keys, refusals, counted = Keys(), Refusals(), Counted()

    async def write():
        writer = spool.Spool(tmp_path, keys, 1 << 30)
        await writer.append([msgspec.msgpack.encode(one) for one in recordings])
        writer.close()

    asyncio.run(write())
    assert drain.Drain(tmp_path, keys, Changed(), refusals).once() == 2
    refusals.flush(counted.add_refusals)
    assert [(row.reason, number) for row, number in counted.items()] == [(chunks.CHANGED.reason, 1)]


def test_what_of_a_chunk_may_not_be_kept_is_counted_once(tmp_path):
    """What is wrong behind a chunk's head is found when the spool is drained: the console gets numbers and reasons alone."""
    said = {"collected_ms": 1_795_000_000_000, "site": "s", "point": "p", "rulebook_id": "r", "recording": "0" * 32, "seq": 1}
    kept = {"page": "/", "delete_on": "2099-01-01", "purposes": []}
    bodies = {"1": (b'{"canary', False), "2": (b"[]", False), "3": (b'{"canary', True)}
    chunked = [Recording(record_id=one, chunk=body, demonstration=mine, **said, **kept) for one, (body, mine) in bodies.items()]
    keys, sink, refusals = Keys(), Sink(), Refusals()

    async def write():
        writer = spool.Spool(tmp_path, keys, 1 << 30)
        await writer.append([msgspec.msgpack.encode(one) for one in chunked])
        writer.close()

    asyncio.run(write())
    moving = drain.Drain(tmp_path, keys, sink, refusals)
    assert (moving.once(), moving.once(), sink.sizes) == (3, 0, [])
    counted = Counted()
    refusals.flush(counted.add_refusals)
    assert sorted((row.reason, number) for row, number in counted.items()) == [
        ("a chunk of a recording could not be read behind its head", 1),
        ("nothing in a chunk of a recording may be kept", 1),
    ]
    assert "canary" not in repr(counted)


class Counted(dict):
    """Counts of refusals, by row."""

    def add_refusals(self, counts):
        self.update(counts)


def test_what_is_too_much_for_one_group_becomes_several(tmp_path, monkeypatch):
    """A frame is bounded, and with it what its reader has in memory; every record is there, in its order, in one of them."""
    monkeypatch.setattr(spool, "GROUP_BYTES", 100)
    sizes, sealed = [], spool._frame  # the one place that sees a group

    def seen(segment, plain):
        sizes.append(len(plain))
        return sealed(segment, plain)

    monkeypatch.setattr(spool, "_frame", seen)
    keys, records = Keys(), [bytes([number]) * 36 for number in range(7)]
    append(tmp_path, keys, records)
    assert read_all(tmp_path, keys) == records
    assert sum(sizes) == 7 * 40
    assert max(sizes) <= 100
