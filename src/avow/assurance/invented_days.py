"""A demonstration of days that are over: begun, made day by day, gone on with, and removed; by one process at a time.

What makes a day is handed in, as is what a killed one may have left: rooms next to this one know it. Why: docs/decisions/0095.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec

from avow.config import Configuration
from avow.definitions import Refusal, StoreUnavailable, local_date
from avow.gate import demonstrated
from avow.gate.demonstrated import Days, Made
from avow.store.holdings import Counts, Invented
from avow.store.store import Store

#: With less space on the disk the event engine takes nothing, mebibytes.
FULL_MEBIBYTES: Final = 64
_RULE: Final = "docs/decisions/0095"
_BUSY: Final = Refusal("another “avow demo” makes or removes invented days at this moment", _RULE)

#: Makes a day, on every website; durable when it returns. Raises StoreUnavailable.
MakeDay = Callable[[date], Made]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many days until today, how many visits on an ordinary day of each website, and which: the same for the same seed."""

    days: int
    visits: int
    seed: int


def invent(
    store: Store,
    configuration: Configuration,
    wanted: Wanted,
    make: Callable[[Days, int], MakeDay],
    begun: Callable[[Days], None],
    progress: Callable[[int], None],
    now_ms: int,
) -> Made | Refusal:
    """Make the days, one by one, and go on behind the last whole one of what was interrupted; a Refusal where they are there.

    Raises StoreUnavailable, which says whether the disk is full and how to go on.
    """
    with alone(configuration.run) as is_alone:
        if not is_alone:
            return _BUSY
        days = demonstrated.begun(store)
        if days is not None and days.is_whole:
            reason = f"there are invented days already, {days.first} to {days.last}; remove them first: avow demo --remove"
            return Refusal(reason, _RULE)
        if days is None:
            today = local_date(now_ms, configuration.timezone)
            days = Days(wanted.seed, wanted.visits, today - timedelta(days=wanted.days - 1), today)
            demonstrated.begin(store, days, now_ms)
        begun(days)
        try:
            return _go_on(store, days, make(days, now_ms), progress, now_ms)
        except (StoreUnavailable, OSError) as error:
            raise StoreUnavailable(_stopped(error, configuration.data, demonstrated.begun(store) or days)) from error


def remove(store: Store, run: Path, killed: Callable[[Days], Invented], now_ms: int) -> Counts | Refusal:
    """Remove everything that is marked as demonstration, while nobody makes any."""
    with alone(run) as is_alone:
        return demonstrated.remove(store, killed, now_ms) if is_alone else _BUSY


def _go_on(store: Store, days: Days, make: MakeDay, progress: Callable[[int], None], now_ms: int) -> Made:
    """Make the days that are not whole yet."""
    days, made = msgspec.structs.replace(days, moments=(*days.moments, now_ms)), Made()
    demonstrated.note(store, days)
    day = days.first if days.done is None else days.done + timedelta(days=1)
    while day <= days.last:
        made.add(make(day))
        days, day = msgspec.structs.replace(days, done=day), day + timedelta(days=1)
        demonstrated.note(store, days)
        progress(1)
    return made


def _stopped(error: Exception, data: Path, days: Days) -> str:
    """Return why it stopped, whether the disk is full, and what to do."""
    free = shutil.disk_usage(data).free // 1024**2
    why = str(error) if isinstance(error, StoreUnavailable) else error.__class__.__name__
    whole = f"{days.first} to {days.done} are whole" if days.done else "no day is whole"
    room = "the disk is full" if free < FULL_MEBIBYTES else "the disk has room"
    return f"{why}; {room}: {free} MiB are free in {data}. {whole}; give the command again to go on, or avow demo --remove"


@contextmanager
def alone(run: Path) -> Iterator[bool]:
    """Hold the lock of the demonstration; False where another process has it."""
    with (run / "demonstration.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
