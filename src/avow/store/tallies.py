"""Which days are tallied: of which `visits` and `daily` hold what `events` say, and may be asked instead.

A day is right when it stands in the list as made (`control.tallied_days`), never because rows are there or lacking; any other
day, and today, is asked from events. Whatever changes events of a day takes it off first:

    who adds events      written    waits for nobody; who makes the day finds at the end that it changed, and makes it again
    who removes or       changing   takes the days off, waits until nobody makes one, removes what was made of them, and only
    changes events                  then does its work: no row of somebody erased comes back from what was read before
    who makes days       making     one at a time, of days that are over; notes them first: whoever adds an event finds the note

A crash between any two lines leaves days that are asked from events and made again. Why: decision 0093.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar

from avow.local_days import LocalDay
from avow.store import keys_file
from avow.store.control import tallied_days

if TYPE_CHECKING:
    from avow.store.control import Control
    from avow.store.control.tallied_days import TalliedDay
    from avow.store.events import Events
    from avow.store.keys import Vault

_T = TypeVar("_T")
HOUR_MS: Final = 3_600_000
#: How often a question is asked again whose days were taken off meanwhile, before all of it is asked from events.
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Tallies:
    """The days that are tallied, over the control store; any process may ask, add and remove."""

    control: Control
    events: Events
    vault: Vault

    def days(self, from_ms: int, to_ms: int) -> tuple[LocalDay, ...]:
        """Return the days that are tallied and lie within a span of moments, in order."""
        with self.control.reading() as tx:
            found = tallied_days.between(tx, from_ms, to_ms)
        days = (LocalDay(one.day, one.from_ms, one.until_ms) for one in found if one.is_made)
        return tuple(day for day in days if day.from_ms >= from_ms and day.until_ms <= to_ms)

    def answer(self, from_ms: int, to_ms: int, question: Callable[[tuple[LocalDay, ...]], _T]) -> _T:
        """Return the answer to a question that asks tallied days as such, and the rest of the span from events.

        It is asked again when one of these days was taken off while it was asked: what is made of it may have gone meanwhile.
        """
        for _ in range(_TRIES):
            before = self._made(from_ms, to_ms)
            answer = question(self.days(from_ms, to_ms))
            if before == self._made(from_ms, to_ms):
                return answer
        return question(())

    def _made(self, from_ms: int, to_ms: int) -> tuple[tuple[date, int], ...]:
        with self.control.reading() as tx:
            return tuple((one.day, one.changes) for one in tallied_days.between(tx, from_ms, to_ms) if one.is_made)

    @contextmanager
    def written(self, moments: Iterable[int]) -> Iterator[None]:
        """Hold while events of these moments are added."""
        hours = {at_ms // HOUR_MS for at_ms in moments}
        with self._turn(alone=False):
            if hours:
                self._add(hours)
            yield

    def _add(self, hours: set[int]) -> None:
        with self.control.reading() as tx:  # nearly always nothing: today is no tallied day
            is_any = bool(tallied_days.between(tx, min(hours) * HOUR_MS, (max(hours) + 1) * HOUR_MS))
        if is_any:
            self._take_off(hours)

    @contextmanager
    def changing(self, hours: Iterable[int]) -> Iterator[None]:
        """Hold while events of these hours (numbers since 1970) are changed or removed."""
        wanted = set(hours)
        if not wanted:
            yield
            return
        self._take_off(wanted)  # who makes one of them stops at the next statement
        with self._making(alone=False):
            if days := self._take_off(wanted):
                self.remove(days)
            yield

    def _take_off(self, hours: Iterable[int]) -> tuple[date, ...]:
        with self.control.transaction() as tx:
            return tallied_days.change(tx, spans(hours))

    def remove(self, days: Iterable[date]) -> None:
        """Remove what was made of days; their bytes leave the disk with the parts that held them (`Events.await_removal`)."""
        named = sorted(days)
        if self.events.query("tallied", all=0, days=named):
            self.events.command("untally_visits", days=named)
            self.events.command("untally_daily", days=named)

    def forget(self) -> None:
        """Remove everything that was made: of another time zone, or of other events."""
        with self.control.transaction() as tx:
            tallied_days.forget(tx)
        self.events.command("forget_visits")
        self.events.command("forget_daily")

    @contextmanager
    def making(self) -> Iterator[None]:
        """Hold while days are made: alone, and not while somebody changes or removes events."""
        with self._making(alone=True):
            yield

    def begin(self, days: Iterable[LocalDay]) -> tuple[TalliedDay, ...]:
        """Note that these days are being made, and return them; nobody who did not see the note still adds events to them."""
        rows = [tallied_days.being_made(one.day, one.from_ms, one.until_ms) for one in days]
        with self._turn(alone=True), self.control.transaction() as tx:
            tallied_days.begin(tx, rows)
            wanted = {one.day for one in rows}
            found = tallied_days.between(tx, min(one.from_ms for one in rows), max(one.until_ms for one in rows))
            return tuple(one for one in found if one.day in wanted)

    def _turn(self, *, alone: bool) -> AbstractContextManager[None]:
        return keys_file.lock(self.vault.path.with_name(f"{self.vault.path.stem}-added.db"), alone=alone)

    def _making(self, *, alone: bool) -> AbstractContextManager[None]:
        return keys_file.lock(self.vault.path.with_name(f"{self.vault.path.stem}-tallied.db"), alone=alone)


def spans(hours: Iterable[int]) -> list[tuple[int, int]]:
    """Return the spans of moments, milliseconds, that hours since 1970 fill; those that follow each other are one."""
    found: list[tuple[int, int]] = []
    for hour in sorted(set(hours)):
        if found and found[-1][1] == hour * HOUR_MS:
            found[-1] = (found[-1][0], (hour + 1) * HOUR_MS)
        else:
            found.append((hour * HOUR_MS, (hour + 1) * HOUR_MS))
    return found
