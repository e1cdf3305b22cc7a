"""What was corrected stays corrected: the value of before, come again, is replaced before it is kept or goes anywhere.

    from                                                       replaced
    a feed of another company, whenever it is dated            yes: what it knows is what we had before
    any record that was collected before the correction        yes: late from the spool, from a restored backup
    what a browser tells by itself, whenever                   yes: it is the device that says it, and not its person
    what a person sends of themselves after the correction     no: it is their own word, and newer

An address of before is replaced in what was collected before the correction, and later where something else of the record is
known to be of the same person: whoever has that address now need not be them.
Why: decision 0082. Rule: Cal. Civ. Code § 1798.106(c); 11 CCR 7023(c).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from avow.definitions import (
    Event,
    EventBatch,
    Identifier,
    IdentifierKind,
    Record,
    StoredFile,
    Submission,
    Technology,
    identifier,
)
from avow.policy import Rulebook
from avow.store.corrected import Now, one_form
from avow.store.store import Store

#: Behind the name of a field: its person's statement on it, kept with the record. No declared name has a full stop.
STATEMENT: Final = ".statement"
#: How often a value may have been corrected in a row, each time to another one: what is beyond comes out one correction behind.
_IN_A_ROW: Final = 8


@dataclass(frozen=True, slots=True)
class Content:
    """What of a record is compared: its point and moment, its fields, and whom it names."""

    point: str
    collected_ms: int
    fields: Mapping[str, str]
    people: tuple[Identifier, ...]


def standing(store: Store, form: Submission, rulebook: Rulebook | None) -> Submission:
    """Return a record as it is to be kept: with the corrected values of its person in the place of those of before."""
    is_own = _is_own(form.point, rulebook)
    content = Content(form.point, form.collected_ms, form.fields, form.people)
    found = replaced(store, content, is_own=is_own)
    if found != content:
        named = [(one.kind.value, one.value) for one in found.people]
        form = msgspec.structs.replace(form, fields=dict(found.fields), identifiers=named)
    gone = _replaced_files(store, form, is_own=is_own)
    if not gone:
        return form  # what is left out no record names, so that the next sweep removes it
    return msgspec.structs.replace(form, files=[one for one in form.files if one not in gone])


def _replaced_files(store: Store, form: Submission, *, is_own: bool) -> list[StoredFile]:
    """Return those files of a record that were replaced, or deleted, by a correction: the right one is where that was made.

    A file is compared by the hash of its bytes.
    """
    marks, found = store.vault.corrected, list[StoredFile]()
    if not form.files or not marks.is_any():
        return found
    subjects = store.vault.subjects_of(form.people)
    keys = store.vault.keys_of(subjects)
    for one in form.files:
        now = marks.of_fields(subjects, form.point, {one.item: one.sha256}, keys).get(one.item)
        if now is not None and (not is_own or form.collected_ms <= now.at_ms):
            found.append(one)
    return found


def of_browsers(store: Store, records: Iterable[Record]) -> Mapping[str, frozenset[bytes]]:
    """Return which visitors of these records are people of whom something was corrected, and their pseudonyms, in one look."""
    if not store.vault.corrected.is_any():
        return {}
    numbers = {one.visitor for one in records if isinstance(one, Event | EventBatch)} - {""}
    known = store.vault.each_subjects_of(identifier(IdentifierKind.VISITOR, one) for one in numbers)
    corrected = store.vault.corrected.among(frozenset().union(*known.values())) if known else frozenset()
    return {one.value: subjects & corrected for one, subjects in known.items() if subjects & corrected}


def told(store: Store, record: Event | EventBatch, subjects: Collection[bytes]) -> Event | EventBatch:
    """Return what a browser told, with the corrected values of its person in the place of those of before."""
    marks, keys = store.vault.corrected, store.vault.keys_of(subjects)

    def right(point: str, fields: Mapping[str, str]) -> dict[str, str]:
        now = marks.of_fields(subjects, point, fields, keys)
        kept = {name: now[name].after if name in now else text for name, text in fields.items()}
        return {name: text for name, text in kept.items() if text or name not in now}

    if isinstance(record, Event):
        fields, sealed = right(record.point, record.fields), right(record.point, record.sealed)
        return msgspec.structs.replace(record, fields=fields, sealed=sealed)
    own = {point for point, terms in record.terms.items() if terms.recognises}
    events = [{**right(one["point"], one), "point": one["point"]} if one["point"] in own else one for one in record.events]
    return msgspec.structs.replace(record, events=events)


def statements(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the statements of a record's person, by the field that each is on. Rule: 11 CCR 7023(f)(3)."""
    return {name.removesuffix(STATEMENT): text for name, text in fields.items() if name.endswith(STATEMENT)}


