"""Accounts over a real control store, and the guard over the real count of senders."""

import hmac

import pytest
from tests.conftest import control_in
from tests.houses import house, published  # noqa: F401 - fixtures

from avow import access
from avow.access.accounts import Accounts
from avow.collection.limits.sender_counts import Counts

NOW, DAY = 1_795_000_000_000, 86_400_000
PASSWORD = "a long sentence for tests"


def keyed(label, data):
    return hmac.digest(b"secret of the tests", label + data, "sha256")


@pytest.fixture
def accounts(tmp_path):
    control = control_in(tmp_path)
    yield Accounts(control)
    control.close()


@pytest.fixture
def guard():
    return access.Guard(Counts(), keyed)


@pytest.fixture
def robin(accounts, guard):
    """Robin's account; what the browser got that made it."""
    return access.accept(accounts, guard, access.invite(accounts, "privacy-officer", NOW), "Robin", PASSWORD, NOW)


@pytest.fixture
def attempt(accounts, guard):
    """Sign in as the door does; return what the browser gets, or the refusal."""

    def attempt(name="Robin", password=PASSWORD, address="192.0.2.1", device="", now_ms=NOW):
        tried = access.Attempt(name, password, address, device, now_ms)
        admission = guard.admit(accounts, tried)
        return access.sign_in(accounts, guard, tried, admission) if isinstance(admission, access.Admission) else admission

    return attempt
