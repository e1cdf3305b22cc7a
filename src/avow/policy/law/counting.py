"""How the law counts days: from a day and a period to the last day, in two readings.

`target` is the strict reading, on which work is scheduled and after which something is late; `outer` is the last day that
any reading allows. Counting rules:

* Business days, from the day after the first: target counts Monday to Saturday (Cal. Civ. Code § 9 makes Saturday a
  business day), outer Monday to Friday; both skip the holidays below.
* Calendar days: outer is the day + N, never rolled forward; target is the day + N - 1 ("begins on the day of receipt"),
  rolled back to a weekday that is no holiday. Calendar months of a state's law are counted in the same way.
* Holidays: only days that are holidays under federal law, Gov. Code § 6700 and Code Civ. Proc. § 135 alike; one on a
  Sunday moves to Monday, one on a Saturday does not move.
* Regulation (EEC, Euratom) 1182/71, Art. 3: a period in months ends on the day of the same number, or the last day of a
  shorter month; on a weekend it ends with the next working day. Target is the working day before, outer the one after.
  Holidays differ between the member states and are not counted: without them the outer date is never too late.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from avow.policy.law.table import Counting, Period, Unit

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due: late after `target`, too late in every reading after `outer`."""

    target: date
    outer: date


def due(start: date, period: Period, counting: Counting) -> Due:
    """Return when a period that starts with this day (of receipt, of notice) is over. A period of 0 is over at once.

    Hours are no matter of dates: ValueError.
    Rule: Cal. Civ. Code §§ 7, 9; Regulation (EEC, Euratom) 1182/71, Art. 3. Why: decision 0013 (two readings).
    """
    if period.unit is Unit.HOURS:
        raise ValueError(f"{period.words} end at a moment, not on a day")
    if not period.number:
        return Due(start, start)
    if period.unit is Unit.BUSINESS_DAYS:
        number = period.number
        return Due(business_day(start, number, saturdays=True), business_day(start, number, saturdays=False))
    end = add_months(start, period.number) if period.unit is Unit.MONTHS else start + timedelta(days=period.number)
    if counting is Counting.REGULATION_1182:
        return Due(_workday(end, -_DAY, common_holidays=False), _workday(end, _DAY, common_holidays=False))
    return Due(_workday(end - _DAY, -_DAY, common_holidays=True), end)


def business_day(start: date, number: int, *, saturdays: bool) -> date:
    """Return the n-th business day after a day, that day not counted. Rule: Cal. Civ. Code §§ 7, 9."""
    day = start
    while number:
        day += _DAY
        counted = day.weekday() != _SUNDAY and (saturdays or day.weekday() != _SATURDAY)
        if counted and day not in holidays(day.year):
            number -= 1
    return day


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """Return the common holidays of a year, those on a Sunday moved to Monday.

    Rule: 5 USC 6103; Gov. Code § 6700; Code Civ. Proc. § 135.
    """
    fixed = (date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25))
    moving = (
        _nth_weekday(year, 1, _MONDAY, 3),
        _nth_weekday(year, 2, _MONDAY, 3),
        _nth_weekday(year, 6, _MONDAY, 1) - 7 * _DAY,  # the last Monday of May
        _nth_weekday(year, 9, _MONDAY, 1),
        _nth_weekday(year, 11, _THURSDAY, 4),
    )
    return frozenset({day + _DAY if day.weekday() == _SUNDAY else day for day in fixed} | set(moving))


def add_months(start: date, months: int) -> date:
    """Return the same day that many months later, or earlier; the last day of a month that is too short.

    Rule: Regulation (EEC, Euratom) 1182/71, Art. 3.
    """
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def _nth_weekday(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _workday(day: date, step: timedelta, *, common_holidays: bool) -> date:
    """Return this day if people work on it, else the nearest working day in the direction of the step."""
    while day.weekday() >= _SATURDAY or (common_holidays and day in holidays(day.year)):
        day += step
    return day
