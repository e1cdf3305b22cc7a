"""Staff accounts over the real control store: invitations once, passwords slow, sessions that end."""

import pytest

from avow import access
from avow.definitions import Refusal
from avow.main.pages import StoredAccounts
from avow.store.control import Control

NOW, DAY = 1_795_000_000_000, 86_400_000
PASSWORD = "a long sentence for tests"


class Part:
    """The part of a store that accounts need."""

    def __init__(self, control):
        self.control = control


@pytest.fixture
def accounts(tmp_path):
    control = Control(f"sqlite:///{tmp_path / 'control.db'}")
    yield StoredAccounts(Part(control))
    control.close()


def test_invitation_makes_one_account(accounts):
    """The link works once; its session knows the member of staff."""
    token = access.invite(accounts, "privacy-officer", NOW)
    session = access.accept(accounts, token, "Robin", PASSWORD, NOW)
    assert access.member(accounts, session, NOW).name == "Robin"
    assert isinstance(access.accept(accounts, token, "Kim", PASSWORD, NOW), Refusal)


def test_invitation_ends_after_three_days(accounts):
    """An old link is refused."""
    token = access.invite(accounts, "analyst", NOW)
    assert isinstance(access.accept(accounts, token, "Robin", PASSWORD, NOW + 4 * DAY), Refusal)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 300])
def test_weak_passwords_are_refused_and_the_invitation_stays(accounts, password):
    """A refused password does not use the invitation up."""
    token = access.invite(accounts, "analyst", NOW)
    assert isinstance(access.accept(accounts, token, "Robin", password, NOW), Refusal)
    assert isinstance(access.accept(accounts, token, "Robin", PASSWORD, NOW), str)


def test_sign_in_refuses_the_wrong_and_the_many(accounts):
    """A wrong password is refused; after ten tries the right one waits as well."""
    access.accept(accounts, access.invite(accounts, "analyst", NOW), "Robin", PASSWORD, NOW)
    tries = access.Tries()
    assert isinstance(access.sign_in(accounts, tries, "Robin", PASSWORD, NOW), str)
    for _ in range(access.TRIES):
        assert isinstance(access.sign_in(accounts, tries, "Robin", "wrong", NOW), Refusal)
    assert "too many" in access.sign_in(accounts, tries, "Robin", PASSWORD, NOW).reason
    assert isinstance(access.sign_in(accounts, tries, "Robin", PASSWORD, NOW + DAY), str)


def test_session_ends(accounts):
    """A session ends by itself, or by signing out."""
    session = access.accept(accounts, access.invite(accounts, "analyst", NOW), "Robin", PASSWORD, NOW)
    assert access.member(accounts, session, NOW + DAY) is None
    access.sign_out(accounts, session)
    assert access.member(accounts, session, NOW) is None
