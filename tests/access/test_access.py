"""Staff accounts over the real control store: invitations once, passwords slow, sessions that end."""

from datetime import date

import pytest

from avow import access
from avow.definitions import Refusal

from .conftest import ADMINISTRATOR, DAY, IDLE_MS, NOW, PASSWORD

MINUTE, TODAY = 60_000, date(2026, 11, 18)


def accept(accounts, second, token, name, password=PASSWORD, now_ms=NOW):
    return access.accept(accounts, second.enter, token, name, password, "", now_ms)


def test_invitation_makes_one_account(accounts, second):
    """The link works once; its session knows the member of staff."""
    token = access.invite(accounts, ADMINISTRATOR, NOW)
    made = accept(accounts, second, token, "Robin")
    assert second.sessions.member(made.session, NOW, TODAY).name == "Robin"
    assert isinstance(accept(accounts, second, token, "Kim"), Refusal)


def test_invitation_ends_after_three_days(accounts, second):
    """An old link is refused."""
    token = access.invite(accounts, ("analyst",), NOW)
    assert isinstance(accept(accounts, second, token, "Robin", now_ms=NOW + 4 * DAY), Refusal)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 300])
def test_weak_passwords_are_refused_and_the_invitation_stays(accounts, second, password):
    """A refused password does not use the invitation up."""
    token = access.invite(accounts, ("analyst",), NOW)
    assert isinstance(accept(accounts, second, token, "Robin", password), Refusal)
    assert isinstance(accept(accounts, second, token, "Robin"), access.SignedIn)


def test_a_session_ends_by_signing_out_and_after_twelve_hours(second, robin):
    """However often it is used."""
    last = 11 * 60 + 59
    for minutes in range(0, last + 1, 29):
        assert second.sessions.member(robin.session, NOW + minutes * MINUTE, TODAY)
    assert second.sessions.member(robin.session, NOW + last * MINUTE, TODAY)
    assert second.sessions.member(robin.session, NOW + 12 * 60 * MINUTE, TODAY) is None
    second.sessions.end(robin.session, NOW)
    assert second.sessions.member(robin.session, NOW, TODAY) is None


def test_a_session_that_nobody_uses_ends(second, robin):
    """Half an hour after its last use, and no use brings it back."""
    assert second.sessions.member(robin.session, NOW + IDLE_MS - 1, TODAY)
    assert second.sessions.member(robin.session, NOW + 2 * IDLE_MS - 2, TODAY)
    for _ in range(2):
        assert second.sessions.member(robin.session, NOW + 3 * IDLE_MS, TODAY) is None


def test_its_use_is_written_once_a_minute(second, robin, accounts):
    """What is read a hundred times is written once."""
    before = accounts.control.changes()
    for second_ in range(0, 60, 5):
        second.sessions.member(robin.session, NOW + second_ * 1000, TODAY)
    assert accounts.control.changes() == before
    second.sessions.member(robin.session, NOW + MINUTE, TODAY)
    assert second.sessions.open(robin.session, NOW + MINUTE).kept.seen_ms == NOW + MINUTE
