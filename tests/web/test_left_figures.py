"""Answers that nobody waits for any more: they end, and say nothing, unless something is broken."""

import asyncio
import gc
import logging
import threading

import pytest
from starlette.requests import Request

from avow.store.asker import Asker
from avow.store.events import Events
from avow.web.console.figures import Figures
from avow.web.house import LEFT_KEY


async def gone():
    """Leave at once."""


async def left(work_out):
    """Ask for an answer and leave; return what the loop had to say of futures, once the work is over."""
    said, over = [], threading.Event()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, told: said.append(told["message"]))

    def until_over(asker):
        try:
            return work_out(asker)
        finally:
            over.set()

    figures = Figures(lambda: Asker(Events("http://127.0.0.1:9")))
    response = await figures.answer(Request({"type": "http", "headers": [], LEFT_KEY: gone}), until_over)
    assert response.status_code == 503
    WAIT.set()
    await asyncio.to_thread(over.wait)
    for _ in range(3):
        await asyncio.sleep(0)
        gc.collect()
    return said


WAIT = threading.Event()


@pytest.fixture(autouse=True)
def waiting():
    """What is worked out goes on when its asker has left."""
    WAIT.clear()
    yield
    WAIT.set()


def ask(asker):
    """Ask something after the asker has left."""
    WAIT.wait()
    return asker.query("dashboard_totals")


def fail(_asker):
    """Fail as only a fault of ours does."""
    WAIT.wait()
    raise KeyError("reader@example.com")


def test_what_is_not_worked_out_for_nobody_is_no_error(caplog):
    """A tab that is closed, or reloaded, says nothing in the log."""
    assert asyncio.run(left(ask)) == []
    assert caplog.records == []


def test_a_fault_in_what_nobody_waits_for_is_told_without_its_words(caplog):
    """Its kind alone."""
    with caplog.at_level(logging.ERROR):
        assert asyncio.run(left(fail)) == []
    assert [one.getMessage() for one in caplog.records] == ["a page that was left could not be worked out (KeyError)"]
