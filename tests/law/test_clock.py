"""The law's dates for every kind of request and every law table, the holidays, and that nothing moves a date.

Rule: 11 CCR 7021(a)-(b), 7026(f); Cal. Civ. Code §§ 7, 9, 1798.130(a)(2)(A), 1798.135(c)(4); GDPR Art. 12(3), 21(3), 33;
Regulation (EEC, Euratom) 1182/71. The worked cases are in test_cases.py.
"""

import inspect
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow import policy
from avow.definitions import RequestKind
from avow.policy.language.vocabulary import RIGHTS
from avow.policy.law import Counting, Period, Unit
from avow.policy.law.breach import breach_dates
from avow.policy.law.counting import add_months, due, holidays
from avow.rights.clock import (
    ANSWERED,
    APPEALED,
    APPLIED,
    Deadlines,
    appeal_dates,
    deadlines,
    optout_dates,
    owed_free,
    receipt_date,
)

TABLES = policy.law.tables()
LAW, EUROPE = TABLES["US-CA"], TABLES["EU-GDPR"]
LOS_ANGELES, NEW_YORK = "America/Los_Angeles", "America/New_York"
DAYS = st.dates(date(2024, 1, 1), date(2060, 12, 31))
ANY_LAW = st.sampled_from(list(TABLES.values()))
ANY_ANSWERED, ANY_APPLIED = st.sampled_from(sorted(ANSWERED)), st.sampled_from(sorted(APPLIED))
MOMENTS = st.datetimes(datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2040-01-01"), timezones=st.just(UTC))


def every_date(found):
    """Return the dates that are there."""
    return [day for day in astuple(found) if day]


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


@pytest.mark.parametrize(
    ("received", "target", "outer", "extended"),
    [
        ("2026-03-05", "2026-04-03", "2026-04-06", "2026-06-05"),  # 5 April is a Sunday: Friday before, Monday after
        ("2026-08-31", "2026-09-30", "2026-09-30", "2026-11-30"),  # September has no 31st
        ("2027-01-31", "2027-02-26", "2027-03-01", "2027-04-30"),  # 28 February is a Sunday
    ],
)
def test_a_month_of_the_union_ends_on_a_working_day(received, target, outer, extended):
    """One month by Regulation 1182/71: the same day or the last of the month; off a weekend, work earlier, law later."""
    found = deadlines(RequestKind.KNOW, date.fromisoformat(received), EUROPE)
    assert (found.ack_target, found.ack_outer) == (None, None)
    assert [str(found.respond_target), str(found.respond_outer), str(found.extended_outer)] == [target, outer, extended]


@pytest.mark.parametrize(("code", "first", "last"), [("US-IA", 90, 135), ("US-FL", 45, 60), ("US-VA", 45, 90), ("US-CA", 45, 90)])
def test_each_state_has_its_own_days(code, first, last):
    """Iowa answers in 90 days and extends to 135, Florida to 60, the others in 45 and to 90."""
    received = date(2026, 12, 18)
    found = deadlines(RequestKind.DELETE, received, TABLES[code])
    assert found.respond_outer == received + timedelta(days=first)
    assert found.extended_outer == received + timedelta(days=last)


@pytest.mark.parametrize(
    ("code", "days", "extended"), [("US-VA", 60, 60), ("US-OR", 45, 45), ("US-CO", 45, 105), ("US-MN", 45, 105)]
)
def test_an_appeal_is_decided_in_time(code, days, extended):
    """60 days or 45, and 60 more in Colorado and Minnesota."""
    found = appeal_dates(date(2026, 12, 18), TABLES[code])
    assert found.decide_outer == date(2026, 12, 18) + timedelta(days=days)
    assert found.extended_outer == date(2026, 12, 18) + timedelta(days=extended)
    assert found.decide_target < found.decide_outer


@pytest.mark.parametrize("code", ["US-CA", "US-UT", "EU-GDPR"])
def test_some_laws_know_no_appeal(code):
    """California, Utah and the Union name no appeal to the business."""
    assert appeal_dates(date(2026, 12, 18), TABLES[code]) is None


def test_a_revoked_consent_has_its_own_days_in_rhode_island():
    """15 days there, the days of any opt-out elsewhere, at once in the Union."""
    received = date(2026, 12, 18)
    assert optout_dates(received, TABLES["US-RI"], RequestKind.WITHDRAW_CONSENT).act_outer == date(2027, 1, 2)
    assert optout_dates(received, TABLES["US-RI"]).act_outer == date(2027, 2, 1)
    for kind in (RequestKind.OBJECT, RequestKind.WITHDRAW_CONSENT):
        assert astuple(optout_dates(received, EUROPE, kind)) == (received, received, None)


def test_opting_out_of_automated_decisions_has_its_own_days_in_california():
    """15 business days there (11 CCR 7221, from memory), the days of any opt-out elsewhere."""
    received = date(2026, 12, 23)
    assert optout_dates(received, LAW, RequestKind.AUTOMATED_DECISION).act_outer == date(2027, 1, 15)
    assert optout_dates(received, TABLES["US-VA"], RequestKind.AUTOMATED_DECISION).act_outer == received + timedelta(days=45)


def test_a_correction_is_confirmed_and_a_restriction_is_not():
    """11 CCR 7021(a) names know, delete and correct."""
    assert deadlines(RequestKind.CORRECT, date(2026, 12, 18), LAW).ack_target == date(2026, 12, 31)
    assert deadlines(RequestKind.RESTRICT, date(2026, 12, 18), LAW).ack_target is None


@given(ANY_ANSWERED, DAYS, ANY_LAW)
def test_targets_are_working_days_within_the_outer_dates(kind, received, table):
    """The strict date is never after the last one, and an answer is scheduled on a day when somebody works."""
    found = deadlines(kind, received, table)
    if found.ack_target:
        assert received < found.ack_target <= found.ack_outer
    assert received < found.respond_target <= found.respond_outer <= found.extended_outer
    assert found.respond_target <= found.extended_target <= found.extended_outer
    assert found.extension_notice_target == found.respond_target
    for day in (found.respond_target, found.extended_target):
        assert day.weekday() < 5
        assert table.counting is Counting.REGULATION_1182 or day not in holidays(day.year)


@given(ANY_ANSWERED, DAYS, ANY_LAW)
def test_an_extension_comes_once_and_has_its_limit(kind, received, table):
    """The extended answer is the first period and one extension from receipt; nothing is added to it again."""
    found = deadlines(kind, received, table)
    assert found.extended_outer == due(received, table.respond.plus(table.extension), table.counting).outer
    assert {name for name in Deadlines.__slots__ if "exten" in name and "notice" not in name} == {
        "extended_target",
        "extended_outer",
    }


@given(ANY_ANSWERED, ANY_APPLIED, DAYS, ANY_LAW)
def test_a_later_receipt_is_never_due_earlier(answered, applied, received, table):
    """The dates are monotonic in the day of receipt, for every kind and law."""
    tomorrow = received + timedelta(days=1)
    for dates in (
        [deadlines(answered, day, table) for day in (received, tomorrow)],
        [optout_dates(day, table, applied) for day in (received, tomorrow)],
        [found for day in (received, tomorrow) if (found := appeal_dates(day, table))],
    ):
        assert all(first <= second for first, second in zip(*map(every_date, dates), strict=True)) if dates else True


@given(ANY_APPLIED, DAYS, ANY_LAW)
def test_an_opt_out_needs_no_verification(kind, received, table):
    """No date of an opt-out waits for anybody's identity, and no table asks for it. Rule: 11 CCR 7060(b)."""
    found = optout_dates(received, table, kind)
    assert received <= found.act_target <= found.act_outer
    assert table.values["optout_verification"].value is False
    with pytest.raises(ValueError, match="no answer with a deadline"):
        deadlines(kind, received, table)


def test_nothing_moves_the_day_of_receipt():
    """No function takes a pause, a verification or a second receipt: the dates come from the kind, the day and the law alone."""
    assert list(inspect.signature(deadlines).parameters) == ["kind", "received_on", "law"]
    assert list(inspect.signature(optout_dates).parameters) == ["received_on", "law", "kind"]
    assert list(inspect.signature(appeal_dates).parameters) == ["appealed_on", "law"]


def test_every_kind_has_exactly_one_clock():
    """Answered, applied, or appealed."""
    assert set(RequestKind) == ANSWERED | APPLIED | APPEALED
    assert not ANSWERED & APPLIED
    assert {kind.value for kind in RequestKind} - {"confirm-identifier"} == set(RIGHTS)  # that one is a part of the right to know
    with pytest.raises(ValueError, match="deadline"):
        deadlines(RequestKind.APPEAL, date(2026, 12, 18), LAW)
    with pytest.raises(ValueError, match="answered"):
        optout_dates(date(2026, 12, 18), LAW, RequestKind.DELETE)


@given(DAYS, st.lists(st.tuples(st.sampled_from(RequestKind), st.integers(0, 800)), max_size=6), ANY_LAW)
def test_only_the_limited_kinds_are_ever_counted(received, before, table):
    """Deleting, correcting and opting out are owed whatever came before; fewer requests than the number are owed too."""
    fulfilled = [(kind, received - timedelta(days=days)) for kind, days in before]
    for kind in RequestKind:
        owed = owed_free(kind, received, fulfilled, table)
        if table.free is None or kind not in table.free.kinds:
            assert owed.is_owed
        else:
            assert owed.is_owed == (owed.counted < table.free.count)
            assert add_months(received, -12) < owed.since <= received


@given(MOMENTS)
def test_receipt_is_the_earlier_local_date(instant):
    """Neither zone's date is before the receipt day, and one of them is it."""
    assert receipt_date(instant, NEW_YORK, LOS_ANGELES) == receipt_date(instant, LOS_ANGELES, NEW_YORK)
    assert instant.date() - timedelta(days=1) <= receipt_date(instant, NEW_YORK, LOS_ANGELES) <= instant.date()


@given(MOMENTS)
def test_seventy_two_hours_are_seventy_two_hours(instant):
    """Nights and weekends count, wherever the discovery was made."""
    assert breach_dates(instant, EUROPE).authority - instant == timedelta(hours=72)


def test_a_moment_without_zone_is_refused():
    """A moment whose zone is unknown has no date."""
    naive = datetime.fromisoformat("2026-01-01T09:00")
    with pytest.raises(ValueError, match="time zone"):
        receipt_date(naive, LOS_ANGELES, LOS_ANGELES)
    with pytest.raises(ValueError, match="time zone"):
        breach_dates(naive, LAW)
    with pytest.raises(ValueError, match="moment"):
        due(date(2026, 1, 1), Period(72, Unit.HOURS), Counting.REGULATION_1182)


def test_a_rulebook_counts_by_its_own_jurisdiction():
    """A rulebook may stand where its law table does."""
    text = (Path(__file__).parents[1] / "policy" / "small.md").read_text(encoding="utf-8")
    rulebook = policy.compile_text(text, "policy.md", TABLES, date(2026, 11, 23)).rulebook
    assert deadlines(RequestKind.KNOW, date(2026, 12, 18), rulebook) == deadlines(RequestKind.KNOW, date(2026, 12, 18), LAW)
