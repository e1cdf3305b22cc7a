"""Every write of `Store.write`, failed and failed but done: not acknowledged; written again nothing is lost, or there twice."""

import msgspec
import pytest
from store_records import MORNING, Writer, browser, person, visitor
from test_recordings import CONTENT, chunk
from tests.failing import FAILED, WAYS, Failing

from avow.definitions import StoredFile, StoreUnavailable
from avow.store import Store

POOL = "talent-pool:recruiting"

#: Part, write, and which of its calls in one batch: the keys of people, of the day and of the recording; a chunk, what lists
#: it, forms, events.
WRITES = [
    ("vault", "subjects_seen", 1),
    ("vault", "create_key", 1),
    ("vault", "create_key", 2),
    ("files", "put", 1),
    ("control", "transaction", 1),
    ("control", "transaction", 2),
    ("events", "insert", 1),
]


def failing(store, part, write, way, at=1):
    """Return the store with one part of which a write fails."""
    parts = {name: getattr(store, name) for name in ("control", "events", "vault", "files")}
    parts[part] = Failing(parts[part], write, way, at)
    return Store(**parts), parts[part]


def batch():
    """One of each kind: events of a person and of nobody, a form, a chunk of a recording."""
    writer = Writer()
    return [writer.event(visitor(1)), writer.event(sealed={"note": "x"}), writer.submission("ada@example.com"), chunk()]


def held(store):
    """Return how many there are of each kind, and how many events in all."""
    found = store.find([browser(1), person("ada")])
    (every,) = store.events.query("count_events")
    return len(found.events), len(found.submissions), [one.chunks for one in found.recordings], every["events"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("part", "write", "at"), WRITES)
def test_a_batch_whose_write_fails_is_written_again_and_there_once(store, part, write, at, way):
    """Whoever hands it over is not told that it is kept, and hands it over again; the third time nothing changes."""
    records = batch()
    broken, one = failing(store, part, write, way, at)
    with pytest.raises(StoreUnavailable):
        broken.write(records)
    assert one.left == 0
    store.write(records)
    assert store.write(records).kept == 0
    assert held(store) == (1, 1, [1], 2)
    assert store.recording_chunk(store.find([browser(1)]).recordings[0], 0) == CONTENT


class ErasedMeanwhile:
    """The engine's client; while it writes, the person of the batch is erased by another process."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store.events, name)

    def insert(self, rows):
        rows = list(rows)
        self._store.erase([browser(1)], MORNING + 1)
        self._store.vault.purged(self._store.vault.purging())  # its purge is over before these rows are there
        self._store.events.insert(rows)


@pytest.mark.parametrize("way", WAYS)
def test_who_is_erased_while_a_batch_is_written_leaves_no_row(store, writer, way):
    """Written again, the batch is dropped; its rows go by the note of it, or without one when the purge looks thoroughly."""
    record = writer.event(visitor(1))
    vault = Failing(store.vault, "queue_purge", way)
    with pytest.raises(StoreUnavailable):
        Store(store.control, ErasedMeanwhile(store), vault, store.files).write([record])
    assert store.write([record]).kept == 0
    store.purge(thorough=way == FAILED)
    (every,) = store.events.query("count_events")
    assert every["events"] == 0


class TakenBackMeanwhile:
    """The vault; once a batch was asked about what ended, and before it has its keys, a consent is taken back."""

    def __init__(self, vault):
        self._vault = vault

    def __getattr__(self, name):
        return getattr(self._vault, name)

    def subjects_kept(self, wanted):
        self._vault.end_classes([person("ada")], [POOL], MORNING + 1)
        return self._vault.subjects_kept(wanted)


@pytest.mark.parametrize("before", [0, 1])
def test_a_consent_that_is_taken_back_while_its_form_is_written_leaves_no_row(store, writer, before):
    """Nor a file; whether or not the class had a key before. What comes later is kept."""
    store.write([writer.submission("ada@example.com", retention_class=POOL) for _ in range(before)])
    form, later = (writer.submission("ada@example.com", at, retention_class=POOL) for at in (MORNING, MORNING + 2))
    (name,) = store.keep_files(form, [b"a page"], MORNING)
    file = StoredFile(item="resume", name="cv.pdf", kind="pdf", size=6, sha256="0" * 64, stored=name)
    form = msgspec.structs.replace(form, files=[file])
    written = Store(store.control, store.events, TakenBackMeanwhile(store.vault), store.files).write([form, later])
    assert (written.kept, written.erased) == (1, 1)
    assert [one.record_id for one in store.submissions_of(person("ada"))] == [later.record_id]
    assert store.submission(form.record_id) is None
    assert store.files.get(name) is None
    assert store.write([form]).kept == 0
