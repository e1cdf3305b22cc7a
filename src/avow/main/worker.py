"""A web worker: collector, pages and the door in front of them; built after the fork, in the worker's own process."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import multiprocessing
import os
import resource
import signal
import socket
import threading
from pathlib import Path
from typing import Final

import uvloop

from avow import jobs
from avow.collection.limits.sender_counts import SharedCounts
from avow.collection.visits import LOOK_SECONDS
from avow.config import load
from avow.definitions import AvowError, now_ms
from avow.main import rooms
from avow.main.installation import Installation, open_store
from avow.web.doors import Doors
from avow.web.http1 import Connections
from avow.web.misdirected import Misdirected

log = logging.getLogger(__name__)

#: Requests that are under way when a worker is stopped have so long to end, seconds.
STOP_SECONDS: Final = 15.0
#: Free memory that a worker keeps instead of giving it back to the system, bytes.
KEPT_BYTES: Final = 16 * 1024 * 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
#: How often counts of refusals and reports go to the store, seconds.
FLUSH_SECONDS: Final = 1.0
#: How often a worker looks for a version that was published, seconds. An announced one it takes at its midnight by itself.
VERSIONS_SECONDS: Final = 1.0


def run(configuration_path: Path, listener: socket.socket) -> None:
    """Serve HTTP on a listening socket until SIGTERM or SIGINT, or until the server that started this process is gone."""
    _keep_memory()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(configuration_path, listener))
    except AvowError as error:
        log.error("the web worker cannot go on: %s", error)  # noqa: TRY400 - the operator needs the reason, not our lines
        raise SystemExit(1) from None


def _keep_memory() -> None:
    """Have the C library keep what a group of some megabytes took, for the next one (mallopt(3)).

    Giving it back and asking for it again costs a quarter of the time that a chunk of a recording takes, or more.
    """
    with contextlib.suppress(AttributeError):  # another C library than glibc, which decides by itself
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, KEPT_BYTES)


async def _serve(configuration_path: Path, listener: socket.socket) -> None:
    """Take connections until told to stop; then answer what is under way."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the usual 1,024 are fewer than the connections taken
    installation = Installation(load(configuration_path))
    store = open_store(installation.configuration)
    _stop_without_server()
    shared = rooms.shared(installation, store, SharedCounts(installation.run), now_ms)
    door = Doors(
        shared.intake.versions,
        shared.sites,
        lambda site, rulebook: rooms.front(shared, site, rulebook).door(),
        Misdirected(shared.assets).answer,
    )
    door.prepare()
    timetable = [
        jobs.Job("counts", FLUSH_SECONDS, shared.flush),
        jobs.Job("versions", VERSIONS_SECONDS, door.prepare, store.control.changes),
        jobs.Job("salt", LOOK_SECONDS, lambda: shared.intake.visits.forget(now_ms())),
    ]
    jobs.start(timetable, threading.Event())
    connections = Connections(door, loop)
    server = await connections.listen(listener)
    await stop.wait()
    server.close()
    await connections.stop(STOP_SECONDS)
    shared.intake.spool.close()
    shared.flush()


def _stop_without_server() -> None:
    """End this worker when the server that started it is gone, so that no orphan keeps the port.

    What was acknowledged is on the disk: nothing has to be finished.
    """
    parent = multiprocessing.parent_process()

    def check() -> bool:
        if parent is not None and not parent.is_alive():
            os._exit(1)
        return False

    jobs.start([jobs.Job("server-watch", 1.0, check)], threading.Event())
