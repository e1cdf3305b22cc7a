"""The clock's door: what a job waits for is a line, a fault of its own a trace without words, and each is tried again."""

import errno
import threading

import pytest

from avow import jobs
from avow.definitions import StoreUnavailable

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
