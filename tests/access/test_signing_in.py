"""Signing in: tries are counted before a password is looked at, once for all workers; the owner's device passes."""

import threading

import pytest

from avow import access
from avow.access.signing_in import ADDRESS_TRIES, DEVICE_TRIES, NAME_TRIES
from avow.collection.limits import sender_counts
from avow.definitions import Refusal
from avow.store.control import staff

from .conftest import ADMINISTRATOR, DAY, NOW, PASSWORD, keyed

pytestmark = pytest.mark.usefixtures("small_hashes")
WINDOW = sender_counts.WINDOW_MS


@pytest.fixture
def admitted(accounts, guard):
    """Count a try as the door does, and tell whether its password would be looked at, which takes a tenth of a second."""

    def admitted(name="Robin", address="192.0.2.1", device=""):
        return not isinstance(guard.admit(accounts, access.Attempt(name, "wrong", address, device, NOW)), Refusal)

    return admitted


@pytest.fixture
def locked(robin, admitted):
    """An account under whose name strangers failed as often as they may, from many addresses."""
    assert all(admitted(address=f"192.0.2.{number}") for number in range(NAME_TRIES))
    return robin


def test_the_wrong_and_the_many_are_refused(attempt, locked):
    """The right password waits as well, on a device that nobody knows; some minutes later it does not."""
    assert "too many" in attempt().reason
    assert isinstance(attempt(now_ms=NOW + WINDOW + 1), access.SignedIn)


def test_nobody_can_lock_the_owner_out(attempt, locked):
    """The browser that signed in before does so again, while strangers are refused."""
    again = attempt(device=locked.device)
    assert isinstance(again, access.SignedIn)
    assert isinstance(attempt(device=again.device), access.SignedIn)


def test_a_known_device_may_not_guess_for_ever(admitted, attempt, locked):
    """Its tries have a limit of their own."""
    assert [admitted(device=locked.device) for _ in range(DEVICE_TRIES + 1)] == [True] * DEVICE_TRIES + [False]
    assert "too many" in attempt(device=locked.device).reason


@pytest.mark.parametrize("change", ["", "x", ".", "..", "1.2.3", "\uff19.\uff19\uff19.aa"])
def test_an_invented_device_is_not_known(attempt, locked, change):
    """Nothing but what this installation signed passes."""
    assert "too many" in attempt(device=change).reason
    assert "too many" in attempt(device=locked.device + change if change else locked.device[:-1]).reason


def test_a_device_is_known_to_its_own_account_alone(accounts, second, attempt, locked):
    """Kim's browser is a stranger to Robin's account."""
    token = access.invite(accounts, ADMINISTRATOR, NOW)
    kim = access.accept(accounts, second.enter, token, "Kim", PASSWORD, "", NOW)
    assert "too many" in attempt(device=kim.device).reason


def test_a_device_is_forgotten_in_the_end(accounts, robin, guard):
    """After 400 days without a sign-in it is a stranger's."""
    known = [
        guard.admit(accounts, access.Attempt("Robin", "", "", robin.device, NOW + days * DAY)).is_known for days in (399, 401)
    ]
    assert known == [True, False]


def test_names_that_nobody_has_are_counted_alike(attempt, robin):
    """What is said, and after how many tries, is the same, so that nobody learns who has an account."""
    said = [[attempt(name, "wrong", f"198.51.100.{n}").reason for n in range(NAME_TRIES + 2)] for name in ("Robin", "Nobody")]
    assert said[0] == said[1]


def test_a_count_that_does_not_answer_stops_strangers_alone(accounts, tmp_path, robin):
    """The owner's browser gets in all the same."""
    alone = access.Guard(sender_counts.SharedCounts(tmp_path), keyed)  # nobody serves there
    admitted = [alone.admit(accounts, access.Attempt("Robin", PASSWORD, "", device, NOW)) for device in ("", robin.device)]
    assert [isinstance(one, access.Admission) for one in admitted] == [False, True]


def test_an_address_has_a_limit_over_all_names(admitted, attempt, robin):
    """Inventing a new name for each try does not help."""
    assert [admitted(f"Nobody {number}") for number in range(ADDRESS_TRIES + 1)] == [True] * ADDRESS_TRIES + [False]
    assert "too many" in attempt("Somebody else").reason


def test_a_sign_in_is_not_counted_as_a_try(attempt, robin):
    """Whoever knows the password signs in as often as they like."""
    assert all(isinstance(attempt(), access.SignedIn) for _ in range(NAME_TRIES + 2))


def test_tries_at_the_same_moment_are_counted_before_they_are_looked_at(accounts, tmp_path, robin):
    """Of 70 tries at once, by two workers, ten get as far as the password (all 70 did)."""
    sender_counts.serve(tmp_path, sender_counts.Counts())
    workers = [access.Guard(sender_counts.SharedCounts(tmp_path), keyed) for _ in range(2)]
    answers = []

    def knock(number):
        tried = access.Attempt("Robin", "wrong", f"192.0.2.{number}", "", NOW)
        answers.append(workers[number % 2].admit(accounts, tried))

    threads = [threading.Thread(target=knock, args=(number,)) for number in range(70)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), sum(not isinstance(one, Refusal) for one in answers)) == (70, NAME_TRIES)


def test_a_password_that_changes_meanwhile_opens_nothing(accounts, guard, second, robin):
    """Whoever was let try before an account is removed gets no session after it."""
    tried = access.Attempt("Robin", PASSWORD, "192.0.2.1", "", NOW)
    admission = guard.admit(accounts, tried)
    with accounts.control.transaction() as tx:
        staff.remove(tx, admission.account.staff_id)
    assert isinstance(access.sign_in(second.enter, guard, tried, admission), Refusal)