def again(store: Store, now_ms: int, subjects: Collection[bytes] | None = None) -> int:
    """Put corrected values back into records of these people that say what they said before; return how many. Safe to repeat.

    Of everybody for None: a backup brought records as they were.
    """
    corrected = _kept_again(store) if subjects is None else 0
    marked = store.vault.people_of(store.vault.corrected.subjects())
    for subject in sorted(marked if subjects is None else marked.intersection(store.vault.people_of(subjects))):
        corrected += _events_again(store, subject)
        for held in store.submissions_of_subject(subject):
            content = Content(held.point, held.collected_ms, held.fields, held.people)
            found = replaced(store, content, is_own=True)  # what came after a correction was judged when it came
            if found != content:
                corrected += store.keep_corrected(held, found.fields, found.people, now_ms)
    return corrected


def _events_again(store: Store, subject: bytes) -> int:
    """Put corrected values back into the events of one person."""
    keys, corrected = store.vault.keys_of([subject]), 0
    for point, name, text in list(store.said_in_events(subject)):
        now = store.vault.corrected.of_fields([subject], point, {name: text}, keys).get(name)
        if now is not None:
            corrected += store.correct_events([subject], point, name, text, now.after)
    return corrected


def _kept_again(store: Store) -> int:
    """Put corrected values back into what rules keep."""
    return sum(
        store.kept.correct(one.id, name, now.after) for one, found in store.kept.corrected() for name, now in found.items()
    )


def replaced(store: Store, content: Content, *, is_own: bool) -> Content:
    """Return what a record says with what was corrected; the same where nothing of it was."""
    marks = store.vault.corrected
    if not content.people or not marks.is_any():
        return content
    for _ in range(_IN_A_ROW):
        after = _once(store, content, is_own=is_own)
        if after == content:
            return content
        content = after
    return content


def _once(store: Store, content: Content, *, is_own: bool) -> Content:
    """Return it with each value of before replaced once."""
    marks, known = store.vault.corrected, store.vault.each_subjects_of(content.people)
    fields, people = dict(content.fields), list(content.people)
    for place, one in enumerate(content.people):
        now = marks.of_former(one, store.vault.key_of)
        others = frozenset().union(*(subjects for other, subjects in known.items() if other != one))
        is_theirs = now is not None and (_is_before(content, now) or (not is_own and now.subject in others))
        if now is None or not is_theirs or now.subject in known[one]:
            continue
        people[place] = identifier(one.kind, now.after)
        fields |= {name: now.after for name, text in fields.items() if one_form(text) == one_form(one.value)}
    subjects = frozenset().union(*known.values())
    found = marks.of_fields(subjects, content.point, fields, store.vault.keys_of(subjects))
    for name, now in found.items():
        if is_own and not _is_before(content, now):
            continue
        if not now.after:  # deleted instead: it stays deleted
            del fields[name]
            continue
        people = [identifier(one.kind, now.after) if one.value == fields[name] else one for one in people]
        fields[name] = now.after
    return Content(content.point, content.collected_ms, fields, tuple(dict.fromkeys(people)))


def _is_before(content: Content, now: Now) -> bool:
    return content.collected_ms <= now.at_ms


def _is_own(point: str, rulebook: Rulebook | None) -> bool:
    """Return whether a record is what a person sent themselves; where the version is not here it is taken for another's."""
    declared = rulebook.points.get(point) if rulebook else None
    return declared is not None and declared.technology is not Technology.FEED
