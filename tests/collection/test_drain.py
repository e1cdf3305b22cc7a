"""From the spool to the store, with the real stores: what cannot be kept is set aside, and everything else arrives."""

from __future__ import annotations

import asyncio
import logging
import shutil
from types import SimpleNamespace

import msgspec
import pytest
from tests.conftest import control_in

from avow.collection.drain import Drain, decoded
from avow.collection.one_by_one import set_aside_of
from avow.collection.refusals import Refusals
from avow.collection.waiting import Waiting
from avow.definitions import AfterRetention, EventBatch, IdentifierKind, StoreUnavailable, Submission, Terms, count, identifier
from avow.spool import segments
from avow.spool.spool import Spool
from avow.store.aside import Aside
from avow.store.control import set_aside
from avow.store.keys import Vault

NOW = 1_795_000_000_000
KEPT = {"rulebook_id": "r", "delete_on": "2099-01-01", "then": AfterRetention.ERASE}


@pytest.fixture
def aside(tmp_path):
    control, vault = control_in(tmp_path), Vault(tmp_path / "keys.db")
    yield Aside(control, vault)
    control.close()
    vault.close()


class Sink:
    """Takes everything but moments that no calendar holds."""

    def __init__(self):
        self.kept, self.down = [], False

    def write(self, records):
        if self.down:
            raise StoreUnavailable("locked")
        if any(record.collected_ms > 10**14 for record in records) or any("poison" in str(one) for one in records):
            raise OverflowError(repr(records))
        self.kept += records
        return ()


def form(number, collected_ms=NOW, email="robin@example.com"):
    facts = {"site": "s", "point": "contact-form", "reference": "R", "fields": {}, "identifiers": {"email": email}}
    return Submission(record_id=f"{number:032x}", collected_ms=collected_ms, **facts, **KEPT)


def batch(number, *events):
    terms = {"p": Terms(recognises=False, sealed=[], known={}, known_sealed={}, **KEPT)}
    facts = {"site": "s", "visitor": "", "visit": 1, "robot": False, "demonstration": False}
    return EventBatch(record_id=f"{number:032x}", collected_ms=NOW, terms=terms, events=list(events), **facts)


def drained(tmp_path, aside, sink, *records):
    """Put records into the spool, and drain it once."""
    spooled(tmp_path / "spool", aside.vault, *records)
    moving = Drain(tmp_path / "spool", aside.vault, sink, Refusals(), aside)
    moving.once()
    return moving


def spooled(folder, vault, *records):
    """Put records into a spool by a writer of their own, which is gone afterwards."""

    async def run():
        writer = Spool(folder, vault, 1 << 30)
        await writer.append([msgspec.msgpack.encode(one) for one in records])
        writer.close()

    asyncio.run(run())


def test_forms_are_let_go_of_a_few_at_a_time(tmp_path, aside):
    """What was stored before the sink went away has left the spool: a storage process that is killed again and again gets on."""
    for writer in range(4):
        spooled(tmp_path / "spool", aside.vault, *[form(writer * 150 + number) for number in range(150)])
    sink = Sink()
    take, batches = sink.write, []

    def write(records):
        batches.append(len(records))
        sink.down = len(batches) > 1
        return take(records)

    sink.write = write
    with pytest.raises(StoreUnavailable):
        Drain(tmp_path / "spool", aside.vault, sink, Refusals(), aside).once()
    assert (batches, len(sink.kept)) == ([300, 300], 300)
    assert len(list(tmp_path.glob("spool/*/*.segment"))) == 2


def test_a_writer_whose_folder_an_erasure_removes_meanwhile_stops_nothing(tmp_path, aside):
    """Two look at the spool at the same moment, and each removes the folders of writers that are gone."""
    for number in range(2):
        spooled(tmp_path / "spool", aside.vault, form(number))
    looking = segments.segments(tmp_path / "spool")
    first, _ = next(looking)
    for other in tmp_path.glob("spool/*/"):
        if other != first.parent:
            shutil.rmtree(other)
    assert list(looking) == []


