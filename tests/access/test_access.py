"""Staff accounts over the real control store: invitations once, passwords slow, sessions that end."""

import pytest

from avow import access
from avow.definitions import Refusal

from .conftest import DAY, NOW, PASSWORD


def accept(accounts, guard, token, name, password=PASSWORD, now_ms=NOW):
    return access.accept(accounts, guard, token, name, password, now_ms)


def test_invitation_makes_one_account(accounts, guard):
    """The link works once; its session knows the member of staff."""
    token = access.invite(accounts, "privacy-officer", NOW)
    made = accept(accounts, guard, token, "Robin")
    assert access.member(accounts, made.session, NOW).name == "Robin"
    assert isinstance(accept(accounts, guard, token, "Kim"), Refusal)


def test_invitation_ends_after_three_days(accounts, guard):
    """An old link is refused."""
    token = access.invite(accounts, "analyst", NOW)
    assert isinstance(accept(accounts, guard, token, "Robin", now_ms=NOW + 4 * DAY), Refusal)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 300])
def test_weak_passwords_are_refused_and_the_invitation_stays(accounts, guard, password):
    """A refused password does not use the invitation up."""
    token = access.invite(accounts, "analyst", NOW)
    assert isinstance(accept(accounts, guard, token, "Robin", password), Refusal)
    assert isinstance(accept(accounts, guard, token, "Robin"), access.SignedIn)


def test_session_ends(accounts, robin):
    """A session ends by itself, or by signing out."""
    assert access.member(accounts, robin.session, NOW + DAY) is None
    access.sign_out(accounts, robin.session, NOW)
    assert access.member(accounts, robin.session, NOW) is None
