"""The facade over the event store, the control store, the key vault and the files: what the rooms above work with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import BinaryIO, Final, TypeVar, cast
from uuid import UUID

import msgspec

from avow.definitions import Identifier, Record, StoredFile, Submission
from avow.store import (
    clicks,
    event_corrections,
    event_rows,
    kept,
    mailed,
    opening,
    recordings,
    removal,
    sealing,
    standing,
    streams,
    submission_rows,
    uploads,
    writing,
)
from avow.store.aside import Aside
from avow.store.control import (
    Control,
    Transaction,
    choices,
    dated,
    deliveries,
    disclosures,
    read_reasons,
    submission_files,
    submissions,
    subscriptions,
)
from avow.store.control import kept as kept_rows
from avow.store.control import recordings as listed_recordings
from avow.store.events import Events
from avow.store.files import Files
from avow.store.holdings import Counts, Due, Evidence, HeldEvent, HeldSubmission, Holdings, Invented, SubmissionPage, Written
from avow.store.kept import Keeping
from avow.store.keys import DAY, RECORD, REQUEST, Said, Vault
from avow.store.keys_base import chunks
from avow.store.tallies import Tallies

_T = TypeVar("_T")
#: What the words of a reason are bound to, before the id of their record.
_REASON: Final = b"reason "
_NOTHING_LEFT: Final = Invented()


@dataclass(frozen=True, slots=True)
class Store:
    """Where records live. Its parts may be used directly where the facade adds nothing (`control`, `events.query`)."""

    control: Control
    events: Events
    vault: Vault
    files: Files

    @property
    def kept(self) -> kept.Shelf:
        """What rules keep beyond an erasure."""
        return kept.Shelf(self.control, self.vault, self.files)

    @property
    def tallies(self) -> Tallies:
        """Which days panels ask of what was made of them, and not of events."""
        return Tallies(self.control, self.events, self.vault)

    @property
    def aside(self) -> Aside:
        """What jobs could not handle, and went on behind."""
        return Aside(self.control, self.vault)

    def write(self, records: Sequence[Record]) -> Written:
        """Keep records; durable when it returns, and once each however often a record comes (by its id).

        Who was erased is not brought back: a record collected before the erasure is dropped. On StoreUnavailable some
        of the batch may be kept; write the same batch again.
        """
        written = writing.write(records, self.control, self.events, self.vault, self.files)
        uploads.remove(written.unclaimed, self.files)  # a crash before this leaves them to the sweep
        return written

    def find(self, identifiers: Iterable[Identifier]) -> Holdings:
        """Return everything held about these people, unsealed; nothing at once after `erase`."""
        subjects = self.vault.subjects_of(identifiers)
        if not subjects:
            return Holdings()
        held, keys = self._apart(subjects), self.vault.keys_of(subjects)
        found = [event_rows.held_event(row, keys.get) for row in self.events.of_subjects(subjects)]
        events = tuple(_present(found))
        stands = self.standing((*events, *held.submissions))
        return replace(held, events=events, disclosures=(*held.disclosures, *stands))

    def find_apart(self, identifiers: Iterable[Identifier]) -> tuple[Holdings, Iterator[HeldEvent]]:
        """Return what `find` does, without what stands (`standing`), and each event as it is read, point by point, oldest first.

        However many events there are, they are never in memory at once. Reading them raises StoreUnavailable as `find` does.
        """
        subjects = self.vault.subjects_of(identifiers)
        if not subjects:
            return Holdings(), iter(())
        keys = self.vault.keys_of(subjects)
        rows = self.events.each_of_subjects(subjects)
        events = (event for row in rows if (event := event_rows.held_event(row, keys.get)) is not None)
        return self._apart(subjects), events

    def standing(self, held: Iterable[HeldEvent | HeldSubmission]) -> tuple[disclosures.Disclosure, ...]:
        """Return what stood of these records with who stores or carries for us: once for each recipient, point and version."""
        return standing.of(held, self.control)

    def _apart(self, subjects: frozenset[bytes]) -> Holdings:
        """Return everything held of these people but events, and what stands of them."""
        with self.control.reading() as tx:
            sealed = submissions.of_subjects(tx, subjects)
            chosen, disclosed, sent = (part.of_subjects(tx, subjects) for part in (choices, disclosures, deliveries))
            forms, recorded = self._unsealed(tx, sealed), listed_recordings.of_subjects(tx, subjects)
        return Holdings((), forms, chosen, disclosed, sent, recorded)

    def erase(self, identifiers: Iterable[Identifier], at_ms: int) -> frozenset[bytes]:
        """Make everything about these people unreadable for ever, at once: keys destroyed, tombstones written.

        What they refused stays refused, as a mark in the vault. Returns the pseudonyms whose rows `purge` will remove.
        Rule: Cal. Civ. Code § 1798.105(c)(1), § 1798.135(c)(4).
        """
        identifiers = tuple(identifiers)
        self.mark_choices(self.vault.subjects_of(identifiers))
        return self.vault.destroy(identifiers, at_ms)

    def mark_choices(self, subjects: Iterable[bytes] | None = None) -> None:
        """Note in the vault what these people said of purposes, everybody for None: an earlier version kept no such marks."""
        with self.control.reading() as tx:
            wanted = choices.subjects(tx) if subjects is None else frozenset(subjects)
            said = [one for some in chunks(wanted) for one in choices.of_subjects(tx, some)]
        self.vault.note_choices(
            Said(one.subject, one.purpose, one.at_ms, one.opted_out) for one in said if one.subject and not one.demonstration
        )

    def purge(self, *, thorough: bool = False, now_ms: int = 0) -> Counts:
        """Remove the rows of the erased from the disk; returns what was removed, after the bytes are gone.

        Finishes what a crash interrupted. `thorough` also looks for rows of the erased that no work list names: once a
        day, and after a restore. Who cannot be removed is set aside, and the others are; `now_ms` says whether their next
        try is due, 0 tries them in any case. One caller at a time.
        """
        return removal.purge(self.control, self.events, self.vault, self.files, thorough=thorough, now_ms=now_ms)

    def remaining(self, identifiers: Iterable[Identifier] = (), subjects: Iterable[bytes] = ()) -> Counts:
        """Search again, for the proof: rows of `subjects`, of these people, and of anybody whose purge is not finished.

        What a person did after their erasure does not count: it belongs to a new pseudonym.
        """
        never_erased = [one for one in identifiers if not self.vault.is_erased(one, 0)]
        wanted = {*subjects, *self.vault.subjects_of(never_erased), *self.vault.purging()}
        return removal.remaining(wanted, self.control, self.events)

    def remaining_of(self, subjects: Iterable[bytes]) -> Counts:
        """Return how many rows are of these subjects, and of nobody else: for plans, letters and proofs of one person."""
        return removal.remaining(set(subjects), self.control, self.events)

    def erase_submissions(self, record_ids: Collection[str]) -> int:
        """Erase these submissions with their files, and nothing else of their people; return how many. Safe to repeat.

        Their bytes have left the database's file when it returns. Rule: 11 CCR 7022(b)(1).
        """
        return removal.erase_submissions(record_ids, self.control, self.files)

    def erase_due(self, today: date, now_ms: int = 0) -> Due:
        """Erase or de-identify everything whose day has come, and nothing else. Rule: Cal. Civ. Code § 1798.100(a)(3).

        What cannot be erased is set aside, and the rest is; `now_ms` as for `purge`.
        """
        return removal.erase_due(today, self.control, self.events, self.vault, self.files, now_ms=now_ms)

    def remove_demonstration(self, killed: Invented = _NOTHING_LEFT) -> Counts:
        """Remove all that is marked as demonstration, and what it left without a record when it was killed."""
        return removal.remove_demonstration(self.control, self.events, self.vault, self.files, killed)

    # -- submissions -------------------------------------------------------------------------------------------

    def submission(self, record_id: str) -> HeldSubmission | None:
        """Return one submission; None when there is none, or its person was erased."""
        return self._one(record_id)

    def submissions_after(self, record_id: str, limit: int, point: str = "") -> SubmissionPage:
        """Return the next submissions in the order of their ids; `point` "" is every point.

        One that cannot be read is named in `damaged`, and keeps none of the others back.
        """
        damaged: dict[str, str] = {}
        with self.control.reading() as tx:
            found = submissions.after(tx, record_id, limit, point)
            held = self._unsealed(tx, found, damaged)
        return SubmissionPage(found[-1].record_id if found else "", held, damaged)

    def readable_submission(self, record_id: str) -> HeldSubmission | None:
        """Return one submission; None when there is none, or its person was erased. Raises ValueError for a damaged one."""
        damaged: dict[str, str] = {}
        found = self._one(record_id, damaged)
        if damaged:
            raise ValueError("a submission cannot be opened")
        return found

    def keep_again(self, held: HeldSubmission, fields: Mapping[str, str], now_ms: int) -> bool:
        """Seal a submission once more, with these fields, under the keys that its people have now; False: it is gone.

        Its files as well, under other names, where keys are others; a crash leaves some to the sweep. Raises StoreUnavailable.
        """
        own = self.owners(held.record_id)
        name = self.vault.class_of(own)
        subjects = self.vault.subjects_kept({(one, kept): held.collected_ms for one in held.people for kept in {name, ""}})
        owners = {subjects[one, name]: subjects[one, ""] for one in held.people}
        keys = self.vault.keys_of(owners)
        if keys.keys() != owners.keys():
            return False
        key = sealing.joint_key(keys.values())
        kept = held if own == owners.keys() else self._files_again(held, key, now_ms)
        gone = [one.stored for one in kept.files] if kept is not held else []
        with self.control.transaction() as tx:
            before = submissions.owners(tx, [held.record_id]).get(held.record_id)
            is_there = bool(before) and before == own and len(self.vault.keys_of(own)) == len(own)
            sealed = submission_rows.sealed_again(kept, fields, key)
            is_kept = is_there and submissions.reseal(tx, held.record_id, sealed, owners)
            if is_kept and kept is not held:
                gone = [one.stored for one in held.files]
                submission_files.remove(tx, gone)
                submission_files.add(tx, [(held.record_id, one.stored) for one in kept.files])
        uploads.remove(gone, self.files)
        return is_kept

    def keep_corrected(
        self, held: HeldSubmission, fields: Mapping[str, str], people: tuple[Identifier, ...], now_ms: int
    ) -> bool:
        """Seal a submission once more, with these fields and of these people, as `keep_again`; safe to repeat."""
        return self.keep_again(replace(held, people=people), fields, now_ms)

    def replace_file(self, held: HeldSubmission, item: str, content: bytes | None, kind: str, now_ms: int) -> bool:
        """Put another file in the place of those of an item of a submission, None for none; False: the submission is gone.

        The former ones have left the disk when it returns; a crash before leaves the new one to the sweep.
        """
        own = self.owners(held.record_id)
        keys = self.vault.keys_of(own)
        if not own or keys.keys() != own:
            return False
        key, gone = sealing.joint_key(keys.values()), [one.stored for one in held.files if one.item == item]
        kept = [one for one in held.files if one.item != item]
        names = uploads.put([content], key, now_ms, self.files) if content is not None else []
        kept += [uploads.stored(item, kind, content, name) for name in names if content is not None]
        with self.control.transaction() as tx:
            is_there = submissions.owners(tx, [held.record_id]).get(held.record_id) == own
            sealed = submission_rows.sealed_again(replace(held, files=tuple(kept)), held.fields, key)
            is_kept = is_there and submissions.reseal(tx, held.record_id, sealed)
            if is_kept:
                submission_files.remove(tx, gone)
                submission_files.add(tx, [(held.record_id, name) for name in names])
        uploads.remove(gone if is_kept else names, self.files)
        return is_kept

    def correct_events(self, subjects: Collection[bytes], point: str, field: str, before: str, after: str) -> int:
        """Put right what a field says in these people's events at a point; see `event_corrections.correct`.

        Rule: 11 CCR 7023(c).
        """
        return event_corrections.correct(subjects, point, field, before, after, self.tallies)

    def said_in_events(self, subject: bytes) -> Iterator[tuple[str, str, str]]:
        """Yield each (point, field, text) that somebody's events say, once."""
        return event_corrections.distinct(self.events.each_of_subjects([subject]), self.vault.keys_of([subject]).get)

    def owners(self, record_id: str) -> frozenset[bytes]:
        """Return the pseudonyms of a submission's people in its class; none for nobody who is known, and for one that is gone."""
        with self.control.reading() as tx:
            return submissions.owners(tx, [record_id]).get(record_id, frozenset())

    def people_of(self, record_id: str) -> frozenset[bytes]:
        """Return whose a submission is by the pseudonyms under which choices, disclosures and messages are; as `owners`."""
        with self.control.reading() as tx:
            return submissions.people(tx, [record_id]).get(record_id, frozenset())

    def _files_again(self, held: HeldSubmission, key: bytes, now_ms: int) -> HeldSubmission:
        """Keep the files of a submission once more, under another key; return it with their names. What is gone is left out."""
        read = [(one, self.open_file(held, one)) for one in held.files]
        there = [(one, content) for one, content in read if content is not None]
        names = uploads.put([content for _, content in there], key, now_ms, self.files)
        named = [msgspec.structs.replace(one, stored=name) for (one, _), name in zip(there, names, strict=True)]
        return replace(held, files=tuple(named))

    def last_contact(self, identifiers: Iterable[Identifier], due: Callable[[HeldSubmission], date | None]) -> int:
        """Move the due date of these people's submissions to a later day, because they wrote again; return how many moved.

        `due` gives the day by the promise under which each was collected; None: the contact does not move it.
        """
        subjects = self.vault.subjects_of(identifiers)
        with self.control.transaction() as tx:
            days = {form.record_id: due(form) for form in self._unsealed(tx, submissions.of_subjects(tx, subjects))}
            return sum(submissions.keep_until(tx, record_id, day) for record_id, day in days.items() if day is not None)

    def keep(self, record: HeldSubmission | HeldEvent, people: Collection[Identifier], keeping: Keeping, now_ms: int) -> str:
        """Keep what a rule names of a record beyond the erasure of its people; see `kept.Shelf.keep`.

        Rule: Cal. Civ. Code § 1798.105(d), § 1798.145.
        """
        return self.kept.keep(record, people, keeping, self.open_file, now_ms)

    def held_at(
        self, people: Iterable[Identifier], points: Collection[str]
    ) -> Iterator[tuple[HeldSubmission | HeldEvent, tuple[Identifier, ...]]]:
        """Yield what is held of these people at some points, each record with everybody who finds it, submissions first."""
        subjects = self.vault.each_subjects_of(people)
        every = frozenset(one for found in subjects.values() for one in found)
        with self.control.reading() as tx:
            sealed = [one for one in submissions.of_subjects(tx, every) if one.point in points]
            owners, forms = submissions.owners(tx, [one.record_id for one in sealed]), self._unsealed(tx, sealed)
        for form in forms:
            own = owners.get(form.record_id, frozenset())
            yield form, tuple(dict.fromkeys((*form.people, *(one for one, found in subjects.items() if found & own))))
        keys = self.vault.keys_of(every)
        named = [UUID(bytes=one) for one in sorted(every)]
        for row in self.events.query("find_events_at", subjects=named, points=sorted(points)) if named and points else ():
            event = event_rows.held_event(row, keys.get)
            if event is not None:
                yield event, tuple(one for one, found in subjects.items() if row["subject"].bytes in found)

    def events_by_point(self, people: Iterable[Identifier]) -> dict[tuple[str, str], tuple[int, int, int]]:
        """Return how many events of these people are held, and of which moments, by collection point and version."""
        named = [UUID(bytes=one) for one in sorted(self.vault.subjects_of(people))]
        found = self.events.query("count_points", subjects=named) if named else ()
        counted = ("events", "first_ms", "last_ms")
        return {(row["point"], row["rulebook_id"]): tuple(int(row[name]) for name in counted) for row in found}  # type: ignore[misc]  # three

    # -- clicks on links ---------------------------------------------------------------------------------------

    def click(self, site: str, record_id: str) -> clicks.HeldClick | None:
        """Return a click by its record id, unsealed; nothing at once after its person was erased. Raises StoreUnavailable."""
        return clicks.find(site, record_id, self.events, self.vault)

    def submissions_of(self, person: Identifier, point: str = "") -> tuple[HeldSubmission, ...]:
        """Return what one person sent at one point ("" for all), oldest first."""
        subjects = self.vault.subjects_of([person])
        with self.control.reading() as tx:
            found = tuple(one for one in submissions.of_subjects(tx, subjects) if point in {"", one.point})
            return self._unsealed(tx, found)

    def events_before(
        self, person: Identifier, points: Collection[str], form: HeldSubmission, most: int, known: Iterable[Identifier] = ()
    ) -> list[HeldEvent]:
        """Return at most so many events of one person at these points from before a submission, the newest first.

        What was invented is next to nothing real; what is found of `known` as well is left out. Nothing at once after the person
        was erased.
        """
        subjects = self.vault.subjects_of([person]) - self.vault.subjects_of(known)
        keys = self.vault.keys_of(subjects)
        found = self.events.before(keys, points, form.collected_ms, most, demonstration=form.demonstration)
        return _present(event_rows.held_event(row, keys.get) for row in found)

    def submissions_of_subject(self, subject: bytes) -> tuple[HeldSubmission, ...]:
        """Return what somebody sent who is known by a pseudonym, oldest first; nothing at once after they were erased."""
        subjects = self.vault.with_classes([subject])
        with self.control.reading() as tx:
            return self._unsealed(tx, submissions.of_subjects(tx, subjects))

    def site_of(self, person: Identifier) -> str:
        """Return the website on which somebody wrote last; "" where nothing is held that they wrote."""
        subjects = self.vault.subjects_of([person])
        with self.control.reading() as tx:
            return submissions.last_site(tx, subjects)

    # -- subscriptions by e-mail -------------------------------------------------------------------------------

    def await_confirmation(self, tx: Transaction, waiting: subscriptions.Pending, record: bytes) -> None:
        """Keep a subscription that waits for its link, `record` sealed for its person. Raises StoreUnavailable without a key."""
        mailed.await_confirmation(tx, self.vault, waiting, record)

    def open_pending(self, waiting: subscriptions.Pending) -> bytes | None:
        """Return the record of a subscription that waits; None when its person was erased."""
        return mailed.open_pending(self.vault, waiting)

    def pending_again(self, person: Identifier, waiting: subscriptions.Pending, record: bytes) -> tuple[bytes, bytes]:
        """Return the pseudonym of a waiting subscription's person, and another record of it, sealed. Raises StoreUnavailable."""
        return mailed.pending_again(self.vault, person, waiting, record)

    # -- session recordings ------------------------------------------------------------------------------------

    def recording_chunk(self, row: listed_recordings.RecordingRow, seq: int) -> bytes | None:
        """Return a chunk of a recording as the drain gave it; None when it, or a key that it needs, is gone."""
        return recordings.read(row, seq, self.vault, self.files)

    def withdraw_recordings(self, visitor: str, recording_id: str, at_ms: int) -> int:
        """Take back what was recorded of this visitor ("" for nobody known) and this recording; unreadable at once.

        Returns how many recordings that was; `purge` removes them. What comes late is not kept. Rule: GDPR Art. 7(3).
        """
        return recordings.withdraw(visitor, recording_id, at_ms, self.control, self.vault)

    # -- files of submissions -----------------------------------------------------------------------------------

    def keep_files(self, submission: Submission, contents: Sequence[bytes], now_ms: int) -> list[str]:
        """Keep the files of a submission, sealed under its people's keys; returns their names, after they are durable.

        Keeps nothing, and returns no names, when one of its people was erased after it was collected. Raises StoreUnavailable
        when a key is missing. A file whose record never comes is swept after two days; those of a record that was stored
        already are removed when it comes again (`write`).
        """
        return uploads.keep(submission, contents, now_ms, self.vault, self.files)

    def discard_files(self, names: Sequence[str]) -> None:
        """Remove files whose submission was not kept."""
        uploads.remove(names, self.files)

    def open_file(self, held: HeldSubmission, file: StoredFile) -> bytes | None:
        """Return the bytes of a submission's file; None when it, or its person's key, is gone."""
        owners = self.owners(held.record_id)
        keys = self.vault.keys_of(owners)
        sealed = self.files.get(file.stored)
        if sealed is None or not owners or keys.keys() != owners:
            return None
        return sealing.unseal(sealing.joint_key(keys.values()), sealed, file.stored.encode())

    def remaining_files(self, subjects: Iterable[bytes]) -> int:
        """Search again, for the proof: how many files of these people are left."""
        with self.control.reading() as tx:
            return submission_files.count_of_subjects(tx, set(subjects))

    def sweep_files(self, now_ms: int) -> int:
        """Remove files that no stored submission names and that are too old to belong to one on its way."""
        return uploads.sweep(now_ms, self.control, self.files, self.aside)

    def forget_idle(self, today: date) -> int:
        """Destroy the keys of everybody about whom nothing is held any more; return how many. All that is held is looked at.

        Those of whom all was due have gone by `erase_due`.
        """
        return removal.forget_idle(today, self.control, self.events, self.vault)

    # -- why somebody inside opened a record -------------------------------------------------------------------

    def seal_reason(self, record_id: str, words: str) -> bytes:
        """Return words sealed as the record or request is: who erases it makes them unreadable; b"" where that was done."""
        key = self._key_of(record_id)
        return sealing.seal(key, words.encode(), _REASON + record_id.encode()) if key is not None else b""

    def unseal_reason(self, reason: read_reasons.SealedReason) -> str | None:
        """Return what `seal_reason` was given; None when a key is gone."""
        key = self._key_of(reason.record_id) if reason.sealed else None
        return None if key is None else sealing.unseal(key, reason.sealed, _REASON + reason.record_id.encode()).decode()

    def _key_of(self, record_id: str) -> bytes | None:
        """Return the key of a submission, recording, kept record, request or waiting subscription; None when it is gone.

        Joined of those of all its people: when one is gone, all of it is.
        """
        with self.control.reading() as tx:
            form, shown = submissions.get(tx, record_id), listed_recordings.get(tx, record_id)
            waiting, is_kept = subscriptions.get(tx, record_id), kept_rows.known(tx, [record_id])
            owners = submissions.owners(tx, [record_id]).get(record_id, frozenset())
        if shown is not None:
            people = (shown.subject,) if shown.subject else ()
            keys = [self.vault.get_key(recordings.RECORDING, record_id), *map(self.vault.key_of, people)]
        elif form is not None:
            keys = list(map(self.vault.key_of, owners)) or [self.vault.get_key(DAY, form.day_key) if form.day_key else None]
        elif waiting is not None:
            keys = [self.vault.key_of(waiting.subject)]
        elif is_kept:
            keys = [self.vault.get_key(kept.KEPT, record_id)]
        else:
            keys = [self.vault.get_key(REQUEST, record_id)]
        present = _present(keys)
        return sealing.joint_key(present) if len(present) == len(keys) else None

    # -- what belongs to a consumer request --------------------------------------------------------------------

    def seal_for_request(self, request_id: str, plain: bytes) -> bytes:
        """Return bytes sealed under the consumer request's own key, made when missing: contact, archive, letters."""
        return sealing.seal(self.vault.create_key(REQUEST, request_id), plain, request_id.encode())

    def sealing_for_request(self, request_id: str) -> Callable[[bytes], bytes]:
        """Return what seals as `seal_for_request` does, for several at once."""
        key, bound = self.vault.create_key(REQUEST, request_id), request_id.encode()
        return lambda plain: sealing.seal(key, plain, bound)

    def unseal_for_request(self, request_id: str, sealed: bytes) -> bytes | None:
        """Return what `seal_for_request` was given; None when the key was destroyed or the bytes were emptied."""
        key = self.vault.get_key(REQUEST, request_id)
        return sealing.unseal(key, sealed, request_id.encode()) if key is not None and sealed else None

    @contextmanager
    def writing_for_request(self, request_id: str, name: str) -> Iterator[BinaryIO]:
        """Give a file of a consumer request to write to, sealed as it is written; whole or not at all, durable at the end."""
        key, bound = self.vault.create_key(REQUEST, request_id), f"{request_id}-{name}"
        with self.files.writing(bound) as file:
            writer = streams.SealedWriter(file, key, bound.encode())
            yield cast("BinaryIO", writer)  # it writes, and does nothing else: all that `zipfile` and the archive ask of it
            writer.finish()

    def reading_for_request(self, request_id: str, name: str) -> streams.Plain | None:
        """Return a file of a consumer request to be read piece by piece; None when it, or its key, is gone."""
        bound = f"{request_id}-{name}"
        key, file = self.vault.get_key(REQUEST, request_id), self.files.open(bound)
        if file is None:
            return None
        if key is None:
            file.close()
            return None
        return streams.Plain(file, key, bound.encode(), request_id.encode())

    def seal_for_record(self, request_id: str, plain: bytes) -> bytes:
        """Return bytes sealed under a key that lives as long as the record of a request: what its person signed."""
        return sealing.seal(self.vault.create_key(RECORD, request_id), plain, request_id.encode())

    def unseal_for_record(self, request_id: str, sealed: bytes) -> bytes | None:
        """Return what `seal_for_record` was given; None when the record is gone."""
        key = self.vault.get_key(RECORD, request_id)
        return sealing.unseal(key, sealed, request_id.encode()) if key is not None and sealed else None

    # -- counts for the policy's live evidence -----------------------------------------------------------------

    def evidence(self) -> dict[str, Evidence]:
        """Return what is held of each collection point."""
        found = {row["point"]: Evidence(int(row["events"]), int(row["oldest_ms"])) for row in self.events.query("evidence")}
        with self.control.reading() as tx:
            for point, (count, oldest_ms) in (*submissions.evidence(tx).items(), *listed_recordings.evidence(tx).items()):
                earlier = found.get(point, Evidence(0, oldest_ms))
                found[point] = Evidence(earlier.records + count, min(earlier.oldest_ms, oldest_ms))
        return found

    def overdue(self, today: date) -> dict[str, int]:
        """Return by point how many records should have been erased or de-identified before today, and were not."""
        found = {row["point"]: int(row["events"]) for row in self.events.query("overdue", today=today)}
        with self.control.reading() as tx:
            parts = (submissions.overdue(tx, today), listed_recordings.overdue(tx, today), kept_rows.overdue(tx, today))
            for point, count in (pair for part in parts for pair in part.items()):
                found[point] = found.get(point, 0) + count
        return found

    def overdue_else(self, today: date) -> dict[str, int]:
        """Return what else says whose something is and should have gone before today: by what it is (`control.dated`)."""
        with self.control.reading() as tx:
            return dated.overdue(tx, today)

    def collected(self, since_ms: int) -> dict[str, int]:
        """Return how many records of each point were collected since a moment."""
        found = {row["point"]: int(row["events"]) for row in self.events.query("collected_since", since_ms=since_ms)}
        with self.control.reading() as tx:
            for point, count in (
                *submissions.collected(tx, since_ms).items(),
                *listed_recordings.collected(tx, since_ms).items(),
            ):
                found[point] = found.get(point, 0) + count
        return found

    def close(self) -> None:
        """Close every part."""
        self.events.close()
        self.control.close()
        self.vault.close()

    # -- inside ------------------------------------------------------------------------------------------------

    def _one(self, record_id: str, damaged: dict[str, str] | None = None) -> HeldSubmission | None:
        """Return one submission, as `_unsealed` does."""
        with self.control.reading() as tx:
            found = submissions.owned(tx, record_id)
        return next(iter(opening.opened([found[0]], {record_id: found[1]}, self.vault, damaged)), None) if found else None

    def _unsealed(
        self, tx: Transaction, sealed: Sequence[submissions.SealedSubmission], damaged: dict[str, str] | None = None
    ) -> tuple[HeldSubmission, ...]:
        """Return submissions unsealed, without those that lack a key; `damaged` gets those that cannot be opened."""
        return opening.opened(sealed, submissions.owners(tx, [row.record_id for row in sealed]), self.vault, damaged)


def _present(found: Iterable[_T | None]) -> list[_T]:
    """Return what could be read."""
    return [one for one in found if one is not None]
