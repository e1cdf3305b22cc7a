"""Figures for anybody: counted once for all who ask at one moment, and no queue before a store that does not answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from avow.definitions import StoreUnavailable
from avow.gate.counted import Counted


class Slow:
    """Counts how often it was asked; fails while it is told to, and waits while the gate is closed."""

    def __init__(self):
        self.asked, self.fails, self.gate = 0, False, threading.Event()
        self.gate.set()

    def __call__(self, now_ms):
        self.asked += 1
        self.gate.wait(10)
        time.sleep(0.05)
        if self.fails:
            raise StoreUnavailable("away")
        return now_ms


def test_fifty_who_ask_at_once_cost_one_count():
    """They get the same figures."""
    slow = Slow()
    figures = Counted(30_000, slow)
    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(figures.at, range(50))) <= set(range(50))
    assert slow.asked == 1


def test_who_asks_while_it_is_counted_anew_does_not_wait():
    """The last figures do; they carry their own moment."""
    slow = Slow()
    figures = Counted(30_000, slow)
    figures.at(0)
    slow.gate.clear()
    counting = threading.Thread(target=figures.at, args=(40_000,))
    counting.start()
    while slow.asked < 2:
        time.sleep(0.001)
    assert figures.at(40_000) == 0
    slow.gate.set()
    counting.join()
    assert figures.at(40_000) == 40_000


def test_nobody_waits_in_turn_for_a_store_that_is_away():
    """Whoever came meanwhile is told at once; a moment later it is tried again."""
    slow = Slow()
    slow.fails = True
    figures = Counted(30_000, slow)
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(figures.at, 0) for _ in range(20)]
    assert {type(one.exception()) for one in answers} == {StoreUnavailable}
    assert slow.asked == 1
    slow.fails = False
    time.sleep(1.1)
    assert figures.at(0) == 0


@pytest.mark.parametrize("later", [30_001, -30_001])
def test_figures_are_not_kept_longer(later):
    """Neither after their time, nor when the clock was set back."""
    figures = Counted(30_000, Slow())
    assert figures.at(100_000) == 100_000
    assert figures.at(100_000 + later) == 100_000 + later
