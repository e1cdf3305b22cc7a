"""The true end of walk 1: what the spool brought is narrowed by what its people have chosen meanwhile, kept, noted, sent on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from avow.collection import narrowing
from avow.collection.forms import submissions
from avow.definitions import Event, EventBatch, Record, Recording, Signalled, Spooled, Submission
from avow.gate import choices, corrected, disclosures, handing_over, minors, named, profiles
from avow.gate.contacts import LastContact
from avow.gate.handing_over import IsErasing
from avow.policy import Rulebook
from avow.store.store import Store

_NOBODY: Final[Mapping[str, str]] = MappingProxyType({})


def _without(record: Record, away: named.Deleted) -> Iterator[Record]:
    """Yield what is left of a record of somebody who had what came by named points deleted since. Rule: 11 CCR 7022(d), (h)."""
    if not away or isinstance(record, Submission):  # a form's own marks are asked where it is narrowed
        yield record
    elif isinstance(record, EventBatch):
        gone = {point for point, one in record.terms.items() if one.recognises and _is_away(record, point, away)}
        yield from narrowing.at_points(record, record.terms.keys() - gone)
    elif not _is_away(record, record.point, away):
        yield record


def _of_nobody(brought: Sequence[Record], away: named.Deleted) -> list[Event]:
    """Return the events of which nothing is left, without whose they were: that something of them went out is counted."""
    events = (one for one in (brought if away else ()) if isinstance(one, Event))
    return [msgspec.structs.replace(one, visitor="") for one in events if _is_away(one, one.point, away)]


def _is_away(record: Event | EventBatch | Recording, point: str, away: named.Deleted) -> bool:
    return record.collected_ms <= away.get((named.whose(record), point), -1)


class Arrival:
    """The drain's sink: the store, where a form is narrowed by its sender's standing choices, and the rest by its browser's.

    It moves their due dates only when it came behind a link that we mailed; a form that anybody can write moves none.
    `connectors` are the ways of the recipients to which records go as they come in, where the policy gives them to these.
    """

    def __init__(
        self,
        store: Store,
        rulebook_of: Callable[[str], Rulebook | None],
        connectors: Mapping[str, str] = _NOBODY,
        is_erasing: IsErasing = lambda _store, _person: False,
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._is_erasing = is_erasing
        self._rulebook_of = rulebook_of
        self._last_contact = LastContact(store, rulebook_of)

    def write(self, records: Sequence[Spooled]) -> Sequence[Recording]:
        """Keep the records, then what belongs to the same people as long as each was promised.

        Signals and ages come first: they are known before anything that came with them can go anywhere. Returns the chunks
        whose place in their recording holds another one.
        """
        self._hear([one for one in records if isinstance(one, Signalled)])
        brought = [one for one in records if not isinstance(one, Signalled)]
        marked = corrected.of_browsers(self._store, brought)
        away = named.deleted(self._store, brought)
        came = [left for one in brought for left in _without(self._corrected(one, marked), away)]
        for form in (one for one in came if isinstance(one, Submission)):
            if (rulebook := self._rulebook_of(form.rulebook_id)) is not None:
                minors.note_with_form(self._store, form, rulebook)
        numbers = {one.visitor for one in came if not isinstance(one, Submission)} - {""}
        standing = profiles.standing(self._store, numbers)
        kept = [one for record in came for one in self._narrowed(record, standing)]
        written = self._store.write(kept)
        gone = _of_nobody(brought, away)
        disclosures.note_handed_over(self._store, [*came, *gone], self._rulebook_of)  # what went out did, whatever is kept
        forms = [one for one in kept if isinstance(one, Submission)]
        handing_over.queue_arrived(self._store, forms, self._rulebook_of, self._connectors)
        told = [name for name, way in self._connectors.items() if way == handing_over.CONVERSION]
        handing_over.queue_conversions(self._store, kept, self._rulebook_of, told, self._is_erasing)
        for record in kept:
            if isinstance(record, Submission) and record.people:
                choices.keep_with_form(self._store, record)
                if self._last_contact.is_proved(record):
                    self._last_contact.proved(record)
        return written.changed

    def _hear(self, signalled: Sequence[Signalled]) -> None:
        """Keep what signals stop, and take back what was recorded for these purposes alone. Rule: 11 CCR 7025(c)(1)."""
        profiles.keep_signals(self._store, signalled)
        for one in signalled:
            rulebook = self._rulebook_of(one.rulebook_id)
            if rulebook is not None and choices.stops_recordings(rulebook, one.opted_out):
                self._store.withdraw_recordings(one.visitor, "", one.collected_ms)

    def _corrected(self, record: Record, marked: Mapping[str, frozenset[bytes]]) -> Record:
        """Return a record with what was corrected of its person. Rule: 11 CCR 7023(c)."""
        if isinstance(record, Event | EventBatch):
            subjects = marked.get(record.visitor) if marked else None
            return corrected.told(self._store, record, subjects) if subjects else record
        if not isinstance(record, Submission):
            return record
        return corrected.standing(self._store, record, self._rulebook_of(record.rulebook_id))

    def _narrowed(self, record: Record, standing: Mapping[str, frozenset[str]]) -> Iterator[Record]:
        """Yield what its person's or its browser's standing choices leave of a record."""
        if isinstance(record, Submission):
            form = self._form(record)
            yield from () if form is None else (form,)
            return
        opted_out = standing.get(record.visitor)
        if not opted_out:
            yield record
        elif isinstance(record, EventBatch):
            yield from narrowing.events(record, self._rulebook_of, opted_out)
        elif isinstance(record, Event):
            one = narrowing.event(record, self._rulebook_of, opted_out)
            yield from () if one is None else (one,)
        else:
            chunk = narrowing.recording(record, self._rulebook_of, opted_out)
            yield from () if chunk is None else (chunk,)

    def _form(self, form: Submission) -> Submission | None:
        """Return what its sender's standing choices leave of a form; one that names nobody is left as it came."""
        people = form.people
        if not people:
            return form
        if any(self._store.vault.ended_at(person, form.point) >= form.collected_ms for person in people):
            return None  # unsubscribed while it was in the spool
        rulebook, opted_out = self._rulebook_of(form.rulebook_id), choices.opted_out_by(self._store, people)
        return submissions.narrowed(form, rulebook, opted_out) if rulebook and opted_out else form
