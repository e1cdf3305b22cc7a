"""Entries that wait, on their way into the published log."""

from __future__ import annotations

from typing import Final

from avow.audit.log import ENTRY_BYTES, Log
from avow.store.aside import AUDIT
from avow.store.control import audit, settings
from avow.store.store import Store

#: Entries published at once.
PUBLISH_ENTRIES: Final = 10_000


def publish(store: Store, audit_log: Log, now_ms: int) -> bool:
    """Move queued entries into the log; each is in it once, because the log remembers its last batch.

    The control store is told how far the log is, so that an older copy of either is known as one. An entry that the log
    does not take is set aside, and the others go on.
    """
    with store.control.reading() as tx:
        entries = audit.pending(tx, PUBLISH_ENTRIES, audit_log.state.batch or ())
    if not entries:
        return False
    fitting = [(number, entry) for number, entry in entries if len(entry) <= ENTRY_BYTES]
    for number, entry in entries:
        if len(entry) > ENTRY_BYTES:
            store.aside.put(AUDIT, f"entry-{number}", "longer-than-an-entry", now_ms, entry)
    audit_log.append(fitting)
    with store.control.transaction() as tx:
        audit.published(tx, [number for number, _ in entries])
        settings.put(tx, settings.LOG_SIZE, str(audit_log.state.size))
    return True
