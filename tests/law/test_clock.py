"""The law's dates: the worked cases T01, T02, T03 and T06, the holidays, and that nothing moves a date.

Rule: 11 CCR 7021(a)-(b), 7026(f); Cal. Civ. Code §§ 7, 9, 1798.130(a)(2)(A), 1798.135(c)(4).
"""

from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow import policy
from avow.definitions import RequestKind
from avow.rights.clock import Deadlines, deadlines, holidays, optout_dates, receipt_date

LAW = policy.law.tables()["US-CA"]
LOS_ANGELES, NEW_YORK = "America/Los_Angeles", "America/New_York"
DAYS = st.dates(date(2024, 1, 1), date(2060, 12, 31))


def test_t01_deletion_received_on_a_friday_before_the_holidays():
    """A request to delete received on Friday 18 December 2026."""
    received = receipt_date(datetime.fromisoformat("2026-12-18T16:40:00-08:00"), LOS_ANGELES, LOS_ANGELES)
    assert deadlines(RequestKind.DELETE, received, LAW) == Deadlines(
        ack_target=date(2026, 12, 31),
        ack_outer=date(2027, 1, 5),
        respond_target=date(2027, 1, 29),
        respond_outer=date(2027, 2, 1),
        extension_notice_target=date(2027, 1, 29),
        extension_notice_outer=date(2027, 2, 1),
        extended_target=date(2027, 3, 17),
        extended_outer=date(2027, 3, 18),
    )


def test_t02_received_late_on_a_sunday_night():
    """The earlier local date rules, and a Sunday counts as a receipt day."""
    received = receipt_date(datetime(2026, 11, 30, 7, 30, tzinfo=UTC), NEW_YORK, LOS_ANGELES)
    assert received == date(2026, 11, 29)
    assert deadlines(RequestKind.KNOW, received, LAW) == Deadlines(
        ack_target=date(2026, 12, 10),
        ack_outer=date(2026, 12, 11),
        respond_target=date(2027, 1, 12),
        respond_outer=date(2027, 1, 13),
        extension_notice_target=date(2027, 1, 12),
        extension_notice_outer=date(2027, 1, 13),
        extended_target=date(2027, 2, 26),
        extended_outer=date(2027, 2, 27),
    )


def test_t03_opt_out_over_christmas():
    """Fifteen business days, 25 December and 1 January skipped; not asked again for 12 months."""
    dates = optout_dates(date(2026, 12, 23), LAW)
    assert astuple(dates) == (date(2027, 1, 12), date(2027, 1, 15), date(2027, 12, 23))


def test_t06_verification_never_stops_the_clock():
    """No argument says when verification ended: the answer is due on the same day however long it takes."""
    dates = deadlines(RequestKind.KNOW, date(2026, 12, 18), LAW)
    assert (dates.respond_target, dates.respond_outer) == (date(2027, 1, 29), date(2027, 2, 1))


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2026, ["01-01", "01-19", "02-16", "05-25", "06-19", "07-04", "09-07", "11-11", "11-26", "12-25"]),
        (2027, ["01-01", "01-18", "02-15", "05-31", "06-19", "07-05", "09-06", "11-11", "11-25", "12-25"]),
        (2022, ["01-01", "01-17", "02-21", "05-30", "06-20", "07-04", "09-05", "11-11", "11-24", "12-26"]),
    ],
)
def test_common_holidays(year, expected):
    """Sundays move to Monday, Saturdays do not move."""
    assert sorted(day.strftime("%m-%d") for day in holidays(year)) == expected


@given(DAYS)
def test_targets_are_working_days_within_the_outer_dates(received):
    """The strict date is never after the last one, and an answer is scheduled on a day when somebody works."""
    dates = deadlines(RequestKind.DELETE, received, LAW)
    assert received < dates.ack_target <= dates.ack_outer
    assert received < dates.respond_target < dates.respond_outer == received + timedelta(days=45)
    assert dates.extended_target < dates.extended_outer == received + timedelta(days=90)
    for day in (dates.respond_target, dates.extended_target):
        assert day.weekday() < 5
        assert day not in holidays(day.year)


@given(DAYS)
def test_a_later_receipt_is_never_due_earlier(received):
    """The dates are monotonic in the day of receipt."""
    today = astuple(deadlines(RequestKind.KNOW, received, LAW))
    tomorrow = astuple(deadlines(RequestKind.KNOW, received + timedelta(days=1), LAW))
    assert all(first <= second for first, second in zip(today, tomorrow, strict=True))


@given(st.datetimes(datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2040-01-01"), timezones=st.just(UTC)))
def test_receipt_is_the_earlier_local_date(instant):
    """Neither zone's date is before the receipt day, and one of them is it."""
    assert receipt_date(instant, NEW_YORK, LOS_ANGELES) == receipt_date(instant, LOS_ANGELES, NEW_YORK)
    assert instant.date() - timedelta(days=1) <= receipt_date(instant, NEW_YORK, LOS_ANGELES) <= instant.date()


def test_a_receipt_without_zone_is_refused():
    """A moment whose zone is unknown has no date."""
    with pytest.raises(ValueError, match="time zone"):
        receipt_date(datetime.fromisoformat("2026-01-01T09:00"), LOS_ANGELES, LOS_ANGELES)


def test_a_rulebook_counts_by_its_own_jurisdiction():
    """A rulebook may stand where its law table does."""
    text = (Path(__file__).parents[1] / "policy" / "small.md").read_text(encoding="utf-8")
    rulebook = policy.compile_text(text, "policy.md", policy.law.tables(), date(2026, 11, 23)).rulebook
    assert deadlines(RequestKind.KNOW, date(2026, 12, 18), rulebook) == deadlines(RequestKind.KNOW, date(2026, 12, 18), LAW)
