"""The clock's timetable: every job with its interval, each in a thread of its own, none of them able to stop another."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from avow.assurance.signs_of_life import Ran
from avow.definitions import StoreUnavailable

log = logging.getLogger(__name__)

#: After a failure a job waits this much longer than its interval, seconds, so that a broken disk is not hammered.
PAUSE_SECONDS: Final = 2.0
#: A job that works by what is written runs again after so many seconds though nothing was: moments come, too.
REST_SECONDS: Final = 10.0
#: The disk is full, is broken or takes nothing: no job's fault, and over when somebody has seen to it.
_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})


@dataclass(frozen=True, slots=True)
class Job:
    """Something done again and again. `run` returns whether there may be more to do at once.

    `changes` returns what the job works by, as anything that is equal while it is the same; None where nobody knows. A run
    that found nothing to do is left out while it is equal, REST_SECONDS at most.
    """

    name: str
    every_seconds: float
    run: Callable[[], bool]
    changes: Callable[[], object] = lambda: None


class Board:
    """How each job of a timetable does; any thread may write and read."""

    def __init__(self) -> None:
        self._ran: dict[str, Ran] = {}
        self._lock = threading.Lock()

    def expect(self, name: str) -> None:
        """Show a job before its first run ends."""
        with self._lock:
            self._ran.setdefault(name, Ran())

    def done(self, name: str) -> None:
        """Note a run that succeeded."""
        with self._lock:
            self._ran[name] = Ran(time.monotonic())

    def failed(self, name: str, kind: str) -> None:
        """Note a run that did not; a store that does not answer counts, for the job's work is not done."""
        with self._lock:
            before = self._ran.get(name, Ran())
            self._ran[name] = Ran(before.done, before.failures + 1, kind)

    def ran(self) -> Mapping[str, Ran]:
        """Return how each job does."""
        with self._lock:
            return dict(self._ran)


def start(jobs: Sequence[Job], stop: threading.Event, board: Board | None = None) -> list[threading.Thread]:
    """Start every job, noting on the board how it does; each ends soon after `stop` is set."""
    board = board or Board()
    for job in jobs:
        board.expect(job.name)
    threads = [threading.Thread(target=_repeat, args=(job, stop, board), name=f"job-{job.name}", daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    return threads


def _repeat(job: Job, stop: threading.Event, board: Board) -> None:
    """Run one job until stopped; a failure is logged without its data, and tried again."""
    seen, until = None, 0.0  # what the last run that found nothing to do worked by, and until when that is enough
    while not stop.is_set():
        more, pause = False, job.every_seconds
        try:
            now_sees = job.changes()  # before the run: what is written meanwhile is for the next one
            if now_sees is None or now_sees != seen or time.monotonic() >= until:
                seen = None
                more = job.run()
                seen, until = None if more else now_sees, time.monotonic() + REST_SECONDS
            board.done(job.name)
        except Exception as error:  # the clock's door: one failing job must not end the others
            if outage := _outage(error):
                log.warning("job %s waits: %s", job.name, outage)
            else:  # The trace names files and lines; the message could hold a value, so only its type is logged.
                log.error("job %s failed: %s", job.name, type(error).__name__, exc_info=_without_message(error))  # noqa: TRY400 - see above
            board.failed(job.name, type(error).__name__)
            pause += PAUSE_SECONDS
        if not more:
            stop.wait(pause)


def _outage(error: Exception) -> str:
    """Return what a job has to wait for, a store or room on the disk; "" for a fault of the job's own."""
    if isinstance(error, OSError) and error.errno in _DISK:
        return os.strerror(error.errno)
    return str(error) if isinstance(error, StoreUnavailable) else ""


def _without_message(error: Exception) -> Exception:
    """Return an exception with the same trace and no words."""
    return RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
