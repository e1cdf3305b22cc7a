"""One random id in every store of an installation, so that a store that is missing, empty or another's is never taken for new.

    vault     keys.db, meta `installation`              control   settings `installation`
    events    events/installation, or in the cluster   files     files/installation
    audit     audit/private/installation

`settle` looks before anything is opened, because opening makes what is missing. All or none: an installation of which some
store is not there, or is of another one, does not start. A new installation, and one from before ids, gets them once; the
file `.founding` holds the id while they are being written, so that a crash in between is gone on with.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from avow.definitions import ConfigurationError, StoreUnavailable
from avow.store.control import Control, rulebooks, settings
from avow.store.control.database import messages_table
from avow.store.events import Events
from avow.store.keys import Vault

log = logging.getLogger(__name__)

#: The key of the id in the settings of the control store.
SETTING: Final = "installation"
_FILE: Final = "installation"
#: The setting that says that a cluster was given the id: one without it is then another, or was emptied.
_CLUSTER_MARKED: Final = "installation.events"
_FOUNDING: Final = ".founding"
#: In that file: the installation is from before ids, so every store was there when it began.
_OLD: Final = "from-before"
#: While data is being put back, this file is there: what is half restored is not served.
_RESTORING: Final = ".restoring"
VAULT, CONTROL, EVENTS, FILES, AUDIT = "keys.db", "control.db", "events", "files", "audit/private"
_VAULT_ID: Final = "SELECT value FROM meta WHERE name = 'installation'"
#: What to do about each store that is not the right one.
_MEND: Final = {
    VAULT: "put back its copy with `avow restore --keys FILE`, or mount the volume that holds it",
    CONTROL: "mount the volume that holds it, or put back a backup with `avow restore FOLDER`",
    EVENTS: "mount the volume that holds it, or put back a backup with `avow restore FOLDER`",
    FILES: "mount the volume that holds it, or put back a backup with `avow restore FOLDER`",
    AUDIT: "put back the copy of audit/ that belongs to it; without one, `avow audit begin` begins a new log under a new key",
}


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the stores of an installation are: URLs of servers, "" for the embedded ones in the data folder."""

    data: Path
    control_url: str = ""
    events_url: str = ""

    @property
    def control_path(self) -> Path:
        """The embedded control store."""
        return self.data / "control.db"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one store: nothing, or a store with this id ("" for one without)."""

    is_there: bool
    installation: str = ""


def settle(stores: Stores) -> str:
    """Return the installation's id, given to it when it is new or from before ids. Safe to repeat, in any process.

    Raises ConfigurationError, having changed nothing, when a store is missing, empty, damaged or of another installation.
    """
    installation = _settle_here(stores)
    if stores.events_url:
        _settle_cluster(stores, installation)
    return installation


def _settle_here(stores: Stores) -> str:
    """Settle every store but a cluster, which may be out of reach while pages are served."""
    if (stores.data / _RESTORING).exists():
        raise ConfigurationError(f"{stores.data}: a restore was interrupted; repeat `avow restore FOLDER`")
    found = look(stores)
    ids = {one.installation for one in found.values() if one.installation}
    if len(ids) == 1 and all(one.installation for one in found.values()) and not _founding(stores):
        return ids.pop()
    with _alone(stores.data):
        found = look(stores)
        ids = {one.installation for one in found.values() if one.installation}
        founding, _, kind = _founding(stores).partition(" ")
        if founding:
            _require_own(found, founding)
            if kind == _OLD:
                _require_whole(found)
            return _mark_all(stores, found, founding)
        if not ids and not any(one.is_there for one in found.values()):
            return _found(stores, found, "new")
        if not ids:
            _require_whole(found)
            _require_keys(stores)
            return _found(stores, found, _OLD)
        if len(ids) == 1 and all(one.installation for one in found.values()):  # another process was faster
            return ids.pop()
        raise ConfigurationError(_sentence(stores, found))


def _settle_cluster(stores: Stores, installation: str) -> None:
    """Settle the event store of another machine: given the id once, known by it from then on; later while out of reach."""
    control = Control(stores.control_url or f"sqlite:///{stores.control_path}")
    try:
        found = _of_cluster(stores.events_url)
        with control.reading() as tx:
            was_marked = bool(settings.get(tx, _CLUSTER_MARKED))
        if found and found != installation:
            _refuse_cluster(f"is of installation {name_of(found)}", installation)
        if not found and was_marked:
            _refuse_cluster("is empty, or another one", installation)
        if not found:
            _mark_cluster(stores.events_url, installation)
        if not was_marked:
            with control.transaction() as tx:
                settings.put(tx, _CLUSTER_MARKED, installation)
    except StoreUnavailable:
        log.warning("storage.events does not answer; whose it is will be asked when it does")
    finally:
        control.close()


def _refuse_cluster(what: str, installation: str) -> NoReturn:
    raise ConfigurationError(f"storage.events {what}; the data is of {name_of(installation)}; {_MEND[EVENTS]}")


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the lock of the ids: two that begin at once are one installation."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (data / f"{_FOUNDING}.lock").open("w")
    except OSError as error:
        raise ConfigurationError(f"data is {data}, where nothing can be made ({error.strerror}); name another folder") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def look(stores: Stores) -> dict[str, Found]:
    """Return what there is of each store, without making or changing anything. Raises ConfigurationError for a damaged one."""
    return {name: look_at() for name, look_at in _looks(stores).items()}


def _looks(stores: Stores) -> dict[str, Callable[[], Found]]:
    return {
        VAULT: lambda: _of_sqlite(stores.data / VAULT, _VAULT_ID, "meta"),
        CONTROL: lambda: _of_server(stores.control_url) if stores.control_url else _of_control(stores.control_path),
        FILES: lambda: _of_folder(stores.data / FILES),
        AUDIT: lambda: _of_folder(stores.data / AUDIT, bool(_public(stores))),
        **({} if stores.events_url else {EVENTS: lambda: _of_folder(stores.data / EVENTS)}),
    }


@contextmanager
def restoring(stores: Stores, installation: str) -> Iterator[None]:
    """Hold while data of an installation is put back: it is served only when all of it is there, and every store has its id.

    `installation` is "" for data from before ids: then it is that of the vault, or a new one. Raises ConfigurationError, having
    changed nothing, when a store is of another installation.
    """
    found = look(stores)
    own = installation or found[VAULT].installation or secrets.token_hex(16)
    _require_own(found, own)
    if found[AUDIT].is_there and not found[AUDIT].installation and not (stores.data / AUDIT).is_dir():
        raise ConfigurationError(f"{stores.data / AUDIT}: missing, while a published log is there; {_MEND[AUDIT]}")
    stores.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(stores.data / _RESTORING, own)
    yield
    for name, one in look(stores).items():
        if one.installation != own:
            mark(stores, name, own)
    (stores.data / _RESTORING).unlink()


def require_keys(stores: Stores) -> None:
    """Raise ConfigurationError when there are no keys: data that is put back without them would seem erased."""
    if not _looks(stores)[VAULT]().is_there:
        raise ConfigurationError(f"{stores.data / VAULT}: missing or empty; put back the keys first, `avow restore --keys FILE`")


def adopt_keys(stores: Stores) -> None:
    """Give a vault from before ids that was put back the id of the other stores, if it opens what they hold."""
    others = {one.installation for one in look_beside(stores, VAULT).values() if one.installation}
    if len(others) == 1 and not _looks(stores)[VAULT]().installation:
        _require_keys(stores)
        mark(stores, VAULT, others.pop())


def require_keys_of(stores: Stores, source: Path) -> None:
    """Raise ConfigurationError for a copy of keys that is damaged, or of another installation than what is in place."""
    found, copied = look_beside(stores, VAULT), _of_sqlite(source, _VAULT_ID, "meta")
    if not copied.is_there:
        raise ConfigurationError(f"{source}: no copy of a key vault")
    for name, one in found.items():
        if one.installation and copied.installation and one.installation != copied.installation:
            other, own = name_of(copied.installation), name_of(one.installation)
            raise ConfigurationError(f"{source} is of installation {other}, {name} of {own}; nothing was changed")


def look_beside(stores: Stores, name: str) -> dict[str, Found]:
    """Return what there is of each store but one, which may be damaged: it is to be replaced."""
    return {other: look_at() for other, look_at in _looks(stores).items() if other != name}


def mark(stores: Stores, name: str, installation: str) -> None:
    """Write the id into one store; durable when it returns."""
    writers: Mapping[str, Callable[[], None]] = {
        VAULT: lambda: _mark_vault(stores.data / VAULT, installation),
        CONTROL: lambda: _mark_control(stores.control_url or f"sqlite:///{stores.control_path}", installation),
        EVENTS: lambda: _mark_folder(stores.data / EVENTS, installation),
        FILES: lambda: _mark_folder(stores.data / FILES, installation),
        AUDIT: lambda: _mark_folder(stores.data / AUDIT, installation),
    }
    writers[name]()


def require_sound(stores: Stores) -> None:
    """Raise ConfigurationError for a SQLite store that is damaged inside (PRAGMA quick_check)."""
    for path in (stores.data / VAULT, *([] if stores.control_url else [stores.control_path])):
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
                said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            said = str(error)
        if said != "ok":
            mend = _MEND[VAULT] if path.name == VAULT else _MEND[CONTROL]
            raise ConfigurationError(f"{path}: damaged ({said.splitlines()[0]}); {mend}")


def name_of(installation: str) -> str:
    """Return an id as it is told to people: its beginning."""
    return installation[:8]


def _founding(stores: Stores) -> str:
    """Return the id that was being written when the process ended, and to what kind of installation; "" for none."""
    try:
        return (stores.data / _FOUNDING).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _found(stores: Stores, found: Mapping[str, Found], kind: str) -> str:
    """Draw an id and write it into every store of an installation that is new, or from before ids."""
    installation = secrets.token_hex(16)
    _write(stores.data / _FOUNDING, f"{installation} {kind}")
    return _mark_all(stores, found, installation)


def _mark_all(stores: Stores, found: Mapping[str, Found], installation: str) -> str:
    for name, one in found.items():
        if one.installation != installation:
            mark(stores, name, installation)
    (stores.data / _FOUNDING).unlink(missing_ok=True)
    return installation


def _require_own(found: Mapping[str, Found], installation: str) -> None:
    """Raise ConfigurationError when a store has another id than the one that was being written."""
    for name, one in found.items():
        if one.installation not in {"", installation}:
            raise ConfigurationError(
                f"{name} is of installation {name_of(one.installation)}, not {name_of(installation)}; {_MEND[name]}"
            )


def _require_whole(found: Mapping[str, Found]) -> None:
    """Raise ConfigurationError when an installation from before ids lacks one of its stores."""
    missing = [name for name, one in found.items() if not one.is_there]
    if missing:
        there = ", ".join(name for name, one in found.items() if one.is_there)
        todo = "; ".join(f"{name}: {_MEND[name]}" for name in missing)
        raise ConfigurationError(
            f"{', '.join(missing)}: missing or empty, while {there} are there; nothing was started or changed; {todo}"
        )


def _require_keys(stores: Stores) -> None:
    """Raise ConfigurationError when the vault knows nobody of whom the control store holds something: it is another's."""
    if stores.control_url:
        return  # its own dump brings its own id
    with closing(sqlite3.connect(f"file:{stores.control_path}?mode=ro", uri=True)) as control:
        subjects = set()
        for table in ("submission_subjects", "choices", messages_table(control)):
            rows = control.execute(f"SELECT subject FROM {table} WHERE subject IS NOT NULL ORDER BY rowid DESC LIMIT 200")  # noqa: S608 - names of tables
            subjects |= {bytes(row[0]) for row in rows}
    with closing(Vault(stores.data / VAULT)) as vault:
        if subjects and not vault.knows(subjects):
            raise ConfigurationError(f"keys.db opens nothing of control.db: it is another installation's; {_MEND[VAULT]}")


