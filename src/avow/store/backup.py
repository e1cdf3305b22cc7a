"""Backup and restore: the data without the keys, the keys apart, so that neither alone says anything about anybody.

A backup folder holds manifest.json, control.db (SQLite's online copy), events/NNNNN.native.gz (one file a day, in the
event engine's exchange format), files/, tombstones.json and opt-outs.json. What was erased after the backup is not brought
back: the keys are gone from the installation, and when the keys are restored as well, tombstones are applied to them first.
Formats: docs/specs/store.md.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import delete, func, select

from avow.definitions import ConfigurationError, StoreUnavailable
from avow.store import kept, removal
from avow.store.control import Control, audit
from avow.store.control import kept as kept_rows
from avow.store.control.database import messages_table
from avow.store.control.tables import staff_sessions, submissions
from avow.store.events import Events
from avow.store.holdings import Counts
from avow.store.keys import Vault
from avow.store.store import Store
from avow.store.tallies import Tallies

FORMAT: Final = 2
#: What this version puts back: 1 is from before opt-outs outlived their people.
READ: Final = frozenset({1, FORMAT})
_LEVEL: Final = 1  # gzip: the events are mostly repetition; level 1 halves the time for 15 % more bytes


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself; `installation` is "" in one from before ids."""

    format: int
    at_ms: int
    events: int
    submissions: int
    files: int
    installation: str = ""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds."""

    events: int
    submissions: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and what was at once removed again because its people were erased.

    `kept_missing` are the ids of records that a rule keeps and that are in no backup: they were kept after it was made.
    """

    events: int
    submissions: int
    files: int
    removed: Counts
    kept_missing: tuple[str, ...] = ()


def backup(store: Store, destination: Path, at_ms: int) -> BackedUp:
    """Copy the data, never a key, into the new folder `destination`; the installation may be running.

    Order: events before control data, so that whatever a copied control row speaks of was already there. The folder
    gets its manifest last: without one it is no backup.
    """
    if store.control.path is None:
        raise ConfigurationError("storage.control names a database server: back it up with that server's own tools")
    try:
        destination.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise ConfigurationError(f"{destination}: exists already; name a new folder") from None
    count = _copy_events(store.events, destination / "events")
    _copy_database(store.control.path, destination / "control.db")
    names = store.files.names()
    for name in names:
        _write(destination / "files" / name, store.files.get(name) or b"")
    marks = {mark.hex(): moment for mark, moment in store.vault.tombstones().items()}
    _write(destination / "tombstones.json", json.dumps(marks).encode())
    refused = [[mark.hex(), *more] for mark, *more in store.vault.opt_outs()]
    _write(destination / "opt-outs.json", json.dumps(refused).encode())
    with store.control.reading() as tx:
        forms = int(tx.execute(select(func.count()).select_from(submissions)).scalar_one())
    size = sum(path.stat().st_size for path in destination.rglob("*") if path.is_file())
    manifest = Manifest(FORMAT, at_ms, count, forms, len(names), store.vault.installation)
    _write(destination / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest)))
    return BackedUp(count, forms, len(names), size)


