"""The store: where records, consumer requests, choices and keys live.

    store = Store(control, events, vault, files)      any process, after the fork; never opens an engine itself

    store.write(records) -> Written                   durable, once per id, honours tombstones
    store.find(identifiers) -> Holdings               everything held about people, unsealed
    store.erase(identifiers, at_ms) -> subjects       unreadable at once
    store.purge(thorough=False) -> Counts             bytes gone; finishes what a crash interrupted
    store.remaining(identifiers, subjects) -> Counts  searched again, for the proof
    store.erase_due(today) -> Due                     erased or de-identified on the due date
    store.remove_demonstration() -> Counts
    store.submission(record_id), store.submissions_after(record_id, limit)
    store.last_contact(identifiers, due)              moves due dates, by each record's own promise
    store.seal_for_request(id, plain), store.unseal_for_request(id, sealed)
    store.evidence(), store.overdue(today), store.collected(since_ms)     counts per collection point

    store.control     transactions; one module per subject in `avow.store.control` (requests, staff, audit, ...)
    store.events      `query(name, **parameters)` runs store/sql/<name>.sql
    store.vault       keys, tombstones, HMACs
    store.files       files by name

    backup.backup(...), backup.backup_keys(...), backup.restore(...)      see `avow.store.backup`

Two processes share a store: the storage process owns the event engine (`avow.store.embedded.Engine`, which only `main`
imports) and web workers reach it over loopback. `Events.prepare()` makes the event tables; the storage process calls it
once the engine runs. Formats and guarantees: docs/specs/store.md.
"""

from avow.store.holdings import Counts, Due, Evidence, HeldEvent, HeldSubmission, Holdings, Written
from avow.store.store import Store

__all__ = [
    "Counts",
    "Due",
    "Evidence",
    "HeldEvent",
    "HeldSubmission",
    "Holdings",
    "Store",
    "Written",
]
