"""Putting a backup back: what it lacks is listed from the log, and somebody has to have read the list before it is served.

The control store knows how far the published log was (`settings.LOG_SIZE`), so an older copy of either is known as one, whoever
put it there: `avow restore`, a database server's own tools, or a mount of yesterday.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from avow.audit.log import each_entry, read_state
from avow.config import Configuration
from avow.definitions import ConfigurationError
from avow.gate import corrected, entries
from avow.rights import after_restore
from avow.rights.after_restore import Missed
from avow.rights.kept import Cases
from avow.store import backup, identity, named_points
from avow.store.backup import Restored
from avow.store.control import Control, settings
from avow.store.identity import Stores
from avow.store.keys import Vault
from avow.store.store import Store

#: The setting that says from which entry of the log on something is missing, until somebody acknowledged the list.
UNREAD: Final = "restore.unread"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation lies; `open_parts` opens its store without asking whether its parts belong together."""

    configuration: Configuration
    stores: Stores
    open_parts: Callable[[], Store]


def restore(place: Place, source: Path, now_ms: int) -> tuple[Restored, Missed]:
    """Put a backup in place of the data of a stopped installation; return what was put back, and what is missing since.

    Raises ConfigurationError, having changed nothing, for no backup, or for one of other keys than those in place.
    """
    manifest = backup.read_manifest(source)
    state = read_state(place.configuration.private_log)
    identity.require_keys(place.stores)
    with closing(Vault(place.configuration.data / "keys.db")) as vault:
        backup.require_vault(source, manifest, vault)
    with identity.restoring(place.stores, manifest.installation):
        store = place.open_parts()
        store.events.prepare()
        done = backup.restore(source, store, state.last_queued)
        store.close()
        reopened = place.open_parts()
        try:
            with reopened.control.transaction() as tx:
                settings.put(tx, UNREAD, str(_since(place, settings.get(tx, settings.LOG_SIZE), manifest.at_ms)))
            found = _missed(place, reopened)
            after_restore.close_answered(found, Cases(reopened).every(), Cases(reopened), now_ms)
            corrected.again(reopened, now_ms)
            named_points.again(reopened)
            if found.is_nothing:
                _settle(place, reopened, found, now_ms)
        finally:
            reopened.close()
    return done, found


def restore_keys(place: Place, source: Path) -> int:
    """Put a copy of the keys in place of those of a stopped installation; return how many people were erased again."""
    identity.require_keys_of(place.stores, source)
    erased = backup.restore_keys(source, place.configuration.data / "keys.db")
    identity.adopt_keys(place.stores)
    return erased


def missed(place: Place) -> Missed:
    """Return what the control store lacks of what the log tells, for somebody to read. Rule: 11 CCR 7101(a)."""
    with _opened(place) as store:
        return _missed(place, store)


def acknowledge(place: Place, now_ms: int) -> Missed:
    """Note that somebody has read what is missing; from then on the installation is served. Rule: 11 CCR 7101(a)."""
    with _opened(place) as store:
        found = _missed(place, store)
        after_restore.close_answered(found, Cases(store).every(), Cases(store), now_ms)
        corrected.again(store, now_ms)
        named_points.again(store)
        _settle(place, store, found, now_ms)
        return found


def require_read(place: Place, control: Control) -> None:
    """Raise ConfigurationError while the control store lacks what the log tells, or the log what the store tells.

    What the control store lacks may be acknowledged; a log that is too old would sign a second history.
    """
    with control.reading() as tx:
        size, unread = settings.get(tx, settings.LOG_SIZE), settings.get(tx, UNREAD)
    if unread:
        raise ConfigurationError(
            "requests or choices came after the backup that was put back; read them with `avow restore --check`, then "
            "`avow restore --acknowledge`"
        )
    state = read_state(place.configuration.private_log)
    if size is None:
        return
    last = len(state.batch or ())  # the log may be a batch ahead: a crash came before the store was told
    if int(size) > state.size:
        raise ConfigurationError(
            f"{place.configuration.private_log} is older than the control store: the log had {size} entries, it has "
            f"{state.size}; "
            "put back the newest copy of audit/"
        )
    if state.size - int(size) > last:
        raise ConfigurationError(
            f"the control store is older than the log, which has {state.size - int(size)} entries more; see what is missing with "
            "`avow restore --check`, then go on with `avow restore --acknowledge`, or put back the newest copy"
        )


def begin_log(place: Place, now_ms: int) -> Path:
    """Put what there is of the audit log aside, and begin a new one under a new key; return where the old one lies.

    Proofs from before verify against that copy alone. Raises ConfigurationError when another store is not this installation's.
    """
    audit_folder = place.configuration.private_log.parent
    beside = audit_folder.with_name(f"audit.before-{now_ms}")
    found = identity.look_beside(place.stores, identity.AUDIT)
    own = found[identity.VAULT].installation
    if not own or {one.installation for one in found.values()} != {own}:
        raise ConfigurationError("another store is missing too; put it back first: `avow serve` says which")
    if audit_folder.exists():
        audit_folder.rename(beside)
    identity.mark(place.stores, identity.AUDIT, own)
    with _opened(place) as store, store.control.transaction() as tx:
        settings.put(tx, settings.LOG_SIZE, "0")
        settings.put(tx, UNREAD, "")
        entries.record(tx, now_ms, entries.LogBegun())
    return beside


@contextmanager
def _opened(place: Place) -> Iterator[Store]:
    identity.settle(place.stores)
    store = place.open_parts()
    try:
        yield store
    finally:
        store.close()


def _missed(place: Place, store: Store) -> Missed:
    state = read_state(place.configuration.private_log)
    with store.control.reading() as tx:
        unread, size = settings.get(tx, UNREAD), settings.get(tx, settings.LOG_SIZE)
    since = int(unread) if unread else int(size) if size else state.size
    told = map(json.loads, each_entry(place.configuration.public_log, state.size, since))
    return after_restore.missed(told, Cases(store).every())


def _since(place: Place, size: str | None, at_ms: int) -> int:
    """Return the first entry of the log that the backup does not know; by its moment for a backup from before sizes."""
    state = read_state(place.configuration.private_log)
    if size is not None:
        return min(int(size), state.size)
    told = enumerate(each_entry(place.configuration.public_log, state.size))
    return next((number for number, entry in told if json.loads(entry).get("at", 0) > at_ms), state.size)


def _settle(place: Place, store: Store, found: Missed, now_ms: int) -> None:
    """Let the installation be served: the control store knows how far the log is, and the log knows of the restore."""
    counted = (len(found.received), len(found.further), len(found.answered), sum(found.choices.values()))
    with store.control.transaction() as tx:
        settings.put(tx, settings.LOG_SIZE, str(read_state(place.configuration.private_log).size))
        settings.put(tx, UNREAD, "")
        entries.record(tx, now_ms, entries.RestoreAcknowledged(*counted))
