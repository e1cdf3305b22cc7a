"""What a browser may keep: by the Rulebook's answer, within its days, and erased when the yes is gone."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.collection import signals
from avow.collection.browser_kept import COOKIE_LENGTH, TOO_MUCH, BrowserKept
from avow.policy import compile_text, law

POLICY = Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md"
TODAY = date(2026, 11, 23)
YES = "avow_choices=v1.+personalisation"
DECLARED = """
[data.place]
label      = "Place"
category   = "D"
max_length = 5000

[data.units]
"""


@pytest.fixture(scope="module")
def kept():
    text = POLICY.read_text(encoding="utf-8").replace('data        = ["units"]', 'data        = ["units", "place"]')
    compiled = compile_text(text.replace("[data.units]\n", DECLARED), POLICY.name, law.tables(), TODAY)
    assert compiled.rulebook, compiled.diagnostics
    return BrowserKept(compiled.rulebook)


def said(cookie, gpc=""):
    return signals.read([gpc] if gpc else [], None, cookie)


def change(kept, given, cookie, today=TODAY):
    return kept.change(given, signals.cookies_of(cookie), said(cookie), today)


def with_cookie(outcome, cookie=YES):
    (one,) = outcome.cookies
    return f"{cookie}; {one.name}={one.value}"


def test_preference_needs_the_yes_of_its_purpose(kept):
    """Without a yes nothing is set, and the developer is told by which rule."""
    outcome = change(kept, {"units": "inHg"}, "")
    assert (outcome.preferences, outcome.cookies) == ({}, ())
    assert outcome.refused[0][0] == "preferences"
    assert "nobody said yes" in outcome.refused[0][1].reason


def test_preference_is_given_back_until_its_last_day(kept):
    """180 days after it was set it is gone, whatever the browser still holds; the cookie itself lives no longer."""
    outcome = change(kept, {"units": "inHg"}, YES)
    assert outcome.cookies[0].seconds == 180 * 86_400
    cookies = with_cookie(outcome)
    read = [kept.read(signals.cookies_of(cookies), said(cookies), TODAY + timedelta(days)) for days in (179, 180)]
    assert [one.preferences for one in read] == [{"units": "inHg"}, {}]
    assert [len(one.cookies) for one in read] == [0, 1]


def test_setting_one_preference_does_not_prolong_another(kept):
    """Each counts from its own day."""
    first = with_cookie(change(kept, {"units": "inHg"}, YES))
    later = TODAY + timedelta(100)
    both = with_cookie(change(kept, {"place": "Port Lorne"}, first, later))
    assert kept.read(signals.cookies_of(both), said(both), later).preferences == {"units": "inHg", "place": "Port Lorne"}
    assert kept.read(signals.cookies_of(both), said(both), TODAY + timedelta(181)).preferences == {"place": "Port Lorne"}


def test_yes_taken_back_erases_in_the_browser(kept):
    """The next answer empties the cookie, and the lists are no longer allowed."""
    _, _, cookie = with_cookie(change(kept, {"units": "inHg"}, YES)).partition("; ")
    withdrawn = f"avow_choices=v1.personalisation; {cookie}"
    read = kept.read(signals.cookies_of(withdrawn), said(withdrawn), TODAY)
    assert (read.preferences, read.cookies[0].seconds, read.cookies[0].value) == ({}, 0, "")
    assert [one.is_allowed for one in kept.lists(said(withdrawn), TODAY)] == [False]
    assert [(one.key, one.days, one.is_allowed) for one in kept.lists(said(YES), TODAY)] == [("marrowby.searches", 90, True)]


def test_what_is_not_declared_or_too_long_is_named(kept):
    """An undeclared name, a number, a long text, and what the cookie has no room for are dropped, each with its reason."""
    given = {"colour": "red", "units": 5, "place": "x" * (COOKIE_LENGTH + 1)}
    outcome = change(kept, given, YES)
    assert outcome.preferences == {}
    assert {lost.field for lost in outcome.dropped} == set(given)
    assert TOO_MUCH in {lost.reason for lost in outcome.dropped}


def test_null_forgets_one(kept):
    """The last one forgotten erases the cookie."""
    cookies = with_cookie(change(kept, {"units": "inHg"}, YES))
    outcome = change(kept, {"units": None}, cookies)
    assert (outcome.preferences, outcome.cookies[0].seconds) == ({}, 0)


@given(value=st.text(max_size=300))
def test_no_cookie_of_preferences_is_trusted(kept, value):
    """Whatever a browser sends as preferences, it is read as declared text or as nothing."""
    read = kept.read({"marrowby_preferences": [value]}, said(YES), TODAY)
    assert set(read.preferences) <= {"units", "place"}