def shelf(aside):
    with aside.control.reading() as tx:
        return set_aside.newest(tx, 10)


@pytest.mark.parametrize("place", range(5))
def test_one_record_that_the_store_does_not_take_stops_no_other(tmp_path, aside, caplog, place):
    """Wherever it stands; its segment is drained and goes, and nothing of it is in the log."""
    caplog.set_level(logging.DEBUG)
    records = [form(number) for number in range(5)]
    records[place] = form(place, collected_ms=10**15)
    sink = Sink()
    drained(tmp_path, aside, sink, *records)
    assert {one.record_id for one in sink.kept} == {one.record_id for one in records} - {records[place].record_id}
    (row,) = shelf(aside)
    assert (row.item, row.kind, row.site) == (records[place].record_id, "OverflowError", "s")
    assert not list(tmp_path.glob("spool/*/*.segment"))
    assert "robin" not in caplog.text


def test_of_a_batch_of_events_one_alone_is_set_aside(tmp_path, aside):
    """What came in the same HTTP request is kept, each event under the number that it had."""
    sink = Sink()
    drained(tmp_path, aside, sink, batch(64, {"point": "p"}, {"point": "p", "page": "/poison"}, {"point": "p"}))
    numbers = {int(one.record_id, 16) + place for one in sink.kept for place in range(len(one.events))}
    assert (numbers, count(sink.kept)) == ({64, 66}, 2)
    assert [row.item for row in shelf(aside)] == [f"{65:032x}"]


def test_a_store_that_does_not_answer_sets_nothing_aside(tmp_path, aside):
    """Everything stays in the spool, and is moved when the store is back."""
    sink = Sink()
    sink.down = True
    with pytest.raises(StoreUnavailable):
        drained(tmp_path, aside, sink, form(1))
    assert shelf(aside) == ()
    sink.down = False
    Drain(tmp_path / "spool", aside.vault, sink, Refusals(), aside).once()
    assert len(sink.kept) == 1


def test_what_is_set_aside_is_stored_when_the_store_takes_it(tmp_path, aside):
    """Try again brings it forward; once stored it is on no list, and its key is gone."""
    sink = Sink()
    moving = drained(tmp_path, aside, sink, form(1, collected_ms=10**15))
    sink.write = lambda records: sink.kept.extend(records) or ()
    aside.again(shelf(aside)[0].id, 0)
    moving.once()
    assert [one.record_id for one in sink.kept] == [f"{1:032x}"]
    assert (shelf(aside), aside.vault.names("aside")) == ((), ())


def test_a_deletion_finds_what_is_set_aside(tmp_path, aside):
    """A record that waits is its person's like any other; another person's is not touched."""
    drained(tmp_path, aside, Sink(), form(1, 10**15), form(2, 10**15, "kim@example.com"))
    theirs = set_aside_of(aside, [identifier(IdentifierKind.EMAIL, "robin@example.com")], decoded)
    assert [row.item for row in theirs] == [f"{1:032x}"]
    aside.forget(theirs)
    assert [row.item for row in shelf(aside)] == [f"{2:032x}"]


def test_a_deletion_that_names_points_finds_what_is_set_aside_of_them(tmp_path, aside):
    """What came of the same person by another point waits on, and so does what came of anybody else by this one."""
    elsewhere = msgspec.structs.replace(form(2, 10**15), point="apply")
    drained(tmp_path, aside, Sink(), form(1, 10**15), elsewhere, form(3, 10**15, "kim@example.com"))
    robin = [identifier(IdentifierKind.EMAIL, "robin@example.com")]
    waiting = Waiting(tmp_path / "spool", SimpleNamespace(vault=aside.vault, aside=aside))
    assert waiting.left(robin, 10**15, {form(1).point})[1] == 1
    waiting.forget(robin, 10**15, {form(1).point})
    assert {row.item for row in shelf(aside)} == {f"{2:032x}", f"{3:032x}"}
    assert waiting.left(robin, 10**15, {form(1).point})[1] == 0
    assert waiting.left(robin, 10**15)[1] == 1
