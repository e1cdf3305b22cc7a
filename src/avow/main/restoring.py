"""Putting a backup back: what it lacks is listed from the log, and somebody has to have read the list before it is served.

The control store knows how far the published log was (`LOG_SIZE`), so an older copy of either is known as one, whoever put it
there: `avow restore`, a database server's own tools, or a mount of yesterday.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from avow.audit.log import each_entry, read_state
from avow.audit.proof import canonical
from avow.definitions import ConfigurationError
from avow.main.cases import StoredCases
from avow.main.installation import Installation, open_parts
from avow.rights import after_restore
from avow.rights.after_restore import Missed
from avow.store import backup, identity
from avow.store.backup import Restored
from avow.store.control import Control, audit, settings
from avow.store.keys import Vault
from avow.store.store import Store

#: The setting of the control store that says how many entries the published log has.
LOG_SIZE: Final = "audit.size"
#: The setting that says from which entry of the log on something is missing, until somebody acknowledged the list.
UNREAD: Final = "restore.unread"


def restore(installation: Installation, source: Path, now_ms: int) -> tuple[Restored, Missed]:
    """Put a backup in place of the data of a stopped installation; return what was put back, and what is missing since.

    Raises ConfigurationError, having changed nothing, for no backup, or for one of other keys than those in place.
    """
    manifest = backup.read_manifest(source)
    state = read_state(installation.private_log)
    identity.require_keys(installation.stores)
    with closing(Vault(installation.data / "keys.db")) as vault:
        backup.require_vault(source, manifest, vault)
    with identity.restoring(installation.stores, manifest.installation):
        store = open_parts(installation.configuration)
        store.events.prepare()
        done = backup.restore(source, store, state.last_queued)
        store.close()
        reopened = open_parts(installation.configuration)
        try:
            with reopened.control.transaction() as tx:
                settings.put(tx, UNREAD, str(_since(installation, settings.get(tx, LOG_SIZE), manifest.at_ms)))
            found = _missed(installation, reopened)
            after_restore.close_answered(found, StoredCases(reopened).every(), StoredCases(reopened), now_ms)
            if found.is_nothing:
                _settle(installation, reopened, found, now_ms)
        finally:
            reopened.close()
    return done, found


def missed(installation: Installation) -> Missed:
    """Return what the control store lacks of what the log tells, for somebody to read."""
    with _opened(installation) as store:
        return _missed(installation, store)


def acknowledge(installation: Installation, now_ms: int) -> Missed:
    """Note that somebody has read what is missing; from then on the installation is served."""
    with _opened(installation) as store:
        found = _missed(installation, store)
        after_restore.close_answered(found, StoredCases(store).every(), StoredCases(store), now_ms)
        _settle(installation, store, found, now_ms)
        return found


def require_read(installation: Installation, control: Control) -> None:
    """Raise ConfigurationError while the control store lacks what the log tells, or the log what the store tells.

    What the control store lacks may be acknowledged; a log that is too old would sign a second history.
    """
    with control.reading() as tx:
        size, unread = settings.get(tx, LOG_SIZE), settings.get(tx, UNREAD)
    if unread:
        raise ConfigurationError(
            "requests or choices came after the backup that was put back; read them with `avow restore --check`, then "
            "`avow restore --acknowledge`"
        )
    state = read_state(installation.private_log)
    if size is None:
        return
    last = len(state.batch or ())  # the log may be a batch ahead: a crash came before the store was told
    if int(size) > state.size:
        raise ConfigurationError(
            f"{installation.private_log} is older than the control store: the log had {size} entries, it has {state.size}; "
            "put back the newest copy of audit/"
        )
    if state.size - int(size) > last:
        raise ConfigurationError(
            f"the control store is older than the log, which has {state.size - int(size)} entries more; see what is missing with "
            "`avow restore --check`, then go on with `avow restore --acknowledge`, or put back the newest copy"
        )


def begin_log(installation: Installation, now_ms: int) -> Path:
    """Put what there is of the audit log aside, and begin a new one under a new key; return where the old one lies.

    Proofs from before verify against that copy alone. Raises ConfigurationError when another store is not this installation's.
    """
    audit_folder = installation.private_log.parent
    beside = audit_folder.with_name(f"audit.before-{now_ms}")
    found = identity.look_beside(installation.stores, identity.AUDIT)
    own = found[identity.VAULT].installation
    if not own or {one.installation for one in found.values()} != {own}:
        raise ConfigurationError("another store is missing too; put it back first: `avow serve` says which")
    if audit_folder.exists():
        audit_folder.rename(beside)
    identity.mark(installation.stores, identity.AUDIT, own)
    with _opened(installation) as store, store.control.transaction() as tx:
        settings.put(tx, LOG_SIZE, "0")
        settings.put(tx, UNREAD, "")
        audit.enqueue(tx, canonical({"what": "log.begun", "at": now_ms}))
    return beside


@contextmanager
def _opened(installation: Installation) -> Iterator[Store]:
    identity.settle(installation.stores)
    store = open_parts(installation.configuration)
    try:
        yield store
    finally:
        store.close()


def _missed(installation: Installation, store: Store) -> Missed:
    state = read_state(installation.private_log)
    with store.control.reading() as tx:
        unread, size = settings.get(tx, UNREAD), settings.get(tx, LOG_SIZE)
    since = int(unread) if unread else int(size) if size else state.size
    entries = map(json.loads, each_entry(installation.public_log, state.size, since))
    return after_restore.missed(entries, StoredCases(store).every())


def _since(installation: Installation, size: str | None, at_ms: int) -> int:
    """Return the first entry of the log that the backup does not know; by its moment for a backup from before sizes."""
    state = read_state(installation.private_log)
    if size is not None:
        return min(int(size), state.size)
    entries = enumerate(each_entry(installation.public_log, state.size))
    return next((place for place, entry in entries if json.loads(entry).get("at", 0) > at_ms), state.size)


def _settle(installation: Installation, store: Store, found: Missed, now_ms: int) -> None:
    """Let the installation be served: the control store knows how far the log is, and the log knows of the restore."""
    entry = {
        "what": "restore.acknowledged",
        "at": now_ms,
        "received": len(found.received),
        "further": len(found.further),
        "answered": len(found.answered),
        "choices": sum(found.choices.values()),
    }
    with store.control.transaction() as tx:
        settings.put(tx, LOG_SIZE, str(read_state(installation.private_log).size))
        settings.put(tx, UNREAD, "")
        audit.enqueue(tx, canonical(entry))
