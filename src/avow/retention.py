"""Erase what is due: every record has its date from the policy it was collected under; the sweep keeps that promise.

A clock that is wrong for a moment must not be believed by what can never be taken back. Two questions stand before a sweep:

    is the clock believed?     it is not more than 48 hours ahead of the last moment that was believed
    is it much at once?        more than 1,000 records and more than a fifth of what a point holds

Either way the sweep waits until the machine has run for 24 hours during which its wall clock and its monotonic clock agreed,
then it goes by itself; `avow retention confirm` brings it forward. Erasure that a person asked for is never too much at once; it
is planned by a clock that is believed (`rights.kinds.dated`).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from avow.definitions import local_date, moment
from avow.gate import entries
from avow.store.control import Control, settings
from avow.store.store import Store

#: For so long both clocks have to agree before a wrong-looking one is believed.
AGREED: Final = timedelta(hours=24)
#: What the wall clock may gain or lose against the monotonic one between two looks: time is also set right in small steps.
TOLERANCE: Final = timedelta(seconds=60)
#: Erasing so many records of a point at once, and so large a part of them, is much.
MUCH_RECORDS: Final = 1_000
MUCH_PART: Final = 0.2
#: The moment that was believed last, and for how long the clocks agreed, are written down so often.
NOTED: Final = timedelta(minutes=1)
#: How often the sweep looks for what is due, seconds.
HOUR_SECONDS: Final = 3600.0
#: How often the purge also looks for rows that no work list names, milliseconds.
THOROUGH_MS: Final = 24 * 3600 * 1000

#: Settings of the control store.
SWEPT: Final = "retention.swept_ms"  # the last sweep
WAITING: Final = "retention.waiting"  # JSON: why the sweep waits, and since when; "" when it does not
CONFIRMED: Final = "retention.confirmed_ms"  # when somebody brought it forward
_AGREED: Final = "clock.agreed_ms"


@dataclass(slots=True)
class Clock:
    """Whether the wall clock is believed, over the control store; `monotonic_ms` never jumps. One in the storage process.

    Every job may ask: looks come one after the other, so that no span of agreement is counted twice.
    """

    control: Control
    wall_ms: Callable[[], int]
    monotonic_ms: Callable[[], int]
    _seen: tuple[int, int] | None = None
    _agreed_ms: int = 0
    _believed_ms: int | None = None
    _noted_ms: int = -(10**15)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def has_agreed(self) -> bool:
        """Whether both clocks have agreed for long enough to believe whatever the wall clock says."""
        return self._agreed_ms >= _ms(AGREED)

    def is_believed(self) -> bool:
        """Return whether dates may be acted on now. Looks at both clocks first."""
        self.look()
        assert self._believed_ms is not None
        return self.wall_ms() - self._believed_ms <= _ms(settings.AHEAD) or self.has_agreed

    def look(self) -> bool:
        """Compare both clocks with the last look, and note now and then how far they agreed; returns False."""
        with self._lock:
            self._compare()
        return False

    def _compare(self) -> None:
        wall, monotonic = self.wall_ms(), self.monotonic_ms()
        if self._seen is None:
            self._begin(wall)
        else:
            passed, said = monotonic - self._seen[1], wall - self._seen[0]
            self._agreed_ms = self._agreed_ms + passed if abs(said - passed) <= _ms(TOLERANCE) else 0
        self._seen = (wall, monotonic)
        assert self._believed_ms is not None
        if wall - self._believed_ms <= _ms(settings.AHEAD) or self.has_agreed:
            self._believed_ms = wall
        if monotonic - self._noted_ms >= _ms(NOTED):
            self._note(monotonic)

    def believe(self) -> None:
        """Believe the wall clock as it is, because somebody says so."""
        self.look()
        self._believed_ms = self.wall_ms()
        self._note(self.monotonic_ms())

    def _begin(self, wall: int) -> None:
        """Read what was noted before; an installation from before notes has the moment of its last sweep."""
        with self.control.reading() as tx:
            believed = settings.get(tx, settings.BELIEVED) or settings.get(tx, SWEPT)
            agreed = settings.get(tx, _AGREED)
        self._believed_ms = int(believed) if believed else wall
        self._agreed_ms = int(agreed or 0) if wall >= self._believed_ms else 0

    def _note(self, monotonic: int) -> None:
        self._noted_ms = monotonic
        with self.control.transaction() as tx:
            settings.put(tx, settings.BELIEVED, str(self._believed_ms))
            settings.put(tx, _AGREED, str(self._agreed_ms))


def sweep(store: Store, today: date, now_ms: int = 0) -> bool:
    """Erase what is due today and put the count into the audit log; return whether there was anything.

    Rule: Cal. Civ. Code § 1798.100(a)(3) (not longer than disclosed); NOT-03, TRK-07.
    """
    due = store.erase_due(today, now_ms)
    if not (due.erased or due.deidentified):
        return False
    with store.control.transaction() as tx:
        entries.record(tx, now_ms, entries.RetentionSwept(today.isoformat(), due.erased, due.deidentified))
    return True


@dataclass(frozen=True, slots=True)
class Retention:
    """The sweep of an installation, behind both questions."""

    store: Store
    clock: Clock

    def once(self, today: date, now_ms: int) -> bool:
        """Erase what is due, unless it has to wait; note either. Return whether anything was erased.

        Once a day it forgets who is known by nothing any more, too, whatever it was that went.
        """
        if self.is_confirmed(now_ms):
            self.clock.believe()
        elif why := self._why_not(today):
            self._note(why, now_ms)
            return False
        moved = sweep(self.store, today, now_ms)
        before_ms = swept_ms(self.store.control)
        if before_ms is None or moment(before_ms).date() != moment(now_ms).date():
            self.store.forget_idle(today)
        with self.store.control.transaction() as tx:
            settings.put(tx, SWEPT, str(now_ms))
            settings.put(tx, WAITING, "")
            settings.put(tx, CONFIRMED, "")
        return moved

    def _why_not(self, today: date) -> str:
        """Return why the sweep has to wait; "" when it may go."""
        if not self.clock.is_believed():
            return "the clock is more than 48 hours ahead of the last moment that was believed"
        if self.clock.has_agreed:
            return ""
        due = self.store.overdue(today + timedelta(days=1))  # that is, today's as well
        if not any(count > MUCH_RECORDS for count in due.values()):
            return ""
        held = self.store.evidence()
        much = {
            point: count
            for point, count in due.items()
            if count > max(MUCH_RECORDS, MUCH_PART * (held[point].records if point in held else 0))
        }
        if not much:
            return ""
        told = ", ".join(f"{count:,} of “{point}”" for point, count in sorted(much.items()))
        return f"it would erase much at once: {told}"

    def is_confirmed(self, now_ms: int) -> bool:
        """Return whether somebody said within a day that the sweep may go."""
        with self.store.control.reading() as tx:
            at_ms = settings.get(tx, CONFIRMED)
        return bool(at_ms) and abs(now_ms - int(at_ms or 0)) <= _ms(AGREED)

    def _note(self, why: str, now_ms: int) -> None:
        """Write down that the sweep waits, since when and why: the evidence and staff are told."""
        with self.store.control.transaction() as tx:
            before = settings.get(tx, WAITING)
            since_ms = json.loads(before)["since_ms"] if before else now_ms
            settings.put(tx, WAITING, json.dumps({"why": why, "since_ms": since_ms}))


def waiting(control: Control) -> tuple[str, int] | None:
    """Return why the sweep waits and since when, milliseconds; None when it does not."""
    with control.reading() as tx:
        kept = settings.get(tx, WAITING)
    found = json.loads(kept) if kept else None
    return (str(found["why"]), int(found["since_ms"])) if found else None


def swept_ms(control: Control) -> int | None:
    """Return when the last sweep went, milliseconds; None before the first."""
    with control.reading() as tx:
        swept = settings.get(tx, SWEPT)
    return int(swept) if swept else None


def sweeps(control: Control) -> tuple[str, int | None]:
    """Return why the sweep waits, "" when it does not, and when it last went, milliseconds."""
    found = waiting(control)
    return found[0] if found else "", swept_ms(control)


def confirm(control: Control, now_ms: int) -> str:
    """Have the next sweep go whatever it waits for, with an audit entry; return what it waited for, "" for nothing."""
    found = waiting(control)
    if found is None:
        return ""
    with control.transaction() as tx:
        settings.put(tx, CONFIRMED, str(now_ms))
        entries.record(tx, now_ms, entries.RetentionConfirmed(moment(now_ms).date().isoformat(), found[0]))
    return found[0]


@dataclass(slots=True)
class Purge:
    """Removes the rows of erased people; once a day also what no work list names, and files that nobody claims.

    `settle` sees to subscriptions that were ended, which a crash or an old backup left choices. A file is on its way for
    two days: by a clock that is not believed none is old.
    """

    store: Store
    settle: Callable[[], int]
    is_believed: Callable[[], bool]
    now_ms: Callable[[], int]
    thorough_ms: int = 0

    def once(self) -> bool:
        """Remove what there is; return whether that was anything."""
        now = self.now_ms()
        is_thorough = abs(now - self.thorough_ms) > THOROUGH_MS
        removed = self.store.purge(thorough=is_thorough, now_ms=now)
        if is_thorough:
            if self.is_believed():
                self.store.sweep_files(now)
            self.settle()
            self.thorough_ms = now
        return removed.total > 0


@dataclass(slots=True)
class Hourly:
    """Runs the sweep once an hour, and within a minute when somebody confirmed that it may go."""

    sweeps: Retention
    timezone: str
    now_ms: Callable[[], int]
    due: float = 0.0

    def once(self) -> bool:
        """Sweep when it is time; return whether anything was erased."""
        now = self.now_ms()
        if time.monotonic() < self.due and not self.sweeps.is_confirmed(now):
            return False
        self.due = time.monotonic() + HOUR_SECONDS
        return self.sweeps.once(local_date(now, self.timezone), now)


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What the clock calls of this room: the sweep, and the removal of the rows of erased people."""

    hourly: Hourly
    purge: Purge


def build(store: Store, clock: Clock, settle: Callable[[], int], timezone: str) -> Sweeping:
    """Return the room. `clock` says what time it is, and whether that is believed; `settle` is what `Purge` asks of messaging."""
    now_ms = clock.wall_ms
    sweep_hourly = Hourly(Retention(store, clock), timezone, now_ms)
    return Sweeping(sweep_hourly, Purge(store, settle, clock.is_believed, now_ms))


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
