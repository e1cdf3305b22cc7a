"""The vault: what is destroyed stays destroyed, for every process and on the disk."""

from __future__ import annotations

import os
import sqlite3
import tracemalloc
from contextlib import closing

import pytest
from cryptography.exceptions import InvalidTag

from avow.definitions import Identifier, IdentifierKind, identifier
from avow.store import sealing
from avow.store.keys import Vault

ADA = identifier(IdentifierKind.EMAIL, " Ada@Example.com")
BEA = identifier(IdentifierKind.EMAIL, "bea@example.com")


@pytest.fixture
def vault(tmp_path):
    opened = Vault(tmp_path / "keys.db")
    yield opened
    opened.close()


def everything(folder) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_a_person_has_one_subject_however_often_asked(vault):
    """The same identifier, differently written, is the same random subject."""
    first = vault.subjects_for([ADA], 1)
    assert vault.subjects_for([Identifier(IdentifierKind.EMAIL, "ada@example.com")], 2) == first
    assert vault.lookup([ADA, BEA]) == first


def test_destroyed_keys_are_gone_from_file_and_log(vault, tmp_path):
    """No byte of a destroyed key is left in the file, its WAL or its shared memory."""
    subject = vault.subjects_for([ADA, BEA], 1)[ADA]
    key, other = vault.key_of(subject), vault.key_of(vault.lookup([BEA])[BEA])
    assert key in everything(tmp_path)
    assert vault.destroy([ADA], 5) == {subject}
    assert vault.key_of(subject) is None
    assert key not in everything(tmp_path)
    assert other in everything(tmp_path)


def test_identifiers_are_never_written(vault, tmp_path):
    """The vault keeps an HMAC of an address, not the address."""
    vault.subjects_for([ADA], 1)
    vault.destroy([ADA], 5)
    assert b"example.com" not in everything(tmp_path)


def test_another_process_sees_the_tombstone(vault, tmp_path):
    """A second connection learns of an erasure without being told."""
    other = Vault(tmp_path / "keys.db")
    assert not other.is_erased(ADA, 5)
    vault.destroy([ADA], 5)
    assert other.is_erased(ADA, 5)
    assert not other.is_erased(ADA, 6)
    assert other.key_of(bytes(16)) is None
    other.close()


def test_a_write_that_fails_midway_changes_nothing(vault):
    """A transaction that fails after its first statement is undone, and the vault goes on."""
    subject = vault.subjects_for([ADA], 1)[ADA]

    def write_and_fail():
        with vault._writing() as connection:
            connection.execute("DELETE FROM subjects")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        write_and_fail()
    assert vault.key_of(subject) is not None
    assert vault.destroy([ADA], 5) == {subject}


def test_the_later_of_two_erasures_counts(vault):
    """Erasing again moves the tombstone forward, never back."""
    vault.destroy([ADA], 9)
    vault.destroy([ADA], 5)
    assert vault.is_erased(ADA, 9)


def test_the_work_list_is_written_with_the_destruction(vault, tmp_path):
    """After a crash right behind `destroy` the next process knows whose rows to remove."""
    subject = vault.subjects_for([ADA], 1)[ADA]
    vault.destroy([ADA], 5)
    restarted = Vault(tmp_path / "keys.db")
    assert restarted.purging() == {subject}
    restarted.purged([subject])
    assert vault.purging() == frozenset()
    restarted.close()


def test_named_keys_are_made_once_and_destroyed_by_name(vault):
    """Whatever others are called, and in whatever scope they are."""
    old, new, other = (vault.create_key("day", name) for name in ("a/2025-01-01", "a/2025-02-01", "b/2025-01-01"))
    assert vault.create_key("day", "a/2025-01-01") == old
    vault.create_key("request", "a/2025-01-01")
    assert vault.destroy_keys("day", ["a/2025-01-01", "never made"]) == 1
    assert vault.get_key("request", "a/2025-01-01") is not None
    assert [vault.get_key("day", name) for name in ("a/2025-01-01", "a/2025-02-01", "b/2025-01-01")] == [None, new, other]


def test_an_old_copy_of_the_keys_loses_the_erased(vault, tmp_path):
    """Tombstones applied to an older vault destroy the keys it still had, and spare who came back later."""
    vault.subjects_for([ADA], 1)
    vault.subjects_for([BEA], 9)
    assert vault.apply_tombstones({vault._digests(ADA)[0]: 5, vault._digests(BEA)[0]: 5}) == 1
    assert vault.lookup([ADA, BEA]).keys() == {BEA}


@pytest.mark.parametrize(("seal", "unseal"), [(sealing.seal, sealing.unseal), (sealing.seal_alike, sealing.unseal_alike)])
def test_sealed_bytes_open_only_with_key_and_context(seal, unseal):
    """Another key, another context or a flipped bit opens nothing."""
    key, sealed = bytes(32), seal(bytes(32), b"hello", b"here")
    assert unseal(key, sealed, b"here") == b"hello"
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for wrong in ((bytes(31) + b"1", sealed, b"here"), (key, sealed, b"there"), (key, flipped, b"here")):
        with pytest.raises(InvalidTag):
            unseal(*wrong)


def test_a_joint_key_needs_every_key():
    """Two people's joint key is neither one's key nor dependent on their order."""
    one, two = b"1" * 32, b"2" * 32
    assert sealing.joint_key([one, two]) == sealing.joint_key([two, one])
    assert sealing.joint_key([one, two]) not in (one, two)
    assert sealing.joint_key([one]) == one


def test_a_tombstone_is_looked_up_among_many(vault, tmp_path):
    """No list of them is read: what another process writes is seen by one look-up, in memory that does not grow."""
    with closing(sqlite3.connect(tmp_path / "keys.db")) as other, other:
        other.executemany("INSERT INTO tombstones VALUES (?, 5)", ((os.urandom(32),) for _ in range(50_000)))
    vault.destroy([ADA], 9)
    tracemalloc.start()
    answers = (vault.is_erased(ADA, 9), vault.is_erased(ADA, 10), vault.erased_at([ADA, BEA]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answers == (True, False, {ADA: 9})
    assert peak < 100_000
