"""Keys are per person and retention class: one that ends is unreadable at once, and stays so; the rest is as it was."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import date

import pytest
from store_records import MORNING, browser, person
from tests.failing import WAYS, Failing

from avow.definitions import StoredFile, StoreUnavailable
from avow.store import backup
from avow.store.keys import Vault
from avow.store.store import Store

LETTER, POOL = "contact-form", "talent-pool:recruiting"
WHO = "ada@example.com"
ADA, BEA = person("ada"), person("bea")


def readable(store, who=ADA):
    return sorted(form.record_id for form in store.submissions_of(who))


def everything(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.glob("keys.db*")))


@pytest.fixture
def three(store, writer):
    """A letter, something for the pool, and what an earlier version kept: of one person, with a page view of somebody else."""
    sent = [writer.submission(WHO, MORNING + number, retention_class=name) for number, name in enumerate((LETTER, POOL, ""))]
    store.write([*sent, writer.event(browser(1).value)])
    return [one.record_id for one in sent]


def test_a_class_that_ends_takes_its_own_records_and_no_others(store, writer, three):
    """The pool is unreadable at once, and gone with the next purge; the letter, what was before and other people stay."""
    ended = store.vault.end_classes([ADA], [POOL], MORNING + 10)
    assert len(ended) == 1
    assert readable(store) == sorted([three[0], three[2]])
    assert store.submission(three[1]) is None
    assert store.remaining_of(ended).submissions == 1
    assert store.purge().submissions == 1
    assert store.remaining_of(ended).total == 0
    assert len(store.find([browser(1)]).events) == 1
    assert store.find([ADA]).submissions  # and the person is who they were


def test_bytes_of_its_key_are_gone(store, three, tmp_path_factory):
    """Neither the vault's file nor its log has a byte of the key, and both have that of the letter."""
    keys = {one.name: store.vault.key_of(one.subject) for one in store.vault.classes_of([ADA])}
    assert set(keys) == {LETTER, POOL}
    store.vault.end_classes([ADA], [POOL], MORNING + 10)
    held = everything(store.vault.path.parent)
    assert keys[POOL] not in held
    assert keys[LETTER] in held


def test_what_was_collected_before_it_ended_does_not_come_back(store, writer, three):
    """A late record of the class is dropped, also of one in which nothing was yet; what came after it is kept under a new key."""
    store.vault.end_classes([ADA], [POOL, "never:seen"], MORNING + 10)
    late = [writer.submission(WHO, MORNING + 10, retention_class=name) for name in (POOL, "never:seen")]
    assert store.write(late).erased == 2
    after = writer.submission(WHO, MORNING + 11, retention_class=POOL)
    assert store.write([after]).kept == 1
    assert after.record_id in readable(store)


def test_to_erase_a_person_erases_every_class_at_once(store, three):
    """One transaction: nothing of any class is readable, and the purge removes all of it."""
    assert len(store.erase([ADA], MORNING + 10)) == 3
    assert readable(store) == []
    assert store.vault.classes_of([ADA]) == ()
    assert store.purge().submissions == 3


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("write", ["end_classes", "purged"])
def test_an_end_that_is_interrupted_is_finished_by_the_next(store, three, way, write):
    """Before the keys go everything is as it was; from then on nothing of it is readable, and what is left is removed."""
    failing = Failing(store.vault, write, way)
    broken = Store(store.control, store.events, failing, store.files)
    with pytest.raises(StoreUnavailable):
        _end(broken)
    assert (three[1] in readable(store)) is (write == "end_classes" and way == "failed")
    _end(store)
    assert readable(store) == sorted([three[0], three[2]])
    assert not store.vault.purging()


def _end(store):
    store.vault.end_classes([ADA], [POOL], MORNING + 10)
    store.purge()


def test_keys_from_before_the_end_lose_the_class(store, three, tmp_path):
    """An older copy of the keys is put back: the tombstone ends the class in it, and leaves the others."""
    copy = tmp_path / "old-keys.db"
    backup.backup_keys(store.vault, copy)
    subject = next(one.subject for one in store.vault.classes_of([ADA]) if one.name == POOL)
    store.vault.end_classes([ADA], [POOL], MORNING + 10)
    place = tmp_path / "keys.db"
    shutil.copyfile(store.vault.path, place)
    assert backup.restore_keys(copy, place) == 0
    with closing(Vault(place)) as restored:
        assert restored.key_of(subject) is None
        assert subject in restored.purging()
        assert {one.name for one in restored.classes_of([ADA])} == {LETTER}
        assert restored.ended_ms([(ADA, POOL)]) == {(ADA, POOL): MORNING + 10}


def test_rows_that_an_old_backup_brings_back_are_removed(store, three):
    """A row of an ended class that no work list names is found by the tombstone of its subject."""
    ended = store.vault.end_classes([ADA], [POOL], MORNING + 10)
    store.vault.purged(ended)  # as in a backup from before the end
    assert store.purge().submissions == 0
    assert store.purge(thorough=True).submissions == 1
    assert readable(store) == sorted([three[0], three[2]])


def test_a_file_is_sealed_as_its_submission_is(store, writer):
    """It opens while its class is there, and no longer."""
    bare = writer.submission(WHO, retention_class=POOL)
    (name,) = store.keep_files(bare, [b"a page"], MORNING)
    named = StoredFile(item="resume", name="cv.pdf", kind="pdf", size=6, sha256="0" * 64, stored=name)
    record = writer.submission(WHO, retention_class=POOL, files=[named])
    store.write([record])
    held = store.submission(record.record_id)
    assert store.open_file(held, named) == b"a page"
    store.vault.end_classes([ADA], [POOL], MORNING + 10)
    assert store.open_file(held, named) is None
    assert store.keep_files(bare, [b"a page"], MORNING + 11) == []  # sent before the end, and kept after it
    store.purge()
    assert store.files.get(name) is None


def test_a_record_that_is_sealed_again_stays_in_its_class(store, three):
    """A correction changes the words and not the key; of a class that ended nothing is sealed any more."""
    held = store.submission(three[1])
    assert store.keep_again(held, {"message": "corrected"}, MORNING + 5)
    assert store.submission(three[1]).fields == {"message": "corrected"}
    assert store.vault.class_of(store.owners(three[1])) == POOL
    store.vault.end_classes([ADA], [POOL], MORNING + 10)
    assert not store.keep_again(held, {"message": "again"}, MORNING + 11)
    assert store.submission(three[1]) is None


def test_two_people_of_one_record_each_end_it(store, writer):
    """What two addresses find is sealed for both; the class of either ends it, and nothing else of them."""
    both = {"identifiers": [("email", WHO), ("email", "bea@example.com")], "retention_class": POOL}
    shared, own = writer.submission(**both), writer.submission("bea@example.com", retention_class=LETTER)
    store.write([shared, own])
    store.vault.end_classes([ADA], [POOL], MORNING + 10)
    assert readable(store) == []
    assert readable(store, BEA) == [own.record_id]


def test_a_class_of_which_nothing_is_left_is_forgotten_before_its_person(store, writer):
    """When the last record of a class has gone on its day, its key goes; the person's stays while something of theirs is held."""
    gone = writer.submission(WHO, retention_class=POOL, delete_on="2026-12-01")
    stays = writer.submission(WHO, retention_class=LETTER, delete_on="2099-01-01")
    store.write([gone, stays])
    store.erase_due(date(2026, 12, 2))
    assert [one.name for one in store.vault.classes_of([ADA])] == [LETTER]
    assert store.vault.lookup([ADA])
    store.erase_due(date(2099, 1, 2))
    assert not store.vault.lookup([ADA])
