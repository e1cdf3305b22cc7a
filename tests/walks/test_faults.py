"""Crashes under load: what was acknowledged is found afterwards exactly once, whatever was killed when."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import clickhouse_connect
import httpx
from tests.conftest import wait_for

KILLS = 30
SENDERS = 3
SECONDS_AT_MOST = 120


def children(pid):
    """Return the workers and the storage process of a server; not the helper that Python starts beside them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            continue
        if parent == pid and b"resource_tracker" not in command:
            found.append(int(stat.parent.name))
    return found


def send_until(stop, base, sender, acknowledged, attempted):
    """Send one event after the other; note each that was acknowledged."""
    number = 0
    with httpx.Client(base_url=base, timeout=5, headers={"User-Agent": "Mozilla/5.0 Firefox/145.0"}) as client:
        while not stop.is_set():
            number += 1
            page = f"/fault/{sender}/{number}"
            attempted.add(page)
            try:
                answer = client.post("/avow/events", content=json.dumps({"events": [{"point": "page-view", "page": page}]}))
            except httpx.HTTPError:
                continue
            if answer.status_code == 204:
                acknowledged.add(page)


def stored(installation):
    """Return how often each page stands in the event store; nothing while the engine is being started."""
    try:
        url = json.loads((installation.data / "run" / "engine.json").read_text())["url"]
        client = clickhouse_connect.get_client(dsn=url)
        rows = client.query("SELECT page, count() FROM events WHERE startsWith(page, '/fault/') GROUP BY page").result_rows
        client.close()
    except Exception:  # noqa: BLE001 - the engine that answers may be the one that was just killed
        return {}
    return dict(rows)


def test_a_server_killed_while_it_starts_leaves_no_process_behind(fresh):
    """An orphan would hold the event engine, and no later start could open it."""
    log = fresh.output.open("ab")
    command = [sys.executable, "-m", "avow", "--config", str(fresh.config), "serve"]
    with subprocess.Popen(command, stdout=log, stderr=log, cwd=fresh.folder) as server:
        wait_for(lambda: len(children(server.pid)) == 3, 60, "a storage process and two workers")
        started = children(server.pid)
        server.kill()  # before any of them could look whose child it is
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started), 30, "the end of the processes")
    fresh.start()
    wait_for((fresh.data / "run" / "engine.json").exists, 30, "the event engine")


def test_an_engine_that_is_not_there_is_said_in_a_line(installation_of):
    """The pages stand meanwhile, and what comes in waits in the spool."""
    house = installation_of(extra='[storage]\nevents = "http://127.0.0.1:9"\n').start()
    wait_for(lambda: "the storage process cannot start: " in house.output.read_text(), 60, "the reason")
    assert "Traceback" not in house.output.read_text()
    assert house.browser().get("/").status_code == 200
    assert house.browser().get("/avow/pixel.gif?page=/").status_code == 200


def test_every_acknowledged_event_survives_thirty_kills_once(fresh):
    """Workers and storage process are killed at random under load; nothing acknowledged is lost, nothing comes twice."""
    fresh.start()
    chance = random.Random(4711)
    stop, acknowledged, attempted = threading.Event(), set(), set()
    arguments = [(stop, fresh.base, sender, acknowledged, attempted) for sender in range(SENDERS)]
    senders = [threading.Thread(target=send_until, args=one) for one in arguments]
    for sender in senders:
        sender.start()
    until, kills = time.monotonic() + SECONDS_AT_MOST, 0
    while kills < KILLS and time.monotonic() < until:
        time.sleep(chance.uniform(0.2, 1.2))
        alive = children(fresh.process.pid)
        if alive:
            os.kill(chance.choice(alive), signal.SIGKILL)
            kills += 1
    stop.set()
    for sender in senders:
        sender.join()
    assert kills == KILLS
    assert len(acknowledged) > KILLS * 10
    limit = time.monotonic() + 60
    while acknowledged - (found := stored(fresh)).keys() and time.monotonic() < limit:
        time.sleep(0.5)
    time.sleep(3)  # a second copy, if there were one, would come with the next drains
    found = stored(fresh)
    assert acknowledged - found.keys() == set()
    assert {page: count for page, count in found.items() if count != 1} == {}
    assert found.keys() <= attempted
