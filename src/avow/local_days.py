"""Calendar days of the business: from which moment to which each lasts, whatever its clocks do meanwhile. Pure.

A day begins at its first midnight and ends where the next one begins, so that days neither overlap nor leave a gap: also
where clocks are put back over midnight, and a day that a zone leaves out has no moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

#: Spans of moments that a question of the event store names one by one: each costs a little of every question.
RANGES: Final = 2
#: Days remembered: a log of ten years has 3,653.
_DAYS: Final = 4096
_DAY_MS: Final = 86_400_000
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A calendar day of an IANA time zone, of 23, 24 or 25 hours or others; milliseconds, `until_ms` is exclusive."""

    day: date
    from_ms: int
    until_ms: int

    def holds(self, at_ms: int) -> bool:
        """Return whether a moment is of this day."""
        return self.from_ms <= at_ms < self.until_ms


def midnight_ms(day: date, timezone: str) -> int:
    """Return the moment at which a calendar day begins in an IANA time zone."""
    return int(datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC).timestamp() * 1000)


@lru_cache(maxsize=_DAYS)
def calendar_day(day: date, timezone: str) -> LocalDay:
    """Return from when to when a calendar day lasts."""
    return LocalDay(day, midnight_ms(day, timezone), midnight_ms(day + timedelta(days=1), timezone))


def day_of(at_ms: int, timezone: str) -> LocalDay:
    """Return the day that a moment is of."""
    found = calendar_day(datetime.fromtimestamp(at_ms / 1000, ZoneInfo(timezone)).date(), timezone)
    if at_ms >= found.until_ms:  # clocks were put back over midnight
        return calendar_day(found.day + timedelta(days=1), timezone)
    return found


def segments(days: Sequence[LocalDay]) -> tuple[list[int], list[int]]:
    """Return days that follow each other as runs of days of 24 hours: since when, in seconds, and the first as days since 1970.

    A day of another length is a run of its own, or two, so that any moment's day is found by one division.
    """
    since: list[int] = []
    first: list[int] = []
    is_run = False
    for one in days:
        length = one.until_ms - one.from_ms
        if length and not (is_run and length == _DAY_MS):
            since.append(one.from_ms // 1000)
            first.append(one.day.toordinal() - _EPOCH)
        if length > _DAY_MS:  # the rest of it
            since.append((one.from_ms + _DAY_MS) // 1000)
            first.append(one.day.toordinal() - _EPOCH)
        is_run = length == _DAY_MS
    return since, first


def ranges(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return spans of moments, in order, as starts and ends in turn; of many the nearest are one, so that `RANGES` are left."""
    gaps = sorted(range(1, len(spans)), key=lambda number: spans[number][0] - spans[number - 1][1])
    joined = set(gaps[: max(0, len(spans) - RANGES)])
    firsts = [number for number in range(len(spans)) if number not in joined]
    lasts = [number - 1 for number in [*firsts[1:], len(spans)]]
    return [moment for first, last in zip(firsts, lasts, strict=True) for moment in (spans[first][0], spans[last][1])]
