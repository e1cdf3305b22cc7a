"""The demonstration of days that are over: what was begun, invented choices, its removal, and what pages say of it.

The log has one entry about all of it, of the moment at which it was made, and one of its removal: entries of invented days would
be untrue of the day that they name. Why: docs/decisions/0095.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

import msgspec

from avow.definitions import IdentifierKind, identifier
from avow.gate import entries
from avow.store import removal
from avow.store.control import choices as rows
from avow.store.control import settings
from avow.store.control.choices import Choice
from avow.store.holdings import Counts, Invented
from avow.store.store import Store

#: The setting that says which days were begun.
_SETTING: Final = "demonstration.days"
#: The setting that says that invented visitors came through the doors.
_VISITED: Final = "demonstration.visited"


class Days(msgspec.Struct, frozen=True):
    """The days that a demonstration has: from `first` to `last`, of which those to `done` are whole (None: none yet).

    `seed` and `visits`, of an ordinary day, are what they are made of: the same make the same. `moments` are those at which
    somebody began or went on, milliseconds.
    """

    seed: int
    visits: int
    first: date
    last: date
    done: date | None = None
    moments: tuple[int, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of it was made."""
        return self.done == self.last


@dataclass(frozen=True, slots=True)
class InventedChoice:
    """What somebody invented said about a purpose; `name` is the same whenever it is made, `visitor` "" for nobody known."""

    name: str
    at_ms: int
    purpose: str
    opted_out: bool
    source: str
    rulebook_id: str
    visitor: str
    site: str


@dataclass(slots=True)
class Made:
    """What was made of some days."""

    visits: int = 0
    events: int = 0
    messages: int = 0
    recordings: int = 0
    choices: int = 0
    requests: int = 0

    def add(self, other: Made) -> None:
        """Add what was made of others."""
        for one in fields(Made):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(frozen=True, slots=True)
class Held:
    """What is there of a demonstration: its days, None for visitors of the moment alone; `counts` without events."""

    days: Days | None
    counts: Counts


def visited(store: Store) -> None:
    """Note that invented visitors come through the doors, before the first one does."""
    with store.control.transaction() as tx:
        settings.put(tx, _VISITED, "yes")


def held(store: Store) -> Held | None:
    """Return what is there of a demonstration, for pages that show or leave it out; None where none was begun: one look-up."""
    with store.control.reading() as tx:
        kept, visits = settings.get(tx, _SETTING), settings.get(tx, _VISITED)
    if kept is None and visits is None:
        return None
    return Held(msgspec.json.decode(kept, type=Days) if kept else None, removal.held_demonstration(store.control))


def begun(store: Store) -> Days | None:
    """Return the days that a demonstration was begun of; None for none."""
    with store.control.reading() as tx:
        kept = settings.get(tx, _SETTING)
    return msgspec.json.decode(kept, type=Days) if kept else None


def begin(store: Store, days: Days, now_ms: int) -> None:
    """Note which days are made, before anything of them is: what a crash leaves is found again."""
    count = (days.last - days.first).days + 1
    with store.control.transaction() as tx:
        settings.put(tx, _SETTING, msgspec.json.encode(days).decode())
        entries.record(tx, now_ms, entries.DemonstrationMade(count, str(days.first), str(days.last)))


def note(store: Store, days: Days) -> None:
    """Note how far it is."""
    with store.control.transaction() as tx:
        settings.put(tx, _SETTING, msgspec.json.encode(days).decode())


def keep_choices(store: Store, said: Collection[InventedChoice]) -> None:
    """Keep invented choices, each once; none is noted in the vault, counted, or passed on."""
    people = {one.visitor: identifier(IdentifierKind.VISITOR, one.visitor) for one in said if one.visitor}
    first_ms = {people[one.visitor]: one.at_ms for one in said if one.visitor}
    subjects = store.vault.subjects_seen(first_ms) if first_ms else {}
    with store.control.transaction() as tx:
        for one in said:
            subject = subjects[people[one.visitor]] if one.visitor else None
            what = (one.at_ms, one.purpose, one.opted_out, one.source, one.rulebook_id, subject)
            rows.add(tx, Choice(*what, demonstration=True, site=one.site), one.name)


def remove(store: Store, killed: Callable[[Days], Invented], now_ms: int) -> Counts:
    """Remove everything that is marked as demonstration; the log says that it was, where there was any. Safe to repeat.

    `killed` is what the days that were begun may have left without a record.
    """
    days = begun(store)
    gone = store.remove_demonstration(killed(days) if days is not None else Invented())
    if gone.total or days is not None:
        with store.control.transaction() as tx:
            for name in (_SETTING, _VISITED):
                settings.remove(tx, name)
            entries.record(tx, now_ms, entries.DemonstrationRemoved(gone.total))
    return gone
