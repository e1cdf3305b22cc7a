"""Session recordings in the store: sealed, erased with their person, on their day, and when the yes is taken back."""

from __future__ import annotations

from datetime import date

import pytest
from store_records import MORNING, browser, visitor

from avow.definitions import Recording
from avow.store.control import recordings
from avow.store.recordings import RECORDING

pytestmark = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)

FIRST, SECOND = "a1" * 16, "b2" * 16
TODAY = date(2026, 9, 22)
CONTENT = b"the chunk as the drain gave it"


def chunk(recording=FIRST, seq=0, who=None, at_ms=MORNING, **changes):
    values = {
        "record_id": f"{recording[:16]}{seq:016x}", "collected_ms": at_ms, "site": "marrowby", "point": "session-recording",
        "rulebook_id": "a" * 64, "recording": recording, "seq": seq, "page": f"/{seq}", "delete_on": "2099-01-01",
        "purposes": ["page-improvement"], "chunk": CONTENT, "visitor": visitor(1) if who is None else who,
        "first_ms": at_ms, "last_ms": at_ms + 9000,
    }  # fmt: skip
    return Recording(**(values | changes))


def row(store, recording=FIRST):
    with store.control.reading() as tx:
        return recordings.get(tx, recording)


def test_chunks_are_kept_once_and_come_back(store):
    """Two chunks make one recording with both pages; the same batch again adds nothing; files hold no readable byte."""
    batch = [chunk(), chunk(seq=1, at_ms=MORNING + 9000)]
    assert store.write(batch).kept == 2
    assert store.write(batch).kept == 0
    found = row(store)
    assert (found.chunks, found.pages, found.last_ms - found.first_ms) == (2, ("/0", "/1"), 18_000)
    assert store.recording_chunk(found, 1) == CONTENT
    assert all(CONTENT not in store.files.get(name) for name in store.files.names("recording-"))
    assert store.evidence()["session-recording"].records == 1


def test_another_chunk_under_a_known_place_is_told_and_the_first_stays(store):
    """In a batch or later, of somebody known or nobody: the first is kept, another is named; the same again is the same."""
    for recording, who in ((FIRST, visitor(1)), (SECOND, "")):
        first = chunk(recording, who=who)
        other = chunk(recording, who=who, record_id=f"{recording[:16]}{99:016x}", chunk=b"another")
        assert store.write([first, other]).changed == (other,)
        assert (store.write([first]).changed, store.write([other]).changed) == ((), (other,))
        assert store.recording_chunk(row(store, recording), 0) == CONTENT
    assert store.write([chunk(who=visitor(2), chunk=b"of somebody else")]).changed == ()


def test_a_recording_begins_with_its_first_chunk(store):
    """A later chunk alone is not kept, since the yes stands in the first; in one batch the order does not matter."""
    assert store.write([chunk(seq=1)]).kept == 0
    assert store.write([chunk(seq=1), chunk()]).kept == 2


def test_a_stranger_cannot_add_to_a_recording(store):
    """A chunk that names the recording of somebody else is dropped."""
    store.write([chunk()])
    assert store.write([chunk(seq=1, who=visitor(2))]).kept == 0


def test_erasing_a_person_takes_their_recordings(store):
    """Unreadable at once; after the purge neither row nor file nor key is left, and others' recordings stay."""
    store.write([chunk(), chunk(SECOND, who=visitor(2))])
    seen = row(store)
    store.erase([browser(1)], MORNING + 1)
    assert store.recording_chunk(seen, 0) is None
    assert store.purge().recordings == 1
    assert row(store) is None
    assert [name[10:42] for name in store.files.names("recording-")] == [SECOND]
    assert store.vault.names(RECORDING) == (SECOND,)
    assert store.write([chunk()]).erased == 1  # re-delivered from an old spool


def test_on_its_day_a_recording_goes_and_only_then(store):
    """Row, files and key are there the day before, and gone on the day."""
    store.write([chunk(delete_on="2026-09-22"), chunk(SECOND, delete_on="2026-09-23")])
    assert store.overdue(date(2026, 9, 23)) == {"session-recording": 1}
    assert store.erase_due(TODAY).erased == 1
    assert (row(store), row(store, SECOND).chunks) == (None, 1)
    assert [name[10:42] for name in store.files.names("recording-")] == [SECOND]


def test_a_yes_taken_back_removes_what_was_recorded_and_what_comes_late(store):
    """Unreadable at once, gone after the purge; a late chunk is dropped; after a new yes recording goes on."""
    store.write([chunk()])
    seen = row(store)
    assert store.withdraw_recordings(visitor(1), "", MORNING + 5) == 1
    assert store.recording_chunk(seen, 0) is None
    assert store.purge().recordings == 1
    assert store.write([chunk(seq=1, at_ms=MORNING + 4), chunk(SECOND, at_ms=MORNING + 4)]).kept == 0
    assert store.files.names("recording-") == ()
    assert store.write([chunk(SECOND, at_ms=MORNING + 6)]).kept == 1


def test_who_is_not_recognised_takes_one_recording_back_by_its_id(store):
    """A recording of nobody known lies under its own key alone, and its id is enough to have it removed."""
    store.write([chunk(who=""), chunk(SECOND, who="")])
    assert store.recording_chunk(row(store), 0) == CONTENT
    assert store.withdraw_recordings("", FIRST, MORNING + 5) == 1
    store.purge()
    assert (row(store), row(store, SECOND).chunks) == (None, 1)


def test_what_a_crash_left_is_swept(store):
    """A file that no row lists, and a row whose key is gone, are removed by the sweep of the day."""
    store.write([chunk(), chunk(SECOND)])
    store.files.put(f"recording-{'c3' * 16}-0000", b"left by a crash")
    store.vault.destroy_key(RECORDING, FIRST)
    store.erase_due(TODAY)
    assert row(store) is None
    assert [name[10:42] for name in store.files.names("recording-")] == [SECOND]


def test_the_demonstration_goes_without_a_trace(store):
    """Invented recordings count in no figure and are removed with the rest of the demonstration."""
    store.write([chunk(demonstration=True), chunk(SECOND)])
    assert store.evidence()["session-recording"].records == 1
    assert store.remove_demonstration().recordings == 1
    assert (row(store), row(store, SECOND).chunks) == (None, 1)
