"""A server that answers and does not do its work says so: the storage process stopped and gone on under it."""

import httpx
from tests.conftest import stopped, storage_process, wait_for


def test_readyz_turns_with_the_storage_process_and_healthz_does_not(installation_of):
    """503 while nothing is stored, with what is wrong; 200 again by itself; alive all the time."""
    served = installation_of().start()

    def says(status):
        answer = httpx.get(f"{served.base}/readyz", timeout=10)
        return answer.json() if answer.status_code == status else None

    def is_silent():  # a worker that has looked within the second before tells what it saw then: nothing yet
        said = says(503)
        return said and said["checks"]["storage"]["words"] == "the storage process is silent"

    wait_for(lambda: says(200), 60, "readiness")
    with stopped(storage_process(served.process.pid)):
        wait_for(is_silent, 60, "the missing storage process")
        assert httpx.get(f"{served.base}/healthz").status_code == 200
        wait_for(lambda: "avow_ready 0\n" in httpx.get(f"{served.base}/metrics").text, 30, "the other worker's word")
    wait_for(lambda: says(200), 60, "readiness again")
    succeeds = 'avow_job_failures{job="drain"} 0\n'  # each worker looks for itself, and at most once a second
    wait_for(lambda: succeeds in httpx.get(f"{served.base}/metrics").text, 30, "the drain")
    assert httpx.get(f"{served.base}/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
