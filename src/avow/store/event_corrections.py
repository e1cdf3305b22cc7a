"""Putting right what a field says in events of people: in the engine's own columns, or inside what is sealed.

The former value leaves the disk with the parts that held it, as an erased row does. Rule: 11 CCR 7023(c).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from avow.store import event_rows
from avow.store.corrected import one_form

if TYPE_CHECKING:
    from avow.store.tallies import Tallies

#: The columns of declared fields that can be put right; the others are the server's own.
_COLUMNS: Final = frozenset({"page", "referrer", "campaign", "language"})
#: Sealed texts that one statement changes.
_AT_ONCE: Final = 2_000


def correct(subjects: Collection[bytes], point: str, field: str, before: str, after: str, tallies: Tallies) -> int:
    """Let a field of these people's events at a point say `after` where it said `before`; "" takes it away.

    Returns how many events changed, once the former value has left the disk. Safe to repeat.
    """
    events, vault = tallies.events, tallies.vault
    named = [UUID(bytes=one) for one in sorted(subjects)]
    rows = events.query("find_events_at", subjects=named, points=[point]) if named else []
    found = _Found(field, before, after)
    count = sum(found.note(row, vault.key_of) for row in rows)
    if not count:
        if named:
            events.change("forget_mutation")  # of a try that was interrupted
        return 0
    place = event_rows.COLUMNS.get(field, "")
    asked = {"subjects": named, "point": point, "after": after, "befores": sorted(found.befores) or [before]}
    asked |= {"place": place if place in _COLUMNS else "", "prop": "" if place else field}
    with tallies.changing(events.hours("hours_of_subjects", subjects=named)):
        for olds in _some(sorted(found.sealed)):
            events.change("correct_events", **asked, olds=olds, news=[found.sealed.get(one, "") for one in olds])
    events.change("forget_mutation")
    events.await_removal()
    return count


class _Found:
    """What of the rows says the former value: its spellings, and the sealed texts with what each is to be."""

    def __init__(self, field: str, before: str, after: str) -> None:
        self._field, self._before, self._after = field, one_form(before), after
        self.befores: set[str] = set()
        self.sealed: dict[str, str] = {}

    def note(self, row: Mapping[str, Any], key_of: Callable[[bytes], bytes | None]) -> bool:  # Any: a column's own type
        """Note one row; return whether it says the former value."""
        key = key_of(row["subject"].bytes)
        if key is None:
            return False
        hidden = event_rows.unsealed(row["sealed"], key) if row["sealed"] else {}
        if one_form(hidden.get(self._field, "")) == self._before and self._before:
            rest = {name: text for name, text in hidden.items() if name != self._field}
            fields = {**hidden, self._field: self._after} if self._after else rest
            self.sealed[row["sealed"]] = event_rows.seal_fields(key, event_rows.plain(fields)) if fields else ""
            return True
        column = event_rows.COLUMNS.get(self._field)
        said = str(row[column]) if column in _COLUMNS else row["props"].get(self._field, "")
        if not said or one_form(said) != self._before:
            return False
        self.befores.add(said)
        return True


def _some(sealed: list[str]) -> Iterator[list[str]]:
    """Return sealed texts by as many as one statement names; one list that names none, where none is to change."""
    yield from (sealed[start : start + _AT_ONCE] for start in range(0, len(sealed), _AT_ONCE))
    if not sealed:
        yield [""]


def distinct(
    rows: Iterable[Mapping[str, Any]], key_of: Callable[[bytes], bytes | None]
) -> Iterator[tuple[str, str, str]]:  # Any: as above
    """Yield each (point, field, text) that these rows say, once."""
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        event = event_rows.held_event(row, key_of)
        for name, text in event.fields.items() if event else ():
            one = (event.point, name, text) if event else ("", "", "")
            if one not in seen:
                seen.add(one)
                yield one
