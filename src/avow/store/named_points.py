"""Erasing what came of people by named collection points, and nothing else of theirs: wherever it is, and for good.

    erase   marks, keys, rows and files; then one mutation of the events, whose bytes leave the disk      safe to repeat
    left    how much of it is there yet, by searching again
    again   after a restore: what was deleted so and came back with older data goes again, before anything is served

The keys of retention classes go; the person's own stays, for the rest is under it.
Rule: 11 CCR 7022(b)(1), (d), (h). Why: decisions 0087, 0089.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from avow.definitions import Identifier, IdentifierKind
from avow.store import recordings, removal
from avow.store.control import named as rows
from avow.store.control.named import Named
from avow.store.holdings import HeldSubmission

if TYPE_CHECKING:
    from avow.store.store import Store

#: Submissions that are looked at in one round after a restore.
_LOOKED_AT: Final = 500
#: Pairs of person and point in one statement: some hundred kilobytes of text.
_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Part:
    """What of a person is meant: by which identifiers, at which points, collected until when; and of which retention classes.

    What they wrote is found by addresses and numbers alone: who shares a browser with somebody has not proved to be them.
    """

    people: tuple[Identifier, ...]
    points: tuple[str, ...]
    until_ms: int
    classes: frozenset[str] = frozenset()

    @property
    def addresses(self) -> tuple[Identifier, ...]:
        """What finds what they wrote."""
        return tuple(one for one in self.people if one.kind is not IdentifierKind.VISITOR)


@dataclass(frozen=True, slots=True)
class Erased:
    """How much went: what they wrote, events, recordings, what waited, messages, and whose what went to others was."""

    forms: int = 0
    events: int = 0
    recordings: int = 0
    others: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.forms + self.events + self.recordings + self.others


def erase(part: Part, store: Store, keep: Callable[[], None]) -> Erased:
    """Keep what rules keep of a part, and erase the rest; return how much went, once its bytes have left the disk.

    `keep` is called while no batch is on its way: nothing that a rule keeps comes in between, and whatever comes later from
    before is told by the marks. Rule: 11 CCR 7022(b)(1), (f).
    """
    vault, subjects = store.vault, store.vault.subjects_of(part.people)
    with vault.no_batch():
        keep()
        vault.named.note(vault.own_subjects_of(part.people), part.points, part.until_ms)
        for one in part.addresses:
            for point in part.points:
                vault.note_end(one, point, part.until_ms)
        forms = [form.record_id for form in _forms(part, store)]
        found = Named(subjects, part.points, forms)
        with store.control.reading() as tx:
            shown = rows.recorded(tx, found, part.until_ms)
        watched = recordings.erase(shown, store.control, vault, store.files)
        with store.control.transaction() as tx:
            others = sum(rows.forget(tx, found))
        _end_classes(part, store)  # after what is found by the records in them
        written = removal.erase_submissions(forms, store.control, store.files)
    events = _erase_events(found, part.until_ms, store)
    store.events.change("forget_mutation")
    store.control.checkpoint()
    return Erased(written, events, watched, others)


def left(part: Part, store: Store) -> int:
    """Return how much of a part is there yet, by searching again. Rule: 11 CCR 7022(b)(1)."""
    found = Named(store.vault.subjects_of(part.people), part.points, ())
    with store.control.reading() as tx:
        rest = rows.count(tx, found, part.until_ms)
    return rest + len(list(_forms(part, store))) + _count_events(found, part.until_ms, store)


def again(store: Store) -> int:
    """Erase again what an older backup brought back of what was deleted by named points; return how many records went.

    Rule: 11 CCR 7022(d).
    """
    marks = store.vault.named
    if not marks.is_any():
        return 0
    pairs = [(row["subject"].bytes, row["point"]) for row in store.events.query("known_points")]
    gone = _erase_marked(marks.until(pairs), store)
    store.events.change("forget_mutation")
    owned = {one.record_id: one for one in _deleted_forms(store)}
    subjects = {name: store.owners(name) | store.people_of(name) for name in owned}
    gone += removal.erase_submissions(sorted(owned), store.control, store.files)
    for name, form in owned.items():
        until_ms = max(marks.until((one, form.point) for one in subjects[name]).values())
        with store.control.transaction() as tx:
            rows.forget(tx, Named(subjects[name], [form.point], [name]), until_ms)
    with store.control.reading() as tx:
        others = rows.every_pair(tx)
    for (one, point), at_ms in marks.until(others).items():
        with store.control.transaction() as tx:
            rows.forget(tx, Named([one], [point]), at_ms)
    return gone + _erase_recordings(store)


def _deleted_forms(store: Store) -> Iterator[HeldSubmission]:
    """Yield the submissions of which a mark says that they were deleted."""
    last = ""
    while (page := store.submissions_after(last, _LOOKED_AT)).last:
        last = page.last
        for form in page.held:
            owners = store.people_of(form.record_id)
            until = store.vault.named.until((one, form.point) for one in owners)
            if any(form.collected_ms <= at_ms for at_ms in until.values()):
                yield form


def _erase_recordings(store: Store) -> int:
    """Erase the recordings of which a mark says that they were deleted."""
    with store.control.reading() as tx:
        every = rows.every_recording(tx)
    until = store.vault.named.until((subject, point) for subject, point in every)
    gone = 0
    for (subject, point), at_ms in until.items():
        with store.control.reading() as tx:
            shown = rows.recorded(tx, Named([subject], [point]), at_ms)
        gone += recordings.erase(shown, store.control, store.vault, store.files)
    return gone


def _end_classes(part: Part, store: Store) -> None:
    """Destroy the keys of these classes, once: what comes later in them has others.

    Of a class in which something came since the plan, the rows of before go alone.
    """
    people, vault = part.addresses, store.vault
    forms = (form for one in people for point in part.points for form in store.submissions_of(one, point))
    newer = {vault.class_of(store.owners(form.record_id)) for form in forms if form.collected_ms > part.until_ms}
    ended = vault.ended_ms((one, name) for one in people for name in part.classes)
    older = {name for name in part.classes if any(ended.get((one, name), -1) < part.until_ms for one in people)}
    going = sorted(older - newer)
    if going:
        vault.end_classes(people, going, part.until_ms)


def _forms(part: Part, store: Store) -> Iterator[HeldSubmission]:
    """Yield what these people wrote there, each once."""
    held = {form.record_id: form for one in part.addresses for point in part.points for form in store.submissions_of(one, point)}
    yield from (form for _, form in sorted(held.items()) if form.collected_ms <= part.until_ms)


def _count_events(one: Named, until_ms: int, store: Store) -> int:
    return store.events.most("count_named", **_asked(one, until_ms)) if one.subjects else 0


def _erase_events(one: Named, until_ms: int, store: Store) -> int:
    count = _count_events(one, until_ms, store)
    if count:
        with store.tallies.changing(store.events.hours("hours_at_points", **_asked(one, until_ms))):
            store.events.change("erase_named", **_asked(one, until_ms))
        store.events.await_removal()
    return count


def _erase_marked(until: Mapping[tuple[bytes, str], int], store: Store) -> int:
    """Erase the events of these pairs of subject and point, each until its moment, many at once; return how many there were."""
    gone, rest = 0, sorted(until.items())
    for start in range(0, len(rest), _AT_ONCE):
        some = [(UUID(bytes=subject), point, at_ms) for (subject, point), at_ms in rest[start : start + _AT_ONCE]]
        asked: dict[str, object] = {
            "subjects": sorted({subject for subject, _, _ in some}),
            "pairs": [f"{subject} {point}" for subject, point, _ in some],
            "untils": [at_ms for _, _, at_ms in some],
        }
        count = store.events.most("count_marked", **asked)
        if count:
            with store.tallies.changing(store.events.hours("hours_marked", **asked)):
                store.events.change("erase_marked", **asked)
        gone += count
    if gone:
        store.events.await_removal()
    return gone


def _asked(one: Named, until_ms: int) -> dict[str, object]:
    named = [UUID(bytes=subject) for subject in sorted(one.subjects)]
    return {"subjects": named, "points": sorted(one.points), "until_ms": until_ms}
