"""Accounts over a real control store, and the guard over the real count of senders."""

import hmac

import pytest
from tests.conftest import control_in
from tests.houses import house, published  # noqa: F401 - fixtures

from avow import access
from avow.access.accounts import Accounts
from avow.access.apps import Codes
from avow.access.passkeys import Passkeys
from avow.collection.limits.sender_counts import Counts

NOW, DAY = 1_795_000_000_000, 86_400_000
PASSWORD = "a long sentence for tests"
ADMINISTRATOR = ("administrator",)
IDLE_MS = 30 * 60_000


def keyed(label, data):
    return hmac.digest(b"secret of the tests", label + data, "sha256")


def second_of(control, guard, *, is_required=False, keyed=keyed, failures=None):
    """Return what asks for second factors over a control store, at an origin with a name."""
    passkeys = Passkeys(keyed, "https://avow.example", "Avow")
    sessions = access.Sessions(control, IDLE_MS)
    return access.Second(sessions, guard, failures or access.Failures(), Codes(keyed), passkeys, is_required, "Marrowby")


@pytest.fixture
def accounts(tmp_path):
    control = control_in(tmp_path)
    yield Accounts(control)
    control.close()


@pytest.fixture
def guard():
    return access.Guard(Counts(), keyed)


@pytest.fixture
def second(accounts, guard):
    """Second factors, which no account needs."""
    return second_of(accounts.control, guard)


@pytest.fixture
def robin(accounts, second):
    """Robin's account; what the browser got that made it."""
    token = access.invite(accounts, ADMINISTRATOR, NOW)
    return access.accept(accounts, second.enter, token, "Robin", PASSWORD, "Firefox on Linux", NOW)


@pytest.fixture
def attempt(accounts, guard, second):
    """Sign in as the door does; return what the browser gets, or the refusal."""

    def attempt(name="Robin", password=PASSWORD, address="192.0.2.1", device="", now_ms=NOW):
        tried = access.Attempt(name, password, address, device, now_ms)
        admission = guard.admit(accounts, tried)
        if not isinstance(admission, access.Admission):
            return admission
        return access.sign_in(second.enter, guard, tried, admission)

    return attempt
