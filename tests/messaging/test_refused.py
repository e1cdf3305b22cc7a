"""To delete takes back no opt-out: what was refused stays refused through an erasure and a restore, until a proved yes."""

import json

import pytest
from tests.gate.test_choices import ROBIN, VISITOR, kept
from tests.houses import NoEvents

from avow.gate import choices
from avow.store.backup import backup, backup_keys, read_manifest, restore, restore_keys
from avow.store.control import tables
from avow.store.keys import Vault

__all__ = ["kept"]
NO = {"audience-measurement": "gpc"}


class Engine(NoEvents):
    """An event engine that holds nothing, and is asked more by a restore."""

    def query(self, name, **_):
        return [{"events": 0}] if name == "count_events" else []

    def command(self, *_, **__):
        return None

    def empty(self):
        return None


def refuse(house):
    """Robin says no, and is known by the address."""
    house.write(ROBIN.value, opted_out=NO)
    house.wait(hours=1)


def erase(house):
    house.store.erase([ROBIN], house.now_ms())
    house.store.purge()
    house.wait(hours=1)


def test_a_deletion_takes_back_no_opt_out(published):
    """The case that was found: the next form of the same person is narrowed by what they refused before."""
    refuse(published)
    erase(published)
    assert choices.opted_out_by(published.store, [ROBIN]) == {"audience-measurement"}
    record = published.write(ROBIN.value)
    assert "audience-measurement" not in published.store.submission(record).purposes
    with published.store.control.reading() as tx:
        assert not tx.execute(tables.choices.select().where(tables.choices.c.subject.is_not(None))).all()


def test_the_marks_name_nobody(published):
    """A keyed hash, a purpose and a moment; somebody else has none of it."""
    refuse(published)
    erase(published)
    content = published.store.vault.path.read_bytes()
    assert b"robin" not in content
    assert choices.opted_out_by(published.store, [choices.identifier(ROBIN.kind, "kim@example.com")]) == frozenset()


def test_a_proved_yes_after_the_deletion_takes_it_back(published, kept):
    """Behind a confirmed link the person sees it, and says yes; a form by anybody else's hand could not."""
    refuse(published)
    erase(published)
    assert kept.of_person("robins").opted_out == {"audience-measurement"}
    assert kept.meet("robins", frozenset()) == {"audience-measurement"}
    assert kept.say("robins", {"audience-measurement": False}) == {"audience-measurement": False}
    published.wait(hours=1)
    published.write(ROBIN.value)
    assert choices.opted_out_by(published.store, [ROBIN]) == frozenset()
    erase(published)
    assert choices.opted_out_by(published.store, [ROBIN]) == frozenset()


def test_a_visitors_no_is_marked_as_well(published, kept):
    """A browser whose number is known: the same for it."""
    kept.record(VISITOR, {"audience-measurement": True}, "link", demonstration=False)
    one = choices.identifier(choices.IdentifierKind.VISITOR, VISITOR)
    published.store.erase([one], published.now_ms() + 1)
    assert choices.opted_out_by(published.store, [one]) == {"audience-measurement"}


def test_what_an_earlier_version_kept_is_marked_when_its_person_is_erased(published):
    """The choices of before have no marks yet."""
    refuse(published)
    published.store.vault._connection.execute("DELETE FROM opt_outs")
    erase(published)
    assert choices.opted_out_by(published.store, [ROBIN]) == {"audience-measurement"}


@pytest.mark.parametrize("format_", [1, 2])
def test_a_restore_forgets_no_opt_out(published, tmp_path, format_):
    """Said after the backup of the data; a backup of before the marks is put back as well."""
    object.__setattr__(published.store, "events", Engine())
    backup(published.store, tmp_path / "b", published.now_ms())
    refuse(published)
    if format_ == 1:
        manifest = tmp_path / "b" / "manifest.json"
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 1}))
        (tmp_path / "b" / "opt-outs.json").unlink()
    assert read_manifest(tmp_path / "b").format == format_
    restore(tmp_path / "b", published.store, 0)
    assert choices.opted_out_by(published.store, [ROBIN]) == {"audience-measurement"}


def test_old_keys_learn_what_the_backup_of_the_data_knows(published, tmp_path):
    """The vault's copy is older than the no, and the vault in place is lost: the marks come with the data."""
    published.write(ROBIN.value)
    backup_keys(published.store.vault, tmp_path / "keys")
    refuse(published)
    marks = published.store.vault.opt_outs()
    assert restore_keys(tmp_path / "keys", tmp_path / "new.db") == 0
    vault = Vault(tmp_path / "new.db")
    assert vault.opt_outs() == []
    vault.apply_opt_outs(marks)
    assert [one[1:] for one in vault.opt_outs()] == [one[1:] for one in marks]
    vault.close()


def test_keys_that_are_put_back_over_newer_ones_keep_the_newer_no(published, tmp_path):
    """The vault that is replaced tells its marks."""
    published.write(ROBIN.value)
    backup_keys(published.store.vault, tmp_path / "keys")
    refuse(published)
    path = published.store.vault.path
    published.store.vault.close()
    restore_keys(tmp_path / "keys", path)
    vault = Vault(path)
    assert vault.choices_noted([ROBIN])[ROBIN]["audience-measurement"][1] is True
    vault.close()
