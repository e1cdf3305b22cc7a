"""Periods of the dashboard: which moments they span and in which steps they are drawn. Pure: the clock is an argument."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from avow.local_days import midnight_ms

Step = Literal["minute", "hour", "day", "month"]

#: Choices of the period picker in their order; "custom" takes two dates.
LABELS: Final = {
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "12m": "Last 12 months",
    "custom": "Custom range",
}
_DAYS: Final = {"7d": 7, "30d": 30, "90d": 90}
#: Longest range drawn by day; beyond it a day is narrower than a pixel on a phone.
_DAILY_DAYS_MAX: Final = 120
#: Longest custom range: 20 years of monthly steps are 240 points.
_CUSTOM_DAYS_MAX: Final = 7305
_HOUR_MS: Final = 3_600_000
#: No web server wrote a log before.
_EARLIEST: Final = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time with its step, in the business's time zone; `to_ms` is exclusive."""

    name: str
    label: str
    from_ms: int
    to_ms: int
    step: Step
    timezone: str

    @property
    def first_day(self) -> date:
        """The local day of the first moment."""
        return _local(self.from_ms, self.timezone).date()

    @property
    def last_day(self) -> date:
        """The local day of the last moment."""
        return _local(self.to_ms - 1, self.timezone).date()


def period(name: str, now_ms: int, timezone: str, first: date | None = None, last: date | None = None) -> Period:
    """Return the named period ending now, or the custom one from `first` to `last` inclusive; unknown names mean 30 days.

    Whole days are whole in the business's time zone, today included. A custom range that is turned round is turned
    back; it ends today at the latest, and one longer than 20 years is cut at its beginning.
    """
    zone = ZoneInfo(timezone)
    today = _local(now_ms, timezone).date()
    if name == "custom" and first and last:
        first, last = sorted(max(_EARLIEST, min(day, today)) for day in (first, last))
        first = max(first, last - timedelta(days=_CUSTOM_DAYS_MAX))
        return _days("custom", first, last, zone)
    if name == "24h":
        # The end of this hour of the local clock, which in some zones is half an hour of UTC.
        ahead = (_local(now_ms, timezone).utcoffset() or timedelta()) // timedelta(milliseconds=1)
        end_ms = now_ms - (now_ms + ahead) % _HOUR_MS + _HOUR_MS
        return Period(name, LABELS[name], end_ms - 24 * _HOUR_MS, end_ms, "hour", timezone)
    if name == "12m":
        year, month = divmod(today.year * 12 + today.month - 1 - 11, 12)
        return _days(name, date(year, month + 1, 1), today, zone)
    name = name if name in _DAYS else "30d"
    return _days(name, today - timedelta(days=_DAYS[name] - 1), today, zone)


def before(span: Period) -> Period:
    """Return the period that one is compared with, which ends where it begins: as many days, months or hours, in the same steps.

    Days and months are those of the local calendar, so that the two may differ by an hour.
    """
    label = f"Before: {span.label}"
    if span.name in {"24h", "live"}:
        return replace(span, name="before", label=label, from_ms=2 * span.from_ms - span.to_ms, to_ms=span.from_ms)
    first, last = span.first_day, span.last_day
    days = (last - first).days + 1
    start = date(first.year - 1, first.month, 1) if span.name == "12m" else max(_EARLIEST, first - timedelta(days=days))
    return replace(span, name="before", label=label, from_ms=midnight_ms(start, span.timezone), to_ms=span.from_ms)


def buckets(span: Period) -> tuple[int, ...]:
    """Return the first second of every step of the period, so that empty ones are drawn as zero. Nothing else computes steps.

    Hours and minutes count in real time from the period's beginning; days and months follow the local calendar, 23- and 25-hour
    days included.
    """
    zone = ZoneInfo(span.timezone)
    start = _local(span.from_ms, span.timezone)
    if span.step in {"minute", "hour"}:
        seconds = 60 if span.step == "minute" else 3600
        first = span.from_ms // 1000
        return tuple(range(first, -(-span.to_ms // 1000), seconds))
    days: list[int] = []
    day = start.date().replace(day=1) if span.step == "month" else start.date()
    while midnight_ms(day, zone.key) < span.to_ms:
        days.append(midnight_ms(day, zone.key) // 1000)
        day = _next_month(day) if span.step == "month" else day + timedelta(days=1)
    return tuple(days)


def bucket_label(bucket: int, span: Period) -> str:
    """Return the words for one step: "14:00", "Mon 23 Nov", "Nov 2026"."""
    local = _local(bucket * 1000, span.timezone)
    if span.step == "month":
        return f"{local:%b %Y}"
    return f"{local:%a} {local.day} {local:%b}" if span.step == "day" else f"{local:%H:%M}"


def _days(name: str, first: date, last: date, zone: ZoneInfo) -> Period:
    step: Step = "day" if (last - first).days < _DAILY_DAYS_MAX else "month"
    if first == last:
        step = "hour"
    until_ms = midnight_ms(last + timedelta(days=1), zone.key)
    return Period(name, LABELS[name], midnight_ms(first, zone.key), until_ms, step, zone.key)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _local(milliseconds: int, timezone: str) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, ZoneInfo(timezone))