def _sentence(stores: Stores, found: Mapping[str, Found]) -> str:
    """Return what is wrong and what to restore."""
    ids = [one.installation for one in found.values() if one.installation]
    own = max(set(ids), key=ids.count)
    wrong = []
    for name, one in found.items():
        if one.installation == own:
            continue
        what = f"of installation {name_of(one.installation)}" if one.installation else "missing or empty"
        if one.is_there and not one.installation and (stores.data / name).exists():
            what = "without an id"
        wrong.append(f"{name} is {what}: {_MEND[name]}")
    return f"{stores.data}: the data is of installation {name_of(own)}, but {'; '.join(wrong)}. Nothing was started or changed."


def _of_control(path: Path) -> Found:
    return _of_sqlite(path, "SELECT value FROM settings WHERE key = 'installation'", "settings")


def _of_sqlite(path: Path, query: str, table: str) -> Found:
    """Return what there is of a store in a SQLite file; a file without its tables is an empty one."""
    if not path.is_file() or not path.stat().st_size:
        return Found(is_there=False)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                return Found(is_there=False)
            row = database.execute(query).fetchone()
    except sqlite3.DatabaseError as error:
        mend = _MEND[VAULT] if path.name == VAULT else _MEND[CONTROL]
        raise ConfigurationError(f"{path}: damaged ({error}); nothing was started or changed; {mend}") from error
    value = row[0] if row else ""
    return Found(is_there=True, installation=value.decode() if isinstance(value, bytes) else value)


