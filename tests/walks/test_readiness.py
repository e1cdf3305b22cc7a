"""A server that answers and does not do its work says so: the storage process stopped and gone on under it."""

import os
import signal
from contextlib import contextmanager

import httpx
from tests.conftest import wait_for
from tests.walks.test_faults import children


def storage_process(pid):
    """Return the process that gives way to the others."""
    (found,) = (one for one in children(pid) if os.getpriority(os.PRIO_PROCESS, one) > os.getpriority(os.PRIO_PROCESS, pid))
    return found


@contextmanager
def stopped(pid):
    """Stop a process, and let it go on at the end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_readyz_turns_with_the_storage_process_and_healthz_does_not(fresh):
    """503 while nothing is stored, with what is wrong; 200 again by itself; alive all the time."""
    fresh.start()

    def says(status):
        answer = httpx.get(f"{fresh.base}/readyz", timeout=10)
        return answer.json() if answer.status_code == status else None

    wait_for(lambda: says(200), 60, "readiness")
    with stopped(storage_process(fresh.process.pid)):
        said = wait_for(lambda: says(503), 60, "the missing storage process")
        assert said["checks"]["storage"]["words"] == "the storage process is silent"
        assert httpx.get(f"{fresh.base}/healthz").status_code == 200
        assert "avow_ready 0\n" in httpx.get(f"{fresh.base}/metrics").text
    wait_for(lambda: says(200), 60, "readiness again")
    assert 'avow_job_failures{job="drain"} 0\n' in httpx.get(f"{fresh.base}/metrics").text
    assert httpx.get(f"{fresh.base}/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
