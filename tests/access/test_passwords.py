"""Passwords are looked at one after the other, in a thread of their own, with a short queue in front."""

import threading

import pytest

from avow.access import Passwords
from avow.access.passwords import PLACES, PLACES_KNOWN


@pytest.fixture
def passwords():
    return Passwords()


@pytest.fixture
def stopped(passwords):
    """The queue while one password is looked at for as long as the test needs."""
    go_on = threading.Event()
    passwords.later(go_on.wait, is_known=False)
    yield passwords
    go_on.set()


def test_a_flood_finds_the_queue_full(stopped):
    """Strangers have some places, so that a flood takes the memory of one hash and not of each of its requests."""
    answers = [stopped.later(int, is_known=False) for _ in range(PLACES + 20)]
    assert sum(one is not None for one in answers) == PLACES - 1


def test_a_known_device_finds_a_place_in_a_flood(stopped):
    """Strangers cannot take every place; known devices cannot take more than there are."""
    while stopped.later(int, is_known=False) is not None:
        pass
    answers = [stopped.later(int, is_known=True) for _ in range(PLACES_KNOWN)]
    assert sum(one is not None for one in answers) == PLACES_KNOWN - PLACES


def test_one_after_the_other_in_one_thread(passwords):
    """Neither the thread of the event loop nor those of pages; a place is free again once its answer is there."""
    names = {passwords.later(lambda: threading.current_thread().name, is_known=True).result(60) for _ in range(PLACES_KNOWN + 4)}
    assert names == {"passwords_0"}


def test_what_fails_leaves_its_place(passwords):
    """An error is its asker's, and takes no place for ever."""
    failing = [passwords.later(lambda: 1 // 0, is_known=False) for _ in range(PLACES)]
    assert all(isinstance(one.exception(60), ZeroDivisionError) for one in failing)
    assert passwords.later(int, is_known=False).result(60) == 0
