"""Writing a batch of records: numbered steps, each safe to repeat, because a drain writes at least once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from avow.definitions import (
    Event,
    EventBatch,
    Identifier,
    LogLine,
    Record,
    Recording,
    Submission,
    count,
    moment,
)
from avow.store import event_rows, recordings, sealing, submission_rows
from avow.store.control import submission_files, submissions
from avow.store.event_rows import NOBODY, Group
from avow.store.events import Span
from avow.store.holdings import Written
from avow.store.keys import DAY, Kept
from avow.store.tallies import Tallies

if TYPE_CHECKING:
    from avow.store.control import Control
    from avow.store.events import Events
    from avow.store.files import Files
    from avow.store.keys import Vault


#: Whom a record belongs to; the records of one owner are looked at together.
_Owner = frozenset[Identifier]
#: What has one owner and one moment.
_Part = Group | Submission | Recording
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of one batch: of its people, and of the days of what belongs to nobody."""

    subjects: dict[Identifier, bytes]
    of_class: dict[Kept, bytes]
    of_subject: dict[bytes, bytes]
    of_day: dict[str, bytes]
    sealed: dict[tuple[bytes, bytes], str] = field(default_factory=dict)  # what one person repeats is sealed once

    def subject(self, owner: _Owner) -> bytes:
        """Return the pseudonym of an event's or a recording's owner, who is one person or nobody known."""
        for one in owner:
            return self.subjects[one]
        return sealing.NOBODY

    def opens(self, owner: _Owner) -> bool:
        """Return whether every key is there; one that another process destroyed since step 3 means: erased."""
        return all(self.subjects[one] in self.of_subject for one in owner)

    def opens_form(self, part: _Part) -> bool:
        """Return whether the keys of a form's retention class are there, as `opens`; of anything else there is none."""
        return not isinstance(part, Submission) or all(one in self.of_subject for one in self.owners(part))

    def owners(self, form: Submission) -> dict[bytes, bytes]:
        """Return the subjects under whose keys a form is sealed, those of its retention class, each with its person's own."""
        name = form.retention_class
        return {self.of_class[one, name] if name else self.subjects[one]: self.subjects[one] for one in form.people}

    def group_key(self, group: Group) -> bytes:
        """Return the key that seals the fields of a group; empty when none is sealed."""
        if not group.has_sealed:
            return b""
        return self.of_subject[self.subject(group.owner)] if group.owner else self.of_day[_day_key(group)]

    def seal(self, key: bytes, fields: dict[str, str]) -> str:
        """Return the text of the column `sealed` for an event's fields."""
        plain = event_rows.plain(fields)
        found = self.sealed.get((key, plain))
        if found is None:
            found = self.sealed[key, plain] = event_rows.seal_fields(key, plain)
        return found


def write(records: Sequence[Record], control: Control, events: Events, vault: Vault, files: Files) -> Written:
    """Keep records durably; see `Store.write`.

    (1) once each: ids seen in this batch or stored already are repetitions; nobody else writes until this batch is stored
    (2) tombstones: what was collected before its person, or its retention class, was erased is dropped
    (3) keys: missing people get theirs, durably, before anything is sealed under them
    (4) recordings, submissions, then events; a crash between them leaves repetitions for the next try
    (5) anyone who was erased meanwhile goes on the purge's work list
    """
    with vault.batch(), vault.in_turn():
        # step 1
        fresh = _fresh({record.record_id: record for record in records}.values(), control, events)
        # step 2
        classed = [part for part in fresh if isinstance(part, Submission) and part.retention_class]
        ended = _ended(classed, vault)
        owned: dict[_Owner, list[_Part]] = {}
        for part in (
            [part for part in fresh if not (isinstance(part, Submission) and part.record_id in ended)] if ended else fresh
        ):
            owned.setdefault(_owner(part), []).append(part)
        erased_at = vault.erased_at({one for owner in owned for one in owner})
        wanted = {}
        for owner, group in owned.items():
            erased_ms = max((erased_at.get(one, -1) for one in owner), default=-1)
            if kept := [part for part in group if part.collected_ms > erased_ms]:
                wanted[owner] = kept
        # step 3
        keys = _keys(wanted, [form for form in classed if form.record_id not in ended], vault)
        readable = [
            (owner, part) for owner, group in wanted.items() if keys.opens(owner) for part in group if keys.opens_form(part)
        ]
        # step 4
        chunks = {part.record_id: (keys.subject(owner), part) for owner, part in readable if isinstance(part, Recording)}
        owners = {record_id: subject for record_id, (subject, _) in chunks.items() if subject != sealing.NOBODY}
        written, changed = recordings.write([part for _, part in chunks.values()], owners, keys.of_subject, control, vault, files)
        refused = len(chunks) - written
        with control.transaction() as tx:
            forms = [part for _, part in readable if isinstance(part, Submission)]
            submissions.add(tx, [_submission(form, keys) for form in forms])
            submission_files.add(tx, [(form.record_id, one.stored) for form in forms for one in form.files])
        make = event_rows.RowMaker(keys.seal).rows
        groups = [part for _, part in readable if isinstance(part, Group)]
        with Tallies(control, events, vault).written(group.collected_ms for group in groups):
            events.insert(row for group in groups for row in make(group, keys.subject(group.owner), keys.group_key(group)))
        # step 5
        vanished = keys.of_subject.keys() - vault.keys_of(keys.of_subject).keys()
        if vanished:
            vault.queue_purge(vanished)
        late = _ended([form for form in forms if form.retention_class], vault)  # a consent was taken back since step 2
        if late:
            with control.transaction() as tx:
                submissions.remove(tx, sorted(late))
    new, held = _count(fresh), _count(part for _, part in readable) - len(late)
    return Written(
        kept=held - refused,
        erased=new - held + refused,
        repeated=count(records) - new,
        unclaimed=_unclaimed(records, control),
        changed=changed,
    )