def _of_server(url: str) -> Found:
    control = Control(url)
    try:
        with control.reading() as tx:
            installation = settings.get(tx, SETTING) or ""
            return Found(bool(installation or rulebooks.any_id(tx)), installation)
    finally:
        control.close()


def _of_cluster(url: str) -> str:
    events = Events(url)
    try:
        return events.installation()
    finally:
        events.close()


def _of_folder(folder: Path, is_more: bool = False) -> Found:  # noqa: FBT001, FBT002 - what stands beside it
    """Return what there is of a store that is a folder; an empty one is none."""
    try:
        return Found(is_there=True, installation=(folder / _FILE).read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return Found(is_there=is_more or (folder.is_dir() and any(folder.iterdir())))


def _public(stores: Stores) -> list[Path]:
    public = stores.data / "audit" / "public"
    return list(public.iterdir()) if public.is_dir() else []


def _mark_vault(path: Path, installation: str) -> None:
    with closing(Vault(path)) as vault:
        vault.mark(installation)


def _mark_control(url: str, installation: str) -> None:
    control = Control(url)
    try:
        with control.transaction() as tx:
            settings.put(tx, SETTING, installation)
    finally:
        control.close()


def _mark_cluster(url: str, installation: str) -> None:
    events = Events(url)
    try:
        events.mark(installation)
    finally:
        events.close()


def _mark_folder(folder: Path, installation: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(folder / _FILE, installation)


def _write(path: Path, text: str) -> None:
    """Write a small file whole or not at all, durable when it returns."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
