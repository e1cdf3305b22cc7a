"""When a new version may come into force: material changes need notice, and nothing untold slips in."""

import re
from datetime import date, timedelta

import pytest

from avow.definitions import Refusal
from avow.policy import publication
from avow.policy.changes.diff import diff

from .conftest import MARROWBY, TODAY

LONGER = (
    ("24 months after our last exchange", "36 months after our last exchange"),
    ("{ months = 24, after", "{ months = 36, after"),
)


def edited(compiled, *pairs, effective=None):
    """Return the example policy with some words replaced, compiled."""
    text = MARROWBY
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    if effective:
        text = re.sub(r"(?m)^effective( *)= \S+$", rf"effective\1= {effective}", text)
    found = compiled(text)
    assert found.rulebook, found.diagnostics
    return found.rulebook


def test_a_minor_change_is_in_force_today(compiled, marrowby):
    """Another wording waits for nobody, whatever earlier date the file has."""
    made = publication.judge(marrowby, edited(compiled, ("Port Lorne, California.", "Port Lorne, CA.")), TODAY)
    assert (made.in_force_on, made.is_announced, made.is_material, made.by_email) == (TODAY, False, False, False)


def test_a_minor_change_waits_for_its_own_date(compiled, marrowby):
    """A date that is still to come is kept, and the version is announced until then."""
    later = TODAY + timedelta(days=3)
    made = publication.judge(marrowby, edited(compiled, effective=later), TODAY)
    assert (made.in_force_on, made.is_announced) == (later, True)


@pytest.mark.parametrize("days", [-22, 0, 29])
def test_a_material_change_without_notice_is_refused(compiled, marrowby, days):
    """Up to one day too few, the refusal names the first possible date."""
    new = edited(compiled, *LONGER, effective=TODAY + timedelta(days=days))
    answer = publication.judge(marrowby, new, TODAY)
    assert isinstance(answer, Refusal)
    assert "first possible date is 2026-12-23" in answer.reason
    assert "36 months" in answer.reason


def test_a_material_change_with_notice_is_announced(compiled, marrowby):
    """On the first possible date it may come into force."""
    first = TODAY + timedelta(days=30)
    made = publication.judge(marrowby, edited(compiled, *LONGER, effective=first), TODAY)
    assert (made.in_force_on, made.is_announced, made.is_material, made.by_email) == (first, True, True, False)


@pytest.mark.parametrize(("old", "new"), [(30, 10), (30, 60)])
def test_the_longer_of_two_promises_counts(compiled, marrowby, old, new):
    """Promising less from now on shortens no notice, and promising more is kept at once."""
    changed = edited(compiled, ("days_before = 30", f"days_before = {new}"), ("for 30 days before", f"for {new} days before"))
    assert publication.notice_days(marrowby, changed) == max(old, new)


def test_the_version_in_force_is_not_published_again(marrowby):
    """There is nothing to publish."""
    assert "in force already" in publication.judge(marrowby, marrowby, TODAY).reason


def test_only_a_minor_change_comes_between(compiled, marrowby):
    """While a version is announced, a material or later one has to wait; what makes it change more is refused."""
    minor = edited(compiled, ("Port Lorne, California.", "Port Lorne, CA."))
    later = edited(compiled, ("Port Lorne, California.", "Port Lorne, CA."), effective=TODAY + timedelta(days=9))
    assert not isinstance(publication.judge(marrowby, minor, TODAY, ()), Refusal)
    assert "withdraw" in publication.judge(marrowby, later, TODAY, ()).reason
    announced = edited(compiled, *LONGER)
    assert "nobody was told" in publication.judge(marrowby, minor, TODAY, diff(minor, announced)).reason


def test_people_are_written_to_when_the_promise_in_force_says_so(compiled):
    """E-mail that only the new version promises is not sent: the addresses were given without it."""
    email = ('["banner"]', '["banner", "email"]')
    first = TODAY + timedelta(days=30)
    with_email, without = edited(compiled, email), edited(compiled)
    assert publication.judge(with_email, edited(compiled, email, *LONGER, effective=first), TODAY).by_email
    assert not publication.judge(without, edited(compiled, email, *LONGER, effective=first), TODAY).by_email


def test_the_message_says_what_changes_and_when(compiled, marrowby):
    """It names the day, what is material, and where to read the rest."""
    changes = diff(marrowby, edited(compiled, *LONGER))
    subject, text = publication.message(marrowby, changes, date(2026, 12, 23), "https://www.marrowby.example", "Marrowby")
    assert subject == "Our privacy policy changes on December 23, 2026"
    assert "36 months" in text
    assert "https://www.marrowby.example/privacy-policy/history" in text
