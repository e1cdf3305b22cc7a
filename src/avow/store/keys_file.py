"""The vault's file: how it is made, opened and wiped. SQLite overwrites deleted content and truncates its WAL."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from avow.definitions import StoreUnavailable
from avow.store.sealing import KEY_BYTES

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subjects (subject BLOB PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identifiers (
    digest BLOB PRIMARY KEY, subject BLOB NOT NULL, created_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identifiers_subject ON identifiers (subject);
CREATE TABLE IF NOT EXISTS classes (
    person BLOB NOT NULL, name TEXT NOT NULL, subject BLOB NOT NULL, created_ms INTEGER NOT NULL,
    PRIMARY KEY (person, name)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS classes_subject ON classes (subject);
CREATE TABLE IF NOT EXISTS tombstones (digest BLOB PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opt_outs (
    digest BLOB NOT NULL, purpose TEXT NOT NULL, at_ms INTEGER NOT NULL, opted_out INTEGER NOT NULL,
    PRIMARY KEY (digest, purpose)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS purging (subject BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS corrected (
    mark BLOB PRIMARY KEY, subject BLOB NOT NULL, at_ms INTEGER NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS corrected_subject ON corrected (subject);
CREATE TABLE IF NOT EXISTS named_keys (
    scope TEXT NOT NULL, name TEXT NOT NULL, key BLOB NOT NULL, PRIMARY KEY (scope, name)) WITHOUT ROWID;
"""

#: How often a checkpoint is tried while other processes still read the WAL.
_CHECKPOINT_TRIES: Final = 3


def create(path: Path) -> None:
    """Make the file readable by its owner alone; SQLite gives its WAL and shared memory the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open the vault's file with the settings that make a deletion final, and make its tables when missing."""
    try:
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";")[:-1]:
            connection.execute(statement)
        connection.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('secret', ?)", (secrets.token_bytes(KEY_BYTES),))
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise StoreUnavailable(f"{path}: the key vault cannot be opened ({error})") from error
    return connection


@contextlib.contextmanager
def reached(path: Path) -> Iterator[None]:
    """Say StoreUnavailable for whatever SQLite raises: a lock that is held, a disk that is full, a file that is damaged."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(
            f"{path.name}: the key vault does not answer ({type(error).__name__}: {error}); try again"
        ) from error


def secret(connection: sqlite3.Connection) -> bytes:
    """Return the secret under which identifiers and tombstones are hashed; made once, with the file."""
    return bytes(connection.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()[0])


def checkpoint(connection: sqlite3.Connection) -> bool:
    """Write the WAL into the file and cut it to nothing, so that deleted bytes leave both; return whether it was whole.

    A reader in another process can hold the WAL for a moment; the busy timeout waits for it.
    """
    for _ in range(_CHECKPOINT_TRIES):
        with contextlib.suppress(sqlite3.Error):  # "locked": another process checkpoints, and the next one of ours follows
            busy, _log, _done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return True
    return False


@contextlib.contextmanager
def lock(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold the lock next to the vault's file, alone or with others who do not want it alone."""
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
