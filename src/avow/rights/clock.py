"""The dates of consumer requests, from receipt and the law table; nothing here can move or pause them.

Two readings of the law are computed. `target` is the strict one, on which work is scheduled and after which a request is
shown late; `outer` is the last day that any reading allows. Counting rules:

* Business days, from the day after receipt: target counts Monday to Saturday (Cal. Civ. Code § 9 makes Saturday a business
  day), outer Monday to Friday; both skip the holidays below.
* Calendar days: outer is receipt + N, never rolled forward; target is receipt + N - 1 ("begins on the day of receipt"),
  rolled back to a weekday that is no holiday.
* Holidays: only days that are holidays under federal law, Gov. Code § 6700 and Code Civ. Proc. § 135 alike; one on a
  Sunday moves to Monday, one on a Saturday does not move.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from avow.definitions import RequestKind
from avow.policy import LawTable, Rulebook
from avow.policy.rulebook import add_months

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The dates of one request to know or delete. Each pair: target (strict, scheduled on) and outer (breached after)."""

    ack_target: date
    ack_outer: date
    respond_target: date
    respond_outer: date
    extension_notice_target: date
    extension_notice_outer: date
    extended_target: date
    extended_outer: date


@dataclass(frozen=True, slots=True)
class OptOutDates:
    """The dates of one opt-out. In the browser that sent it, it has its effect in the same response."""

    act_target: date
    act_outer: date
    no_resolicit_before: date


def deadlines(kind: RequestKind, received_on: date, law: Rulebook | LawTable) -> Deadlines:
    """Return the dates by which a request must be confirmed and answered.

    Counted from receipt, however long verification takes; the kinds that exist (know, delete) have the same dates.
    An extension is once, with notice and reason inside the first period.
    Rule (US-CA): 11 CCR 7021(a) 10 business days; (b) 45 calendar days, extended once to 90; § 1798.130(a)(2)(A).
    """
    assert kind in {RequestKind.KNOW, RequestKind.DELETE}, kind
    table = _table(law)
    answer_target, answer_outer = _calendar_days(received_on, table.respond_days)
    extended_target, extended_outer = _calendar_days(received_on, table.respond_days + table.extension_days)
    return Deadlines(
        ack_target=business_day(received_on, table.acknowledge_business_days, saturdays=True),
        ack_outer=business_day(received_on, table.acknowledge_business_days, saturdays=False),
        respond_target=answer_target,
        respond_outer=answer_outer,
        extension_notice_target=answer_target,
        extension_notice_outer=answer_outer,
        extended_target=extended_target,
        extended_outer=extended_outer,
    )


def optout_dates(received_on: date, law: Rulebook | LawTable) -> OptOutDates:
    """Return by when an opt-out must have its effect everywhere, and before when the person is not asked again.

    Rule (US-CA): 11 CCR 7026(f) at most 15 business days; Cal. Civ. Code § 1798.135(c)(4) 12 months.
    """
    table = _table(law)
    return OptOutDates(
        act_target=business_day(received_on, table.optout_business_days, saturdays=True),
        act_outer=business_day(received_on, table.optout_business_days, saturdays=False),
        no_resolicit_before=add_months(received_on, table.resolicit_months),
    )


def receipt_date(instant: datetime, business_tz: str, consumer_tz: str) -> date:
    """Return the day on which a request counts as received: the earlier of the two local dates, at any hour.

    `instant` must know its zone. House rule on 11 CCR 7021(b) (the period begins on the day of receipt).
    """
    if instant.tzinfo is None:
        raise ValueError("a receipt needs its time zone; got a naive datetime")
    return min(instant.astimezone(ZoneInfo(business_tz)).date(), instant.astimezone(ZoneInfo(consumer_tz)).date())


def business_day(received_on: date, number: int, *, saturdays: bool) -> date:
    """Return the n-th business day after receipt, the day of receipt not counted. Rule: Cal. Civ. Code §§ 7, 9."""
    day = received_on
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


def _nth_weekday(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _calendar_days(received_on: date, days: int) -> tuple[date, date]:
    """Return target and outer of a period in calendar days."""
    outer = received_on + timedelta(days=days)
    target = outer - _DAY
    while target.weekday() >= _SATURDAY or target in holidays(target.year):
        target -= _DAY
    return target, outer


def _table(law: Rulebook | LawTable) -> LawTable:
    return law.law_table if isinstance(law, Rulebook) else law
