"""Periods follow the local calendar, also where a day has 23 or 25 hours."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.analytics.period import LABELS, bucket_label, buckets, period

ZONE = "America/Los_Angeles"


def _ms(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


NOW_MS = _ms(2026, 11, 23, 21)


def test_days_are_local_days_across_the_end_of_summer_time():
    """1 November 2026 has 25 hours in Los Angeles; there is still one bucket per day."""
    span = period("custom", NOW_MS, ZONE, date(2026, 10, 31), date(2026, 11, 2))
    assert [bucket_label(bucket, span) for bucket in buckets(span)] == ["Sat 31 Oct", "Sun 1 Nov", "Mon 2 Nov"]
    assert span.to_ms - span.from_ms == 73 * 3_600_000


def test_twelve_months_begin_with_a_whole_month():
    """The last twelve months are twelve buckets, this month the last."""
    span = period("12m", _ms(2026, 11, 23, 21), ZONE)
    labels = [bucket_label(bucket, span) for bucket in buckets(span)]
    assert (len(labels), labels[0], labels[-1]) == (12, "Dec 2025", "Nov 2026")


def test_one_day_is_drawn_by_hour():
    """A single day has 24 steps."""
    assert len(buckets(period("custom", NOW_MS, ZONE, date(2026, 5, 5), date(2026, 5, 5)))) == 24


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "UTC"])
@given(at=st.integers(min_value=_ms(2020, 1, 1), max_value=_ms(2035, 1, 1)))
def test_hours_are_full_hours_of_the_local_clock(zone, at):
    """Also where it is half an hour, or a quarter, off UTC; the last 24 hours end with this one."""
    span = period("24h", at, zone)
    starts = buckets(span)
    assert (len(starts), starts[-1] * 1000 <= at < span.to_ms) == (24, True)
    if zone != "Australia/Lord_Howe":  # whose summer time begins and ends by half an hour, within an hour of its clock
        assert bucket_label(starts[-1], span).endswith(":00")
    day = period("custom", _ms(2027, 1, 1), zone, date(2026, 11, 20), date(2026, 11, 20))
    assert [bucket_label(one, day) for one in buckets(day)] == [f"{hour:02}:00" for hour in range(24)]


def test_range_that_is_turned_round_is_turned_back():
    """From and to in the wrong order mean the same days."""
    assert period("custom", NOW_MS, ZONE, date(2026, 5, 9), date(2026, 5, 5)) == period(
        "custom", NOW_MS, ZONE, date(2026, 5, 5), date(2026, 5, 9)
    )


@pytest.mark.parametrize("name", list(LABELS))
@given(at=st.integers(min_value=_ms(2020, 1, 1), max_value=_ms(2035, 1, 1)))
def test_every_period_contains_now_and_its_buckets_lie_inside(name, at):
    """Whatever the clock says, now is inside, and no bucket lies beyond the end."""
    span = period(name, at, ZONE)
    starts = buckets(span)
    assert span.from_ms <= at < span.to_ms
    assert list(starts) == sorted(set(starts))
    assert starts[-1] * 1000 < span.to_ms
