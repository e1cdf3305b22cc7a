"""Backup and restore: data without keys, keys apart, and nobody who was erased comes back."""

from __future__ import annotations

import gzip

import pytest
from store_records import MORNING, browser, open_parts, person, visitor

from avow.definitions import ConfigurationError
from avow.store import Holdings
from avow.store.backup import backup, backup_keys, restore, restore_keys
from avow.store.control import audit
from avow.store.keys import Vault

NIGHT = MORNING + 40_000_000


@pytest.fixture
def filled(store, writer):
    store.write([writer.event(visitor(1)), writer.event(visitor(2), MORNING + 90_000_000), writer.submission("ada@example.com")])
    store.files.put("archive-1", b"sealed")
    return store


def test_a_restored_backup_is_what_it_was(filled, folder, tmp_path):
    """Everything is found again; audit numbers go on after the published log."""
    everybody = [browser(1), browser(2), person("ada")]
    before = filled.find(everybody)
    assert backup(filled, tmp_path / "b", NIGHT).events == 2
    filled.events.empty()
    filled.files.delete("archive-1")
    assert restore(tmp_path / "b", filled, 40).removed.total == 0
    again = open_parts(folder)
    assert again.find(everybody) == before
    assert again.files.get("archive-1") == b"sealed"
    with again.control.transaction() as tx:
        assert audit.enqueue(tx, b"e") == 41
    again.close()


def test_a_backup_from_before_an_erasure_brings_nobody_back(filled, folder, tmp_path):
    """The rows return without a key and are removed before `restore` returns."""
    backup(filled, tmp_path / "b", NIGHT)
    filled.erase([browser(1), person("ada")], NIGHT)
    filled.purge()
    removed = restore(tmp_path / "b", filled, 0).removed
    assert (removed.events, removed.submissions) == (1, 1)
    again = open_parts(folder)
    assert again.find([browser(1), person("ada")]) == Holdings()
    assert len(again.find([browser(2)]).events) == 1
    again.close()


def test_keys_from_before_an_erasure_lose_the_erased(filled, folder, tmp_path):
    """An old copy of the keys is put under the tombstones of the vault it replaces."""
    backup_keys(filled.vault, tmp_path / "keys")
    filled.erase([browser(1)], NIGHT)
    filled.vault.close()
    assert restore_keys(tmp_path / "keys", folder / "keys.db") == 1
    again = open_parts(folder)
    assert again.find([browser(1)]) == Holdings()
    assert len(again.find([browser(2)]).events) == 1
    assert again.purge().events == 1
    again.close()


def test_tombstones_travel_with_the_data(filled, tmp_path):
    """When the vault is lost as well, a newer data backup tells an older key backup who was erased."""
    backup_keys(filled.vault, tmp_path / "keys")
    filled.erase([browser(1)], NIGHT)
    filled.purge()
    backup(filled, tmp_path / "b", NIGHT + 1)
    filled.vault.close()
    rescued = open_parts(filled.control.path.parent)
    assert restore_keys(tmp_path / "keys", tmp_path / "elsewhere" / "keys.db") == 0
    with_old_keys = Vault(tmp_path / "elsewhere" / "keys.db")
    assert browser(1) in with_old_keys.lookup([browser(1)])
    restore(tmp_path / "b", type(rescued)(rescued.control, rescued.events, with_old_keys, rescued.files), 0)
    assert with_old_keys.lookup([browser(1)]) == {}
    with_old_keys.close()
    rescued.close()


def test_a_backup_holds_no_key_and_no_person(filled, tmp_path):
    """Whoever finds the data backup reads nobody's name, address or key."""
    backup(filled, tmp_path / "b", NIGHT)
    key = filled.vault.key_of(filled.vault.lookup([browser(1)])[browser(1)])
    for path in (tmp_path / "b").rglob("*"):
        if path.is_file():
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            assert not any(secret in content for secret in (key, b"ada@example.com", visitor(1).encode()))


def test_a_backup_goes_over_nothing(filled, tmp_path):
    """A folder or a file that is there already is named in a sentence, and stays as it is."""
    (tmp_path / "b").mkdir()
    (tmp_path / "k").write_bytes(b"older keys")
    with pytest.raises(ConfigurationError, match="exists already"):
        backup(filled, tmp_path / "b", NIGHT)
    with pytest.raises(ConfigurationError, match="exists already"):
        backup_keys(filled.vault, tmp_path / "k")
    assert (list((tmp_path / "b").iterdir()), (tmp_path / "k").read_bytes()) == ([], b"older keys")


def test_half_a_backup_is_refused(filled, tmp_path):
    """Without its manifest a folder is no backup, and nothing is touched."""
    backup(filled, tmp_path / "b", NIGHT)
    (tmp_path / "b" / "manifest.json").unlink()
    with pytest.raises(ConfigurationError, match="manifest"):
        restore(tmp_path / "b", filled, 0)
    assert len(filled.find([browser(1)]).events) == 1
