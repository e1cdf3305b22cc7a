"""Visits are counted under a salt of the business's own day, which every process has from one, and none keeps."""

import pickle
from bisect import bisect_right
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.collection import visits
from avow.collection.logs.log_intake import LogIntake, visit_numbers
from avow.local_days import calendar_day, day_of, midnight_ms, segments

PACIFIC = "America/Los_Angeles"
#: Half hours, no midnight on a day in spring, clocks put back over midnight, a day left out.
ZONES = (PACIFIC, "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Beirut", "America/Havana", "America/St_Johns", "Pacific/Apia")


def at(zone, *moment):
    return int(datetime(*moment, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


class Told:
    """A server process that hands out the salt, by its own clock and its own zone."""

    def __init__(self, run, zone, now_ms):
        self.now_ms = now_ms
        self.salt = visits.DailySalt(zone)
        visits.serve(run, self.salt, lambda: self.now_ms)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (PACIFIC, date(2026, 3, 8), 23),
        (PACIFIC, date(2026, 11, 1), 25),
        (PACIFIC, date(2026, 6, 1), 24),
        ("Asia/Kolkata", date(2026, 6, 1), 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Beirut", date(2026, 3, 29), 23),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_day_is_as_long_as_the_business_has_it(zone, day, hours):
    """Of 23 and 25 hours where clocks change, without its midnight hour, or left out altogether."""
    found = calendar_day(day, zone)
    assert (found.until_ms - found.from_ms) / 3_600_000 == hours


@given(st.sampled_from(ZONES), st.integers(min_value=at("UTC", 1995, 1, 1), max_value=at("UTC", 2040, 1, 1)))
def test_each_moment_is_of_one_day(zone, at_ms):
    """Days neither overlap nor leave a gap, and the day of a moment holds it."""
    found = day_of(at_ms, zone)
    assert found.holds(at_ms)
    assert day_of(found.until_ms, zone).from_ms == found.until_ms
    assert day_of(found.from_ms, zone) == found


@given(st.sampled_from(ZONES), st.integers(min_value=at("UTC", 1995, 1, 1), max_value=at("UTC", 2040, 1, 1)), st.data())
def test_runs_of_days_say_which_day_a_moment_is_of(zone, at_ms, data):
    """As the engine finds it, by one division, over two years around it; the hour that comes twice is of its own day."""
    first = day_of(at_ms, zone).day - timedelta(days=data.draw(st.integers(0, 400)))
    days = [calendar_day(first + timedelta(days=number), zone) for number in range(800)]
    since, bases = segments(days)
    run = bisect_right(since, at_ms // 1000) - 1
    found = bases[run] + (at_ms // 1000 - since[run]) // 86_400
    assert date(1970, 1, 1) + timedelta(days=found) == day_of(at_ms, zone).day


def test_salt_changes_at_the_midnight_of_the_business(tmp_path):
    """Not at that of UTC, which is in its afternoon; and half past an hour where the zone says so."""
    for zone in (PACIFIC, "Asia/Kolkata"):
        salt = visits.DailySalt(zone)
        noon, late = (salt.at(at(zone, 2026, 6, 1, hour, 59)) for hour in (0, 23))
        assert noon == late
        assert salt.at(midnight_ms(date(2026, 6, 2), zone)).salt != late.salt


def test_the_hour_that_comes_twice_is_of_one_visit():
    """On the day of 25 hours its two half past ones have one salt, and so has the end of it."""
    first = at(PACIFIC, 2026, 11, 1, 1, 30)
    salt = visits.DailySalt(PACIFIC)
    kept = {salt.at(first + hours * 3_600_000).salt for hours in (0, 1, 22)}
    assert len(kept) == 1
    assert salt.at(first + 24 * 3_600_000).salt not in kept


def test_salt_of_yesterday_is_forgotten():
    """A new day draws a new salt; asking again for the old day does not bring it back."""
    salt, now = visits.DailySalt(PACIFIC), at(PACIFIC, 2026, 1, 1, 12)
    first = salt.at(now)
    salt.at(now + 86_400_000)
    assert salt.at(now).salt != first.salt


def test_worker_gets_the_salt_over_the_socket(tmp_path):
    """A worker's visit number is that of the server's salt, until the server's day ends; without a salt it is 0."""
    now = at(PACIFIC, 2026, 6, 1, 12)
    assert visits.VisitCounter(tmp_path).on("s").visit("a", "b", now) == visits.Visit(0, 0)
    told = Told(tmp_path, PACIFIC, now)
    own = visits.salt_of_site(told.salt.at(now).salt, "s")
    expected = visits.Visit(visits.visit_number(own, "a", "b"), midnight_ms(date(2026, 6, 2), PACIFIC))
    assert visits.VisitCounter(tmp_path).on("s").visit("a", "b", now) == expected


def test_every_process_counts_by_the_day_of_the_one_that_draws(tmp_path):
    """A worker has no zone of its own: one that began after the configuration changed ends its visits with the others."""
    zone, end = "Asia/Kolkata", midnight_ms(date(2026, 6, 2), "Asia/Kolkata")
    told = Told(tmp_path, zone, end - 1)
    early, late = (visits.VisitCounter(tmp_path).on("s") for _ in range(2))
    before = early.visit("a", "b", end - 1)
    assert before == late.visit("a", "b", end - 1)
    told.now_ms = end
    after = early.visit("a", "b", end)
    assert after == late.visit("a", "b", end)
    assert after.number not in {0, before.number}


def test_no_visit_is_counted_under_the_salt_of_another_day(tmp_path):
    """Asked in the last moment of a day and answered in the first of the next: not counted, rather than tied to that day."""
    end = midnight_ms(date(2026, 6, 2), PACIFIC)
    Told(tmp_path, PACIFIC, end)
    counter = visits.VisitCounter(tmp_path).on("s")
    assert counter.visit("a", "b", end - 1).number == 0
    assert counter.visit("a", "b", end).number != 0


def test_visits_of_two_websites_are_not_tied(tmp_path):
    """The same browser on the same day has another number on each."""
    now = at(PACIFIC, 2026, 6, 1, 12)
    Told(tmp_path, PACIFIC, now)
    counter = visits.VisitCounter(tmp_path)
    assert counter.on("main").visit("a", "b", now) == counter.on("main").visit("a", "b", now)
    assert counter.on("main").visit("a", "b", now) != counter.on("shop").visit("a", "b", now)


def test_worker_to_which_nobody_comes_forgets_the_salt_too(tmp_path):
    """The salt leaves a worker's memory with its day, not with the next visit; that of today stays."""
    now, counter = at(PACIFIC, 2026, 6, 1, 12), visits.VisitCounter(tmp_path)
    Told(tmp_path, PACIFIC, now)
    salt, kept = counter.today(now).salt, lambda: pickle.dumps(counter._held.salt)
    counter.forget(now + 11 * 3_600_000)
    assert salt in kept()
    counter.forget(now + 12 * 3_600_000)
    assert salt not in kept()


def test_a_line_of_today_is_of_the_tags_visit_and_an_old_one_of_its_own_local_day(tmp_path):
    """A followed log: under today's salt what is of the business's today, else a number for each local day of the line."""
    now = at(PACIFIC, 2026, 6, 2, 18)  # of 3 June in UTC
    Told(tmp_path, PACIFIC, now)
    counter = visits.VisitCounter(tmp_path)
    permit, versions = (
        SimpleNamespace(purposes=()),
        SimpleNamespace(in_force=lambda: SimpleNamespace(counts_visits=lambda _: True), timezone=PACIFIC),
    )
    salt_at = LogIntake(None, counter, lambda: now, None)._salt_at
    number = visit_numbers(versions, salt_at)

    def of(*moment):
        return number(permit, "s", at(PACIFIC, *moment), "198.51.100.7", "agent")

    assert of(2026, 6, 2, 9) == counter.on("s").visit("198.51.100.7", "agent", now).number
    assert of(2026, 6, 1, 1) == of(2026, 6, 1, 23)
    assert len({of(2026, 6, day, 12) for day in (2, 1)} | {of(2026, 5, 31, 23)}) == 3
    assert of(2026, 6, 2, 0) == of(2026, 6, 2, 23)
    assert timedelta(milliseconds=calendar_day(date(2026, 6, 2), PACIFIC).until_ms - now) == timedelta(hours=6)
