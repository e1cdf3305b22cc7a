"""Removing bytes: after an erasure, on the due date, after a demonstration. Every function is safe to repeat.

Keys go first, so that a crash leaves unreadable rows, never readable ones that were reported as erased; what tells the
next run what to do (the vault's work list, the rows' own due dates) goes last.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from avow.definitions import AfterRetention
from avow.store import kept, recordings, uploads
from avow.store.aside import Aside
from avow.store.control import (
    choices,
    dated,
    deliveries,
    disclosures,
    named_people,
    opt_outs,
    reports,
    requests,
    submission_files,
    submissions,
    subscriptions,
)
from avow.store.control import kept as kept_rows
from avow.store.control import recordings as listed
from avow.store.holdings import Counts, Due, Invented
from avow.store.keys import DAY, RECORD, REQUEST
from avow.store.tallies import Tallies

if TYPE_CHECKING:
    from avow.store.control import Control
    from avow.store.events import Events
    from avow.store.files import Files
    from avow.store.keys import Vault

log = logging.getLogger(__name__)

#: The queues of what is to be removed, whose items may be set aside.
PURGE: Final = "purge"
RETENTION: Final = "retention"
_T = TypeVar("_T")
#: People or records in one statement of the control store; SQLite binds at most 32,766 values, and `named_people.counted` names
#: each of them for each of seven tables.
_CHUNK: Final = 4_500
#: Of a demonstration that nobody killed.
_NOTHING_LEFT: Final = Invented()
#: The last day that the event engine knows: whatever is kept is due by then.
_LAST_DAY: Final = date(2299, 12, 31)
#: A subject without rows is forgotten only when it is older than this: a younger one may belong to a batch on its way.
_SETTLED: Final = timedelta(days=2)


def purge(control: Control, events: Events, vault: Vault, files: Files, *, thorough: bool, now_ms: int) -> Counts:
    """Remove the rows of everybody whose key is destroyed, and recordings taken back; see `Store.purge`."""
    aside, removed = Aside(control, vault), _Sum()
    with control.reading() as tx:
        withdrawn = sorted(listed.withdrawn(tx))

    def take_back(some: Sequence[str]) -> None:
        removed.add(Counts(recordings=recordings.erase(some, control, vault, files)))

    aside.all_or_each(PURGE, withdrawn, str, take_back, now_ms)
    doomed = set(vault.purging())
    again = _erased_again(control, events, vault) - doomed if thorough else frozenset[bytes]()
    if removed.counts.total:
        control.checkpoint()
    if again:
        vault.queue_purge(again)  # they, too, survive a crash from here on
        doomed |= again
    if not doomed:
        return removed.counts

    def remove(some: Sequence[bytes]) -> None:
        recorded = recordings.erase_of_subjects(some, control, vault, files)
        removed.add(replace(_remove_subjects(some, control, events, vault, files), recordings=recorded))
        control.checkpoint()
        if events.await_removal() and not remaining(some, control, events).total:
            vault.purged(some)

    aside.all_or_each(PURGE, sorted(doomed), bytes.hex, remove, now_ms)
    return removed.counts


@dataclass(slots=True)
class _Sum:
    """What was removed, added up."""

    counts: Counts = field(default_factory=Counts)

    def add(self, more: Counts) -> None:
        """Add what one piece of work removed."""
        self.counts = Counts(*(getattr(self.counts, one.name) + getattr(more, one.name) for one in fields(Counts)))


def remaining(subjects: Collection[bytes], control: Control, events: Events) -> Counts:
    """Count the rows that still belong to these subjects."""
    found: Counter[str] = Counter()
    with control.reading() as tx:
        for chunk in _chunks(subjects):
            found.update(named_people.counted(tx, chunk))
    left = events.left_of(subjects)
    return Counts(
        left.events,
        found["submission_subjects"] + found["pending_subscriptions"],
        found["choices"],
        found["disclosures"],
        found["delivery_people"],
        recordings=found["recordings"],
        visits=left.visits,
    )


def erase_due(today: date, control: Control, events: Events, vault: Vault, files: Files, *, now_ms: int) -> Due:
    """Erase and de-identify what is due; see `Store.erase_due`."""
    aside, erased = Aside(control, vault), _Erased()
    due = {str(row["then"]): int(row["events"]) for row in events.query("due_events", today=today)}
    with control.reading() as tx:
        forms, shown = submissions.due(tx, today), sorted(listed.due(tx, today))

    def erase_recordings(some: Sequence[str]) -> None:
        erased.recordings += recordings.erase(some, control, vault, files)

    def erase_forms(some: Sequence[submissions.SealedSubmission]) -> None:
        for chunk in _chunks(some):
            ids = [form.record_id for form in chunk]
            emptied = [one.record_id for one in chunk if one.then == AfterRetention.DEIDENTIFY]
            with control.reading() as tx:
                names = submission_files.of_records(tx, ids)
                erased.people |= submissions.named(tx, ids)
            uploads.remove(names, files)  # before the rows that name them: a crash here is finished by the next sweep
            with control.transaction() as tx:
                erased.forms += submissions.remove(tx, [one for one in ids if one not in emptied])
                erased.emptied += submissions.deidentify(tx, emptied)

    aside.all_or_each(RETENTION, shown, str, erase_recordings, now_ms)
    keys = _destroy_due_day_keys(today, control, events if due else None, vault)
    emptied = due.pop(AfterRetention.DEIDENTIFY, 0)
    hours = events.hours("hours_due", today=today) if emptied or due else ()
    with Tallies(control, events, vault).changing(hours):
        if emptied:
            events.change("deidentify_due_events", today=today)
        if due:
            events.change("erase_due_events", today=today)
    aside.all_or_each(RETENTION, forms, lambda form: form.record_id, erase_forms, now_ms)
    aside.sweep(today)
    ended = kept.Shelf(control, vault, files).sweep(today, now_ms or _start_ms(today), aside, RETENTION)
    with control.transaction() as tx:
        forgotten = dated.sweep(tx, today)
        reports.sweep(tx, today)
    recordings.sweep(_start_ms(today), control, vault, files)
    of_events = bool(due or emptied)
    if of_events or forms or shown or forgotten or ended:
        control.checkpoint()
        if of_events:
            events.await_removal()
        is_known = not (of_events or shown or forgotten or ended)  # whose all of it was
        keys += forget_idle(today, control, events, vault, erased.people if is_known else None)
    return Due(sum(due.values()) + erased.forms + erased.recordings + ended, emptied + erased.emptied, keys)


def erase_submissions(record_ids: Collection[str], control: Control, files: Files) -> int:
    """Erase submissions with their files; see `Store.erase_submissions`."""
    count = 0
    for chunk in _chunks(record_ids):
        with control.reading() as tx:
            names = submission_files.of_records(tx, chunk)
        uploads.remove(names, files)  # before the rows that name them: a crash here is finished by the next try
        with control.transaction() as tx:
            count += submissions.remove(tx, chunk)
    if count:
        control.checkpoint()
    return count


@dataclass(slots=True)
class _Erased:
    """What of the control store was due, and went."""

    forms: int = 0
    emptied: int = 0
    recordings: int = 0
    people: frozenset[bytes] = frozenset()


def remove_demonstration(
    control: Control, events: Events, vault: Vault, files: Files, killed: Invented = _NOTHING_LEFT
) -> Counts:
    """Remove everything marked as demonstration; see `Store.remove_demonstration`."""
    invented = {row["subject"].bytes for row in events.query("demonstration_subjects")}
    invented |= vault.subjects_of(killed.people)
    count = int(events.query("count_demonstration")[0]["events"])
    with control.reading() as tx:
        shown = listed.demonstration(tx)
        invented |= choices.invented_subjects(tx)
    recorded = recordings.erase({*shown, *killed.recordings} & {*shown, *recordings.names(vault)}, control, vault, files)
    with control.reading() as tx:
        invented_kept = kept_rows.demonstration(tx)
    kept.Shelf(control, vault, files).end(invented_kept, 0)
    with control.transaction() as tx:
        sent = 0
        for forms in _chunks(submissions.demonstration(tx)):
            uploads.remove(submission_files.of_records(tx, forms), files)
            invented |= {one for owners in submissions.owners(tx, forms).values() for one in owners}
            sent += submissions.remove(tx, forms)
        asked = frozenset(requests.demonstration(tx))
        uploads.remove([name for name in files.names() if name.partition("-")[0] in asked], files)  # archives of their requests
        for request_id in asked:
            requests.remove(tx, request_id)
        chosen, disclosed = choices.remove_demonstration(tx), disclosures.remove_demonstration(tx)
    for scope in (REQUEST, RECORD):
        vault.destroy_keys(scope, sorted(asked.union(killed.requests)))
    if count:
        with Tallies(control, events, vault).changing(events.hours("hours_invented")):
            events.change("erase_demonstration")
    control.checkpoint()
    events.await_removal()
    Aside(control, vault).remove_demonstration()
    with vault.no_batch():
        vault.forget((invented | vault.people_of(invented)) - _subjects_in_use(control, events))
        uploads.remove(uploads.unclaimed(killed.moments, control, files), files)
        with control.reading() as tx:
            sealed = set(submissions.day_keys(tx))
        sealed |= {row["name"] for row in events.query("due_day_keys", today=_LAST_DAY)}
        vault.destroy_keys(DAY, sorted(set(vault.names(DAY)) - sealed))
    return Counts(count, sent, chosen, disclosed, 0, len(asked), recorded)


def held_demonstration(control: Control) -> Counts:
    """Count what of the control store is marked as demonstration, for pages that say so; events are not counted."""
    with control.reading() as tx:
        forms, shown, asked = submissions.demonstration(tx), listed.demonstration(tx), requests.demonstration(tx)
        return Counts(0, len(forms), choices.count_demonstration(tx), 0, 0, len(asked), len(shown))


def _destroy_due_day_keys(today: date, control: Control, events: Events | None, vault: Vault) -> int:
    """Destroy the keys of days of which everything sealed is due; return how many. `events` None: no event is due."""
    with vault.no_batch():
        with control.reading() as tx:
            forms = submissions.day_keys(tx)
        due = {row["name"] for row in events.query("due_day_keys", today=today)} if events else set()
        due |= {name for name, last in forms.items() if last <= today}
        lasting = {row["name"] for row in events.query("lasting_day_keys", today=today)} if events else set()
        lasting |= {name for name, last in forms.items() if last > today}
        return vault.destroy_keys(DAY, sorted(due - lasting))


def _remove_subjects(subjects: Collection[bytes], control: Control, events: Events, vault: Vault, files: Files) -> Counts:
    """Remove rows in every store; choices and disclosures only forget whose they were, and what has not left is withdrawn."""
    removed = Counts()
    for chunk in _chunks(subjects):
        with control.transaction() as tx:
            uploads.remove(submission_files.of_subjects(tx, chunk), files)  # before the rows that name them
            opt_outs.forget_subjects(tx, chunk)
            removed = Counts(
                0,
                removed.submissions + submissions.remove_of_subjects(tx, chunk) + subscriptions.remove_of_subjects(tx, chunk),
                removed.choices + choices.forget_subjects(tx, chunk),
                removed.disclosures + disclosures.forget_subjects(tx, chunk),
                removed.deliveries + deliveries.forget_subjects(tx, chunk),
            )
    gone = 0
    if any(events.left_of(subjects)):  # nearly always nothing: who sent a form has no events; a late one is searched for again
        with Tallies(control, events, vault).changing(events.hours_of_subjects(subjects)):
            gone = events.delete_subjects(subjects)
    return Counts(gone, removed.submissions, removed.choices, removed.disclosures, removed.deliveries)


def _erased_again(control: Control, events: Events, vault: Vault) -> frozenset[bytes]:
    """Return the erased who have rows all the same: what an old backup or a crash brought back.

    A missing key alone says nothing: where the vault of another day is in place, nobody has one. Only a tombstone does.
    """
    used = _subjects_in_use(control, events)
    keyless = used - vault.keys_of(used).keys()
    erased = vault.erased_subjects(keyless)
    if len(keyless) > len(erased):
        log.error(
            "%d people have records and no key, and nobody erased them: left as they are; is keys.db the one of this data?",
            len(keyless) - len(erased),
        )
    return erased


def _subjects_in_use(control: Control, events: Events) -> set[bytes]:
    """Return every subject that has a row in any store."""
    with control.reading() as tx:
        used = named_people.everybody(tx)
    return set(used | events.subjects())


def forget_idle(today: date, control: Control, events: Events, vault: Vault, people: Collection[bytes] | None = None) -> int:
    """Destroy the keys of those of some people, everybody for None, about whom nothing is held any more; return how many."""
    before_ms = _start_ms(today) - int(_SETTLED.total_seconds() * 1000)
    with vault.no_batch():
        settled = vault.subjects_before(before_ms, people)
        if not settled:
            return 0
        used = _subjects_in_use(control, events) if people is None else _in_use_among(settled, control, events)
        return vault.forget(settled - used)


def _in_use_among(subjects: Collection[bytes], control: Control, events: Events) -> set[bytes]:
    """Return those of some subjects that have a row in any store."""
    used: set[bytes] = set()
    for chunk in _chunks(subjects):
        with control.reading() as tx:
            used |= named_people.among(tx, chunk)
        asked = [UUID(bytes=one) for one in chunk if one not in used]
        used |= {row["subject"].bytes for row in (events.query("known_among", subjects=asked) if asked else ())}
    return used


def _start_ms(day: date) -> int:
    """Return the first moment of a day in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _chunks(some: Iterable[_T]) -> Iterator[list[_T]]:
    """Cut people or records into lists short enough for one statement."""
    rest = list(some)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]
