"""One id in every store: a store that is missing, empty, damaged or another's is never taken for a new one."""

from __future__ import annotations

import shutil

import pytest
from tests.conftest import control_in

from avow.definitions import ConfigurationError, IdentifierKind, identifier
from avow.store import identity
from avow.store.control import choices
from avow.store.identity import AUDIT, CONTROL, EVENTS, FILES, VAULT, Stores
from avow.store.keys import Vault

PLACES = (VAULT, CONTROL, EVENTS, FILES, AUDIT)


def filled(folder):
    """Make what an installation has, without ids."""
    vault, control = Vault(folder / VAULT), control_in(folder)
    person = identifier(IdentifierKind.EMAIL, "robin@example.com")
    subject = vault.subjects_for([person], 1)[person]
    with control.transaction() as tx:
        choices.add(
            tx, choices.Choice(1, "audience-measurement", opted_out=True, source="link", rulebook_id="r", subject=subject)
        )
    control.close()
    vault.close()
    for name in (EVENTS, FILES, AUDIT):
        (folder / name).mkdir(parents=True)
        (folder / name / "something").write_text("x")
    return Stores(folder)


@pytest.fixture
def stores(tmp_path):
    """An installation whose stores have their id."""
    made = filled(tmp_path / "data")
    identity.settle(made)
    return made


def lose(stores, name):
    path = stores.data / name
    return shutil.rmtree(path) if path.is_dir() else [one.unlink() for one in path.parent.glob(f"{name}*")]


def everything(stores):
    return {path: path.read_bytes() for path in stores.data.rglob("*") if path.is_file() and "-shm" not in path.name}


def test_a_new_installation_is_one_in_every_store(tmp_path):
    """Nothing is there: an id is drawn, and found again."""
    stores = Stores(tmp_path / "data")
    own = identity.settle(stores)
    assert {one.installation for one in identity.look(stores).values()} == {own} == {identity.settle(stores)}


def test_an_installation_from_before_ids_gets_them_once(tmp_path):
    """All five are there and the vault opens what is held."""
    stores = filled(tmp_path / "data")
    assert identity.settle(stores) == identity.settle(stores) != ""


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_store_that_is_missing_or_empty_stops_everything_and_nothing_is_changed(stores, name, is_empty):
    """Whichever it is: a sentence that names it and what to restore."""
    lose(stores, name)
    if is_empty:
        (stores.data / name).touch() if name in {VAULT, CONTROL} else (stores.data / name).mkdir()
    before = everything(stores)
    with pytest.raises(ConfigurationError, match=rf"(?s){name}.*missing or empty.*avow"):
        identity.settle(stores)
    assert everything(stores) | before == before | everything(stores)
    assert not identity.look(stores)[name].installation


@pytest.mark.parametrize("name", PLACES)
def test_of_an_installation_from_before_ids_every_store_has_to_be_there(tmp_path, name):
    """Without ids nothing else tells a lost store from a new one."""
    stores = filled(tmp_path / "data")
    lose(stores, name)
    with pytest.raises(ConfigurationError, match=name):
        identity.settle(stores)


@pytest.mark.parametrize("name", PLACES)
def test_a_store_of_another_installation_is_named(stores, tmp_path, name):
    """The wrong mount of two that look alike."""
    other = filled(tmp_path / "other")
    identity.settle(other)
    lose(stores, name)
    (stores.data / name).parent.mkdir(exist_ok=True)
    shutil.move(other.data / name, stores.data / name)
    with pytest.raises(ConfigurationError, match=rf"{name} is of installation"):
        identity.settle(stores)


def test_a_vault_from_before_ids_that_opens_nothing_is_another_installations(tmp_path):
    """It would get the id, and everybody would be unreadable."""
    stores = filled(tmp_path / "data")
    lose(stores, VAULT)
    Vault(stores.data / VAULT).close()
    with pytest.raises(ConfigurationError, match="opens nothing"):
        identity.settle(stores)


@pytest.mark.parametrize("name", [VAULT, CONTROL])
@pytest.mark.parametrize("is_cut", [True, False])
def test_a_damaged_store_is_a_sentence(stores, name, is_cut):
    """Truncated, or something else entirely."""
    path = stores.data / name
    content = path.read_bytes()
    for one in path.parent.glob(f"{name}-*"):
        one.unlink()
    path.write_bytes(content[:5000] if is_cut else b"not a database at all" * 300)
    with pytest.raises(ConfigurationError, match="damaged"):
        identity.require_sound(stores)


@pytest.mark.parametrize("marked", range(6))
def test_a_crash_while_the_ids_are_written_is_gone_on_with(tmp_path, monkeypatch, marked):
    """After any of the five: the next start finishes the same id."""
    stores, done, mark = Stores(tmp_path / "data"), [], identity.mark

    def until(*arguments):
        if len(done) == marked:
            raise KeyboardInterrupt
        done.append(arguments)
        mark(*arguments)

    monkeypatch.setattr(identity, "mark", until)
    if marked < 5:
        with pytest.raises(KeyboardInterrupt):
            identity.settle(stores)
    monkeypatch.setattr(identity, "mark", mark)
    own = identity.settle(stores)
    assert {one.installation for one in identity.look(stores).values()} == {own}
    assert all(arguments[2] == own for arguments in done)


@pytest.mark.parametrize("name", PLACES)
def test_a_store_that_is_lost_in_that_crash_is_not_made_anew(tmp_path, monkeypatch, name):
    """An installation from before ids held something: what it had when the ids were begun has to be there still."""
    stores = filled(tmp_path / "data")
    with monkeypatch.context() as until:
        until.setattr(identity, "mark", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            identity.settle(stores)
    lose(stores, name)
    with pytest.raises(ConfigurationError, match=name):
        identity.settle(stores)


def test_a_half_restored_installation_is_not_opened(stores):
    """Until the restore is repeated."""
    with pytest.raises(KeyboardInterrupt), identity.restoring(stores, identity.settle(stores)):
        raise KeyboardInterrupt
    with pytest.raises(ConfigurationError, match="restore was interrupted"):
        identity.settle(stores)
    with identity.restoring(stores, ""):
        pass
    assert identity.settle(stores)


def test_keys_of_another_installation_are_not_put_back(stores, tmp_path):
    """The copy is asked whose it is before anything is replaced."""
    other = filled(tmp_path / "other")
    identity.settle(other)
    with pytest.raises(ConfigurationError, match="nothing was changed"):
        identity.require_keys_of(stores, other.data / VAULT)
    identity.require_keys_of(stores, stores.data / VAULT)
