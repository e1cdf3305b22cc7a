"""Files of submissions: kept once however often their record comes, and not for a person who was erased since."""

import msgspec
import pytest
from store_records import MORNING, person

from avow.definitions import StoredFile
from avow.store.control import set_aside

pytestmark = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)

PDF = b"%PDF-1.7\nKim\n"
LATER = MORNING + 60_000


def with_file(store, form, now_ms=LATER):
    """Return the record with a file that is kept, as an intake does."""
    facts = {"item": "resume", "name": "cv.pdf", "kind": "pdf", "size": len(PDF), "sha256": ""}
    files = [StoredFile(**facts, stored=name) for name in store.keep_files(form, [PDF], now_ms)]
    return msgspec.structs.replace(form, files=files)


def lying(store):
    return set(store.files.names("form-"))


def test_a_record_that_comes_again_leaves_no_second_file(store, writer):
    """In the same batch, in a later one, and for the very same file again: what the stored record names stays."""
    form = writer.submission("kim@example.com")
    first, again, third = (with_file(store, form) for _ in range(3))
    assert len(lying(store)) == 3
    store.write([first])
    store.write([again, third])
    store.write([first])
    assert lying(store) == {first.files[0].stored}
    (held,) = store.find([person("kim")]).submissions
    assert store.open_file(held, held.files[0]) == PDF


def test_two_of_one_batch_keep_one_file(store, writer):
    """Whichever of them is stored, its file is the one that stays."""
    form = writer.submission("kim@example.com")
    store.write([with_file(store, form), with_file(store, form)])
    (held,) = store.find([person("kim")]).submissions
    assert lying(store) == {held.files[0].stored}
    assert store.open_file(held, held.files[0]) == PDF


def test_no_file_of_who_was_erased_since_is_kept(store, writer):
    """Neither a file nor a new key; what was on its way before goes when its record is dropped."""
    form = writer.submission("kim@example.com")
    on_its_way = with_file(store, form)
    store.erase([person("kim")], LATER)
    store.write([on_its_way])
    assert with_file(store, form, LATER + 1).files == []
    assert (lying(store), store.vault.lookup([person("kim")])) == (set(), {})


def test_a_file_of_an_old_record_is_not_swept_while_it_is_on_its_way(store, writer):
    """A portal's record can be of last year: the file counts from when it came."""
    record = with_file(store, writer.submission("kim@example.com", at_ms=MORNING - 365 * 86_400_000))
    assert store.sweep_files(LATER) == 0
    store.write([record])
    assert store.sweep_files(LATER + 3 * 86_400_000) == 0
    orphan = with_file(store, writer.submission("robin@example.com"))
    assert store.sweep_files(LATER + 3 * 86_400_000) == 1
    assert lying(store).isdisjoint({orphan.files[0].stored})


def test_a_file_that_cannot_be_swept_stops_no_other(store):
    """Of a name that says no moment, and what is no file at all: set aside, and the others go."""
    old = [f"form-{1:012x}{'a' * 20}-0", f"form-{1:012x}{'c' * 20}-0"]
    for name in (*old, "form-zzz"):
        store.files.put(name, b"sealed")
    (store.files._folder / f"form-{1:012x}{'b' * 20}-0").mkdir()
    assert store.sweep_files(LATER + 3 * 86_400_000) == 2
    assert lying(store) == {"form-zzz", f"form-{1:012x}{'b' * 20}-0"}
    with store.control.reading() as tx:
        assert set(set_aside.names(tx, "files")) == lying(store)