def backup_keys(vault: Vault, destination: Path) -> None:
    """Copy the key vault into the new file `destination`; keep it apart from the data, and replace it after erasures.

    A copy of the keys made before an erasure can still read an old copy of the data: that is why old ones must go.
    """
    if destination.exists():
        raise ConfigurationError(f"{destination}: exists already; name a new file, then destroy the old one")
    destination.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(destination, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    _copy_database(vault.path, destination)


def restore_keys(source: Path, vault_path: Path) -> int:
    """Put a copy of the keys in place; tombstones of the vault that is replaced are applied to it first.

    Returns how many people that erased again. Run it while the installation is stopped, before `restore`.
    """
    known: dict[bytes, int] = {}
    refused: list[tuple[bytes, str, int, bool]] = []
    if vault_path.exists():
        with (
            suppress(StoreUnavailable),
            closing(Vault(vault_path)) as old,
        ):  # a damaged one tells nothing; the backup of the data does
            known, refused = old.tombstones(), old.opt_outs()
    vault_path.parent.mkdir(parents=True, exist_ok=True)
    new = vault_path.with_name(vault_path.name + ".new")
    new.unlink(missing_ok=True)
    shutil.copyfile(source, new)
    new.chmod(0o600)
    with closing(Vault(new)) as restored:
        erased = restored.apply_tombstones(known)
        restored.apply_opt_outs(refused)
    for suffix in ("", "-wal", "-shm"):
        vault_path.with_name(vault_path.name + suffix).unlink(missing_ok=True)
    new.replace(vault_path)
    return erased


def restore(source: Path, store: Store, audit_last_seq: int) -> Restored:
    """Put a backup in place of the data of a stopped installation whose event engine alone runs; then remove the erased.

    `audit_last_seq` is the number of the last entry in the published log: later entries get greater numbers. Returns
    only after everybody erased since the backup is gone again. Repeat it when it was interrupted.
    """
    manifest = read_manifest(source)
    if store.control.path is None:
        raise ConfigurationError("storage.control names a database server: restore it with that server's own tools")
    require_vault(source, manifest, store.vault)
    marks = json.loads((source / "tombstones.json").read_bytes())
    store.vault.apply_tombstones({bytes.fromhex(mark): moment for mark, moment in marks.items()})
    if manifest.format >= FORMAT:
        refused = json.loads((source / "opt-outs.json").read_bytes())
        store.vault.apply_opt_outs((bytes.fromhex(mark), purpose, at_ms, is_out) for mark, purpose, at_ms, is_out in refused)
    store.control.close()
    _copy_database(source / "control.db", store.control.path)
    control = Control(store.control.url)
    with control.transaction() as tx:
        audit.continue_after(tx, audit_last_seq)
        tx.execute(delete(staff_sessions))
    Tallies(control, store.events, store.vault).forget()  # what the backup says is made was made of other events
    store.events.empty()
    for path in sorted((source / "events").glob("*.native.gz")):
        store.events.load(gzip.decompress(path.read_bytes()))
    loaded = int(store.events.query("count_events")[0]["events"])
    if loaded != manifest.events:
        raise StoreUnavailable(f"{source}: {loaded} events were restored, the manifest says {manifest.events}")
    for path in sorted((source / "files").glob("*")):
        store.files.put(path.name, path.read_bytes())
    removed = removal.purge(control, store.events, store.vault, store.files, thorough=True, now_ms=0)
    shelf = kept.Shelf(control, store.vault, store.files)
    with control.reading() as tx:
        every = kept_rows.ids(tx)
    shelf.end(store.vault.kept_ended(every), 0)
    missing = shelf.missing()
    control.close()
    return Restored(loaded, manifest.submissions, manifest.files, removed, missing)


def _copy_events(events: Events, folder: Path) -> int:
    """Write one file for each day of events; return how many events."""
    folder.mkdir()
    count = 0
    for number, day in enumerate(events.query("export_days")):
        block = events.export(day["first_ms"], day["last_ms"])
        _write(folder / f"{number:05}.native.gz", gzip.compress(block, _LEVEL))
        count += int(day["events"])
    return count


def _copy_database(source: Path, destination: Path) -> None:
    """Copy a SQLite database page by page, in one consistent state, no matter who writes meanwhile."""
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(destination)) as copy:
        copy.execute("PRAGMA secure_delete = ON")
        origin.backup(copy)
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def read_manifest(source: Path) -> Manifest:
    """Return the manifest of a backup; raise ConfigurationError when the folder is none."""
    try:
        manifest = msgspec.json.decode((source / "manifest.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"{source}: no complete backup (manifest.json is missing or unreadable)") from error
    if manifest.format not in READ:
        known = " and ".join(map(str, sorted(READ)))
        raise ConfigurationError(f"{source}: backup format {manifest.format}, this version reads {known}")
    return manifest


def require_vault(source: Path, manifest: Manifest, vault: Vault) -> None:
    """Raise ConfigurationError when the keys in place are not those of this data: everybody in it would seem erased.

    By the ids; a backup or a vault from before ids is told by whether the vault knows anybody of the data.
    """
    if manifest.installation and vault.installation:
        if manifest.installation != vault.installation:
            own, other = manifest.installation[:8], vault.installation[:8]
            raise ConfigurationError(
                f"{source} is of installation {own}, {vault.path} of {other}: put back its keys first, `avow restore --keys FILE`"
            )
        return
    with closing(sqlite3.connect(f"file:{source / 'control.db'}?mode=ro&immutable=1", uri=True)) as control:
        tables = ("submission_subjects", "choices", "disclosures", messages_table(control))
        found = {bytes(row[0]) for table in tables for row in control.execute(_SUBJECTS.format(table=table))}
    if found and not vault.knows(found):
        raise ConfigurationError(
            f"{vault.path} opens nothing of {source}: put back the keys of this data first, `avow restore --keys FILE`"
        )


_SUBJECTS: Final = "SELECT subject FROM {table} WHERE subject IS NOT NULL"


def _write(path: Path, content: bytes) -> None:
    """Write a file durably, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
