"""Writing a batch of records: numbered steps, each safe to repeat, because a drain writes at least once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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


#: Whom a record belongs to; the records of one owner are looked at together.
_Owner = frozenset[Identifier]


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of one batch: of its people, and of the days of what belongs to nobody."""

    subjects: dict[Identifier, bytes]
    of_subject: dict[bytes, bytes]
    of_day: dict[str, bytes]
    sealed: dict[tuple[bytes, bytes], str] = field(default_factory=dict)  # what one person repeats is sealed once

    def subject(self, owner: _Owner) -> bytes:
        """Return the pseudonym of an event's or a recording's owner, who is one person or nobody known."""
        return next((self.subjects[one] for one in owner), sealing.NOBODY)

    def opens(self, owner: _Owner) -> bool:
        """Return whether every key is there; one that another process destroyed since step 3 means: erased."""
        return all(self.subjects[one] in self.of_subject for one in owner)


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
        owned: dict[_Owner, list[Record]] = {}
        for record in fresh:
            owned.setdefault(rows.identifiers_of(record), []).append(record)
        erased_at = vault.erased_at({one for owner in owned for one in owner})
        wanted = {}
        for owner, group in owned.items():
            erased_ms = max((erased_at.get(one, -1) for one in owner), default=-1)
            if kept := [record for record in group if record.collected_ms > erased_ms]:
                wanted[owner] = kept
        # step 3
        keys = _keys(wanted, vault)
        readable = [(owner, record) for owner, group in wanted.items() if keys.opens(owner) for record in group]
        # step 4
        chunks = {record.record_id: (keys.subject(owner), record) for owner, record in readable if isinstance(record, Recording)}
        owners = {record_id: subject for record_id, (subject, _) in chunks.items() if subject != sealing.NOBODY}
        written = recordings.write([record for _, record in chunks.values()], owners, keys.of_subject, control, vault, files)
        refused = len(chunks) - written
        with control.transaction() as tx:
            forms = [(owner, record) for owner, record in readable if isinstance(record, Submission)]
            submissions.add(tx, [_submission(record, owner, keys) for owner, record in forms])
            submission_files.add(tx, [(form.record_id, one.stored) for _, form in forms for one in form.files])
        events.insert([_event(record, owner, keys) for owner, record in readable if isinstance(record, Event)])
        # step 5
        vanished = keys.of_subject.keys() - vault.keys_of(keys.of_subject).keys()
        if vanished:
            vault.queue_purge(vanished)
    stored = {record.record_id for _, record in readable}
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
    found = set(events.existing((one.record_id, one.site, one.collected_ms) for one in sent))
    forms = [record.record_id for record in records if isinstance(record, Submission)]
    if forms:
        with control.reading() as tx:
            found |= submissions.known(tx, forms)
    return frozenset(found)


def _keys(owned: Mapping[_Owner, Sequence[Record]], vault: Vault) -> _Keys:
    """Return the keys that seal a batch, made where missing."""
    first_ms: dict[Identifier, int] = {}
    for owner, group in owned.items():
        for one in owner:
            first_ms[one] = min(first_ms.get(one, group[0].collected_ms), *(record.collected_ms for record in group))
    subjects = vault.subjects_seen(first_ms) if first_ms else {}
    days = {
        rows.day_key(record)
        for record in owned.get(rows.NOBODY, ())
        if isinstance(record, Submission) or (isinstance(record, Event) and record.sealed)
    }
    of_day = {name: vault.create_key(DAY, name) for name in sorted(days)}
    return _Keys(subjects, vault.keys_of(subjects.values()), of_day)


def _event(event: Event, owner: _Owner, keys: _Keys) -> EventRow:
    """Return the row of an event."""
    subject = keys.subject(owner)
    if not event.sealed:
        return rows.event_row(event, subject, "")
    key = keys.of_day[rows.day_key(event)] if subject == sealing.NOBODY else keys.of_subject[subject]
    plain = rows.plain(event.sealed)
    sealed = keys.sealed.get((key, plain))
    if sealed is None:
        sealed = keys.sealed[key, plain] = rows.seal_fields(key, plain)
    return rows.event_row(event, subject, sealed)


def _submission(submission: Submission, owner: _Owner, keys: _Keys) -> tuple[submissions.SealedSubmission, frozenset[bytes]]:
    """Return the row of a submission and whose it is."""
    owners = frozenset(keys.subjects[one] for one in owner)
    name = "" if owners else rows.day_key(submission)
    key = sealing.joint_key(keys.of_subject[one] for one in owners) if owners else keys.of_day[name]
    return rows.sealed_submission(submission, key, name), owners
