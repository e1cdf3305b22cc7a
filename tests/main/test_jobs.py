"""The clock's door: what a job waits for is a line, a fault of its own a trace without words, and each is tried again."""

import errno
import threading

import pytest
from tests.conftest import control_in, wait_for

from avow import jobs
from avow.definitions import StoreUnavailable
from avow.store.control import settings

FULL = OSError(errno.ENOSPC, "No space left on device", "/data/audit/robin@example.com")


@pytest.mark.parametrize(
    ("failing", "line"),
    [
        (FULL, "job once waits: No space left on device"),
        (StoreUnavailable("keys.db is locked"), "job once waits: keys.db is locked"),
        (ValueError("robin@example.com"), "job once failed: ValueError"),
    ],
)
def test_what_a_job_waits_for_is_a_line(failing, line, caplog, monkeypatch):
    """No words of a fault of its own, nor the name of a file, stand in the log; the job runs again."""
    monkeypatch.setattr(jobs, "PAUSE_SECONDS", 0.0)
    stop, ran = threading.Event(), []

    def run():
        ran.append(1)
        if len(ran) == 1:
            raise failing
        stop.set()
        return False

    for thread in jobs.start([jobs.Job("once", 0.0, run)], stop):
        thread.join()
    assert line in caplog.text
    assert "robin" not in caplog.text
    assert ("Traceback" in caplog.text) == isinstance(failing, ValueError)


def test_a_job_that_works_by_what_is_written_rests_until_something_is(tmp_path):
    """It looks again and again, and runs once for the start, and once for what somebody else wrote."""
    control, other, stop, looks, ran = control_in(tmp_path), control_in(tmp_path), threading.Event(), [], []
    job = jobs.Job("written", 0.0, lambda: bool(ran.append(1)), lambda: looks.append(1) or control.changes())
    (thread,) = jobs.start([job], stop)
    wait_for(lambda: len(looks) > 50, what="looks")
    assert len(ran) == 1
    with other.transaction() as tx:
        settings.put(tx, "of-a-test", "1")
    wait_for(lambda: len(ran) == 2, what="the run after a commit")
    stop.set()
    thread.join()
    control.close()
    other.close()


def test_a_job_at_rest_runs_again_after_a_while(monkeypatch):
    """Moments come, though nothing is written; and who does not know what was written runs each time."""
    monkeypatch.setattr(jobs, "REST_SECONDS", 0.0)
    for changes in (lambda: 1, lambda: None):
        stop, ran = threading.Event(), []
        (thread,) = jobs.start([jobs.Job("again", 0.0, lambda ran=ran: bool(ran.append(1)), changes)], stop)
        wait_for(lambda ran=ran: len(ran) > 5, what="runs")
        stop.set()
        thread.join()


def test_a_look_at_what_was_written_makes_no_store(tmp_path):
    """A control store that is gone is missing, and never a new one."""
    control = control_in(tmp_path)
    (tmp_path / "control.db").unlink()
    assert control.changes() is None
    assert not (tmp_path / "control.db").exists()
    control.close()
