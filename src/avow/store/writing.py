"""Writing a batch of records: numbered steps, each safe to repeat, because a drain writes at least once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from avow.definitions import Event, Identifier, Record, Recording, Submission
from avow.store import recordings, rows, sealing
from avow.store.control import submission_files, submissions
from avow.store.events import EventRow
from avow.store.holdings import Written
from avow.store.keys import DAY

if TYPE_CHECKING:
    from avow.store.control import Control
    from avow.store.events import Events
    from avow.store.files import Files
    from avow.store.keys import Vault


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of one batch: of its people, and of the days of what belongs to nobody; and whose each record is."""

    people: dict[str, frozenset[Identifier]]
    subjects: dict[Identifier, bytes]
    of_subject: dict[bytes, bytes]
    of_day: dict[str, bytes]
    sealed: dict[tuple[bytes, bytes], str] = field(default_factory=dict)  # what one person repeats is sealed once


def write(records: Sequence[Record], control: Control, events: Events, vault: Vault, files: Files) -> Written:
    """Keep records durably; see `Store.write`.

    (1) once each: ids seen in this batch or stored already are repetitions
    (2) tombstones: a record collected before its person was erased is dropped
    (3) keys: missing people get theirs, durably, before anything is sealed under them
    (4) recordings, submissions, then events; a crash between them leaves repetitions for the next try
    (5) whoever was erased meanwhile goes on the purge's work list
    """
    with vault.batch():
        # step 1
        unique = {record.record_id: record for record in records}
        known = _known(list(unique.values()), control, events)
        fresh = [record for record in unique.values() if record.record_id not in known]
        # step 2
        people = {record.record_id: rows.identifiers_of(record) for record in fresh}
        erased_at = vault.erased_at({one for owners in people.values() for one in owners})
        wanted = [
            record
            for record in fresh
            if not any(erased_at.get(one, -1) >= record.collected_ms for one in people[record.record_id])
        ]
        # step 3
        keys = _keys(wanted, people, vault)
        readable = [record for record in wanted if _has_keys(record, keys)]
        # step 4
        chunks = [record for record in readable if isinstance(record, Recording)]
        owners = {one.record_id: keys.subjects[person] for one in chunks for person in keys.people[one.record_id]}
        refused = len(chunks) - recordings.write(chunks, owners, keys.of_subject, control, vault, files)
        with control.transaction() as tx:
            forms = [record for record in readable if isinstance(record, Submission)]
            submissions.add(tx, [_submission(record, keys) for record in forms])
            submission_files.add(tx, [(form.record_id, one.stored) for form in forms for one in form.files])
        events.insert([_event(record, keys) for record in readable if isinstance(record, Event)])
        # step 5
        vanished = keys.of_subject.keys() - vault.keys_of(keys.of_subject).keys()
        if vanished:
            vault.queue_purge(vanished)
    stored = {record.record_id for record in readable}
    lost = [record for record in fresh if record.record_id not in stored and isinstance(record, Submission)]
    return Written(
        kept=len(readable) - refused,
        erased=len(fresh) - len(readable) + refused,
        repeated=len(records) - len(fresh),
        unclaimed=tuple(one.stored for record in lost for one in record.files),
    )


def _known(records: Sequence[Record], control: Control, events: Events) -> frozenset[str]:
    """Return the ids that are stored already."""
    sent = [record for record in records if isinstance(record, Event)]
    found = {one.hex for one in events.existing((UUID(one.record_id), one.site, one.collected_ms) for one in sent)}
    forms = [record.record_id for record in records if isinstance(record, Submission)]
    if forms:
        with control.reading() as tx:
            found |= submissions.known(tx, forms)
    return frozenset(found)


def _keys(records: Sequence[Record], people: dict[str, frozenset[Identifier]], vault: Vault) -> _Keys:
    """Return the keys that seal a batch, made where missing."""
    first_ms: dict[Identifier, int] = {}
    for record in records:
        for one in people[record.record_id]:
            first_ms[one] = min(record.collected_ms, first_ms.get(one, record.collected_ms))
    subjects = vault.subjects_seen(first_ms) if first_ms else {}
    nobodys = [record for record in records if not people[record.record_id]]
    days = {
        rows.day_key(record)
        for record in nobodys
        if isinstance(record, Submission) or (isinstance(record, Event) and record.sealed)
    }
    of_day = {name: vault.create_key(DAY, name) for name in sorted(days)}
    return _Keys(people, subjects, vault.keys_of(subjects.values()), of_day)


def _has_keys(record: Record, keys: _Keys) -> bool:
    """Return whether every key is there; one that another process destroyed since step 3 means: erased."""
    return all(keys.subjects[one] in keys.of_subject for one in keys.people[record.record_id])


def _event(event: Event, keys: _Keys) -> EventRow:
    """Return the row of an event."""
    subject = next((keys.subjects[one] for one in keys.people[event.record_id]), sealing.NOBODY)
    if not event.sealed:
        return rows.event_row(event, subject, "")
    key = keys.of_day[rows.day_key(event)] if subject == sealing.NOBODY else keys.of_subject[subject]
    plain = rows.plain(event.sealed)
    sealed = keys.sealed.get((key, plain))
    if sealed is None:
        sealed = keys.sealed[key, plain] = rows.seal_fields(key, plain)
    return rows.event_row(event, subject, sealed)


def _submission(submission: Submission, keys: _Keys) -> tuple[submissions.SealedSubmission, frozenset[bytes]]:
    """Return the row of a submission and whose it is."""
    owners = frozenset(keys.subjects[one] for one in keys.people[submission.record_id])
    name = "" if owners else rows.day_key(submission)
    key = sealing.joint_key(keys.of_subject[one] for one in owners) if owners else keys.of_day[name]
    return rows.sealed_submission(submission, key, name), owners
