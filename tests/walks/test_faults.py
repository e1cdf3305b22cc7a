"""Crashes under load: what was acknowledged is found afterwards exactly once, whatever was killed when."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException

import pytest
from tests.conftest import children, forked_from, is_running, stopped, storage_process, wait_for

KILLS = 30
SENDERS = 3
SECONDS_AT_MOST = 120
#: Between two events of a sender, seconds: the load is some hundred in a second, not all that the machine can take.
PAUSE = 0.005
AGENT = {"User-Agent": "Mozilla/5.0 Firefox/145.0"}


@pytest.fixture(scope="module")
def house(shared_installation_of):
    """An installation that is started as an operator does, for seconds of a core: its server goes from test to test."""
    return shared_installation_of(forked=False)


@pytest.fixture
def served(house):
    """The installation with a server, which the test may kill as long as it leaves one."""
    return house if house.process and not house._has_ended() else house.start()


def send_until(stop, base, sender, acknowledged, attempted):
    """Send one event after the other; note each that was acknowledged."""
    number = 0
    with closing(HTTPConnection(base.removeprefix("http://"), timeout=5)) as client:
        while not stop.wait(PAUSE):
            number += 1
            page = f"/fault/{sender}/{number}"
            attempted.add(page)
            try:
                client.request("POST", "/avow/events", json.dumps({"events": [{"point": "page-view", "page": page}]}), AGENT)
                answer = client.getresponse()
                answer.read()
            except (OSError, HTTPException):
                client.close()  # the next event has a new connection
                continue
            if answer.status == 204:
                acknowledged.add(page)


def test_a_server_killed_while_it_starts_leaves_no_process_behind(house):
    """An orphan would hold the event engine, and no later start could open it."""
    house.stop()
    log = house.output.open("ab")
    command = [sys.executable, "-m", "avow", "--config", str(house.config), "serve"]
    with subprocess.Popen(command, stdout=log, stderr=log, cwd=house.folder) as server:
        wait_for(lambda: len(children(server.pid)) == 3, 60, "a storage process and two workers")
        started = [*children(server.pid), *forked_from(server.pid)]
        server.kill()  # before any of them could look whose child it is
    wait_for(lambda: not any(map(is_running, started)), 30, "the end of the processes")
    house.start()
    wait_for((house.data / "run" / "engine.json").exists, 30, "the event engine")


def test_the_process_that_forks_the_others_may_be_killed(served):
    """It is started again with all of them, and no storage process of before stays beside the new one."""
    before = children(served.process.pid)
    (forking,) = forked_from(served.process.pid)
    os.kill(forking, signal.SIGKILL)
    wait_for(lambda: not any(map(is_running, before)), 30, "the end of the processes")
    wait_for(lambda: len(children(served.process.pid)) == 3, 60, "a storage process and two workers")
    served.drain()


def test_a_new_server_waits_for_the_storage_process_of_the_one_before(served):
    """It stands still while its server is killed and another is started: two engines over one folder would lose events."""
    old, said = storage_process(served.process.pid), len(served.output.read_text())
    with stopped(old):
        served.process.kill()
        served.process.wait()
        served.start()
        wait_for(lambda: "the storage process of before still ends" in served.output.read_text()[said:], 60, "the sentence")
        assert is_running(old)
    wait_for(lambda: not is_running(old), 60, "the end of the one before")
    served.drain()


def test_an_engine_that_is_not_there_is_said_in_a_line(installation_of):
    """The pages stand meanwhile, and what comes in waits in the spool."""
    house = installation_of(extra='[storage]\nevents = "http://127.0.0.1:9"\n', workers=1).start()
    wait_for(lambda: "the storage process cannot start: " in house.output.read_text(), 60, "the reason")
    assert "Traceback" not in house.output.read_text()
    assert house.browser().get("/").status_code == 200
    assert house.browser().get("/avow/pixel.gif?page=/").status_code == 200


def test_every_acknowledged_event_survives_thirty_kills_once(served):
    """Workers and storage process are killed at random under load; nothing acknowledged is lost, nothing comes twice."""
    chance = random.Random(4711)
    stop, acknowledged, attempted = threading.Event(), set(), set()
    arguments = [(stop, served.base, sender, acknowledged, attempted) for sender in range(SENDERS)]
    senders = [threading.Thread(target=send_until, args=one) for one in arguments]
    for sender in senders:
        sender.start()
    until, kills = time.monotonic() + SECONDS_AT_MOST, 0
    while kills < KILLS and time.monotonic() < until:
        time.sleep(chance.uniform(0.2, 1.2))
        alive = children(served.process.pid)
        if alive:
            os.kill(chance.choice(alive), signal.SIGKILL)
            kills += 1
    stop.set()
    for sender in senders:
        sender.join()
    assert kills == KILLS
    assert len(acknowledged) > KILLS
    wait_for(lambda: not acknowledged - served.stored("/fault/").keys(), 60, "what was acknowledged")
    served.drain()  # a second copy, if there were one, would come with the next drains
    found = served.stored("/fault/")
    assert acknowledged - found.keys() == set()
    assert {page: count for page, count in found.items() if count != 1} == {}
    assert found.keys() <= attempted
