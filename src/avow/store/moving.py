"""Giving the events of an earlier installation the table of this version: an order cannot be altered, so they are copied.

    events        stays the one truth, for readers and writers, until the end
    events_next   is filled from it, some days at a time; a mutation comes to both, here first (`Events.change`)

    once   (1) a month that is equal in both tables, by day, count and fingerprint, is done until its parts in `events` change
           (2) else what is not in the copy yet is added; a month that holds more or something else than that is copied anew
           (3) when every month is done, or nearly: with inserts and mutations held back, what changed since is compared once
               more and added, and the two tables take each other's names, at one stroke
           (4) the former one leaves the disk

Everything that has to outlive a kill is in the tables: whoever starts again compares first. Late events, corrections, retention
and erasures during the move make a month differ, and so reach the copy. Why: decision 0092.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from avow.store.asked import EVENTS

if TYPE_CHECKING:
    from avow.store.events import Events
    from avow.store.keys import Vault

#: The table that is filled.
NEXT: Final = "events_next"
#: The order of this version's table, as the engine writes it.
ORDER: Final = "site, point, robot, time, record_id"
#: Events copied at once, at least, where there are so many: for so long a mutation may have to wait.
AT_ONCE: Final = 100_000
#: Events that are compared while inserts and mutations are held back, at most.
HELD_BACK: Final = 2_000_000
#: Times that a month is added to before it is copied anew.
TRIES: Final = 5
#: What the disk must have beyond the copy, for merges, mutations and what comes in: so many times what `events` takes, and bytes.
MARGIN: Final = 1.0
MARGIN_BYTES: Final = 256 << 20
_DAY_MS: Final = 86_400_000

log = logging.getLogger(__name__)


class Progress(msgspec.Struct, frozen=True):
    """How far the move is: events copied and in all, and bytes that the disk lacks for it (0: it goes on)."""

    copied: int
    events: int
    lacks_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Month:
    """A month of one table."""

    parts: frozenset[str] = frozenset()
    events: int = 0
    bytes: int = 0


@dataclass(slots=True)
class Moving:
    """The move of one installation; one job does it. `progress` is None when there is none, and may be read by any thread."""

    events: Events
    vault: Vault
    progress: Progress | None = None
    _done: dict[int, frozenset[str]] = field(default_factory=dict)
    _tries: dict[int, int] = field(default_factory=dict)
    _is_over: bool = False
    _told: int = -1

    def once(self) -> bool:
        """Do the next piece; return whether there is more to do at once. At rest, and in a new installation, it asks nothing."""
        if self._is_over:
            return False
        tables = self.events.tables()
        if tables[EVENTS] == ORDER:
            if NEXT in tables:  # the former one; a kill came before it was dropped
                self._drop()
            self._is_over, self.progress = True, None
            return False
        months, copied = self._months()
        if not self._has_room(months, copied):
            return False
        if NEXT not in tables:
            self.events.prepare_table(NEXT)
        self._tell(months, copied)
        for month in copied.keys() - months.keys():
            self._forget(month)
        changed = self._changed(months)
        far = [month for month in changed if month not in self._done]
        if far or sum(months[month].events for month in changed) > HELD_BACK:
            month = (far or changed)[0]
            self._bring(month, months[month])
            return True
        if not self._take_place():
            return False  # once more, when what is in the way may be over
        self._drop()
        log.warning("the events have their new table; the former one has left the disk")
        return True

    def _changed(self, months: Mapping[int, _Month]) -> list[int]:
        """Return the months that are not known to be the same in both tables."""
        return [month for month, held in months.items() if self._done.get(month) != held.parts]

    def _months(self) -> tuple[dict[int, _Month], dict[int, _Month]]:
        """Return the months of `events` and those of the copy."""
        found: dict[str, dict[int, _Month]] = {EVENTS: {}, NEXT: {}}
        for row in self.events.query("event_months"):
            held = _Month(frozenset(row["parts"]), int(row["events"]), int(row["bytes"]))
            found[row["table"]][int(row["month"])] = held
        return found[EVENTS], found[NEXT]

    def _has_room(self, months: Mapping[int, _Month], copied: Mapping[int, _Month]) -> bool:
        """Return whether the disk has room for the rest of the copy; say once where it has not."""
        whole, there = (sum(one.bytes for one in held.values()) for held in (months, copied))
        lacks = int(max(0, whole - there) + whole * MARGIN + MARGIN_BYTES - self.events.query("free_space")[0]["bytes"])
        if lacks > 0:
            if self.progress is None or not self.progress.lacks_bytes:
                log.warning(
                    "the disk lacks %d MB to give the events their new table; all goes on with the former one", lacks >> 20
                )
            self.progress = Progress(_count(copied), _count(months), lacks)
        return lacks <= 0

    def _tell(self, months: Mapping[int, _Month], copied: Mapping[int, _Month]) -> None:
        """Say how far it is, in the log at each tenth."""
        self.progress = Progress(min(_count(copied), _count(months)), _count(months))
        tenth = 10 * self.progress.copied // max(1, self.progress.events)
        if self.progress.events and tenth != self._told:
            self._told = tenth
            log.warning("the events get their new table: %d of %d copied", self.progress.copied, self.progress.events)

    def _bring(self, month: int, held: _Month) -> None:
        """Compare a month, and bring the copy nearer to it; `held` is as it was before it was compared.

        One that lacks only what came in meanwhile is done but for the last comparison, whatever comes in all the time.
        """
        differing = self._differing(month)
        if not differing:
            self._done[month] = held.parts
            self._tries.pop(month, None)
            return
        self._done.pop(month, None)
        self._tries[month] = self._tries.get(month, 0) + 1
        if any(day.is_other for day in differing) or self._tries[month] > TRIES:
            self._forget(month)
            return
        for from_ms, to_ms in _spans(differing):
            with self.events.changing(alone=True):
                self.events.command("copy_events", from_ms=from_ms, to_ms=to_ms)
        if sum(day.lacks for day in differing) < AT_ONCE and self._tries[month] > 1:
            self._done[month] = frozenset()

    def _forget(self, month: int) -> None:
        """Remove a month of the copy, to be copied anew."""
        self._tries.pop(month, None)
        self._done.pop(month, None)
        with self.events.changing(alone=True):
            self.events.command("drop_copied_month", month=month)

    def _differing(self, month: int) -> list[_Day]:
        """Return the days of a month that are not the same in both tables."""
        there = {int(row["day_ms"]): row for row in self.events.query_of(EVENTS, "event_fingerprints", month=month)}
        copy = {int(row["day_ms"]): row for row in self.events.query_of(NEXT, "event_fingerprints", month=month)}
        days = []
        for day_ms in sorted(there.keys() | copy.keys()):
            now, then = there.get(day_ms, _NOTHING), copy.get(day_ms, _NOTHING)
            if now != then:
                lacks = int(now["events"]) - int(then["events"])
                days.append(_Day(day_ms, lacks))
        return days

    def _take_place(self) -> bool:
        """Give the copy the name of the table, where both hold the same; return whether it has it."""
        with self.events.changing(alone=True), self.vault.in_turn():  # inserts last: they wait for no mutation
            if self.events.query("running_mutations")[0]["mutations"]:
                return False
            months, copied = self._months()
            changed = self._changed(months)
            if not months.keys() >= copied.keys() or sum(months[month].events for month in changed) > HELD_BACK:
                return False
            for month in changed:
                differing = self._differing(month)
                for from_ms, to_ms in _spans(differing):
                    self.events.command("copy_events", from_ms=from_ms, to_ms=to_ms)
                if differing and self._differing(month):
                    self._done.pop(month, None)  # it holds what is not, or no longer, in `events`: it is copied anew
                    return False
            self.events.command("exchange_events")
            return True

    def _drop(self) -> None:
        """Remove the table that has the name of the copy; when it returns, its bytes have left the disk."""
        with self.events.changing(alone=True):
            self.events.drop_table(NEXT)


@dataclass(frozen=True, slots=True)
class _Day:
    """A day that differs: its first moment, and how many events the copy lacks."""

    day_ms: int
    lacks: int

    @property
    def is_other(self) -> bool:
        """Whether the copy holds what is not, or is no longer, in `events`."""
        return self.lacks <= 0


_NOTHING: Final[Mapping[str, int]] = {"events": 0}


def _count(months: Mapping[int, _Month]) -> int:
    return sum(one.events for one in months.values())


def _spans(days: list[_Day]) -> Iterator[tuple[int, int]]:
    """Yield spans of time that hold these days of a month, each with enough events for one statement."""
    first, lacks = days[0].day_ms if days else 0, 0
    for day in days:
        lacks += day.lacks
        if lacks >= AT_ONCE or day is days[-1]:
            yield first, day.day_ms + _DAY_MS
            first, lacks = day.day_ms + _DAY_MS, 0