def _unclaimed(records: Sequence[Record], control: Control) -> tuple[str, ...]:
    """Return the files of these records that no stored submission names: of the erased, and of what came once more."""
    names = [one.stored for record in records if isinstance(record, Submission) for one in record.files]
    if not names:
        return ()
    with control.reading() as tx:
        named = submission_files.known(tx, names)
    return tuple(name for name in names if name not in named)


def _fresh(records: Iterable[Record], control: Control, events: Events) -> list[_Part]:
    """Return the parts of records without those that are stored already; recordings see to that themselves."""
    records = _without_former(list(records), events)
    groups = [group for record in records if isinstance(record, Event | EventBatch) for group in event_rows.groups(record)]
    if known := _stored(groups, events):
        groups = [left for group in groups if (left := group.without(known)) is not None]
    others = [record for record in records if isinstance(record, Submission | Recording)]
    forms = [record.record_id for record in others if isinstance(record, Submission)]
    if forms:
        with control.reading() as tx:
            repeated = submissions.known(tx, forms)
        others = [record for record in others if record.record_id not in repeated]
    return [*others, *groups]


def _without_former(records: list[Record], events: Events) -> list[Record]:
    """Return records without the lines of logs that an earlier version stored under another id."""
    former = {int(one.former_id, 16): one for one in records if isinstance(one, LogLine) and one.former_id}
    if not former:
        return records
    moments = [one.collected_ms for one in former.values()]
    span = Span({one.site for one in former.values()}, {one.point for one in former.values()}, min(moments), max(moments))
    span = span._replace(to_ms=events.newest(span))
    asked = [number for number, one in former.items() if one.collected_ms <= span.to_ms]
    known = {former[number].record_id for number in events.existing(asked, span)} if asked else set()
    return [one for one in records if one.record_id not in known]


def _stored(groups: Sequence[Group], events: Events) -> frozenset[int]:
    """Return the numbers of these events that are stored already.

    Nearly all are newer than whatever is stored; only those that are not are asked for one by one.
    """
    if not groups:
        return frozenset()
    moments = [group.collected_ms for group in groups]
    span = Span({group.batch.site for group in groups}, {group.point for group in groups}, min(moments), max(moments))
    span = span._replace(to_ms=events.newest(span))
    asked = [number for group in groups if group.collected_ms <= span.to_ms for number in group.numbers]
    return events.existing(asked, span)


def _count(parts: Iterable[_Part]) -> int:
    """Return how many records these are."""
    return sum(len(part.numbers) if isinstance(part, Group) else 1 for part in parts)


def _owner(part: _Part) -> _Owner:
    """Return who a record belongs to."""
    if isinstance(part, Group):
        return part.owner
    if isinstance(part, Recording):
        return event_rows.visitor(part.visitor)
    return frozenset(part.people)


def _ended(forms: Iterable[Submission], vault: Vault) -> frozenset[str]:
    """Return those of these forms, each of a retention class, that were collected before it ended for one of their people."""
    asked = {form.record_id: (form, [(one, form.retention_class) for one in form.people]) for form in forms}
    ended = vault.ended_ms(kept for _, wanted in asked.values() for kept in wanted) if asked else {}
    return frozenset(
        record_id
        for record_id, (form, wanted) in (asked.items() if ended else ())
        if any(ended.get(kept, -1) >= form.collected_ms for kept in wanted)
    )


def _keys(owned: Mapping[_Owner, Sequence[_Part]], classed: Iterable[Submission], vault: Vault) -> _Keys:
    """Return the keys that seal a batch, made where missing; `classed` are the forms in it that are of a retention class."""
    first_ms: dict[Identifier, int] = {}
    for owner, parts in owned.items():
        oldest_ms = min([part.collected_ms for part in parts])
        for one in owner:
            first_ms[one] = min(first_ms.get(one, oldest_ms), oldest_ms)
    wanted = {(one, form.retention_class): form.collected_ms for form in classed for one in form.people if one in first_ms}
    of_class = vault.subjects_kept(wanted) if wanted else {}
    subjects = vault.subjects_seen(first_ms) if first_ms else {}
    days = {
        _day_key(part)
        for part in owned.get(NOBODY, ())
        if isinstance(part, Submission) or (isinstance(part, Group) and part.has_sealed)
    }
    of_day = {name: vault.create_key(DAY, name) for name in sorted(days)}
    return _Keys(subjects, of_class, vault.keys_of([*subjects.values(), *of_class.values()]), of_day)


def _day_key(part: Group | Submission) -> str:
    """Return the name of the key of the record's own day and point, for what belongs to nobody known."""
    return f"{part.point}/{_day(part.collected_ms // _DAY_MS)}"


@lru_cache(maxsize=64)
def _day(days: int) -> str:
    """Return the date of a number of days since 1970."""
    return moment(days * _DAY_MS).date().isoformat()


def _submission(form: Submission, keys: _Keys) -> tuple[submissions.SealedSubmission, dict[bytes, bytes]]:
    """Return the row of a submission and whose it is: the subjects of its class, each with its person's own."""
    owners = keys.owners(form)
    name = "" if owners else _day_key(form)
    key = sealing.joint_key(keys.of_subject[one] for one in owners) if owners else keys.of_day[name]
    return submission_rows.sealed_submission(form, key, name), owners
