"""The clock's timetable: every job with its interval, each in a thread of its own, none of them able to stop another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import StoreUnavailable

log = logging.getLogger(__name__)

#: After a failure a job waits this much longer than its interval, seconds, so that a broken disk is not hammered.
PAUSE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Job:
    """Something done again and again. `run` returns whether there may be more to do at once."""

    name: str
    every_seconds: float
    run: Callable[[], bool]


def start(jobs: Sequence[Job], stop: threading.Event) -> list[threading.Thread]:
    """Start every job; each ends soon after `stop` is set."""
    threads = [threading.Thread(target=_repeat, args=(job, stop), name=f"job-{job.name}", daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    return threads


def _repeat(job: Job, stop: threading.Event) -> None:
    """Run one job until stopped; a failure is logged without its data, and tried again."""
    while not stop.is_set():
        more, pause = False, job.every_seconds
        try:
            more = job.run()
        except StoreUnavailable as error:
            log.warning("job %s waits: %s", job.name, error)
            pause += PAUSE_SECONDS
        except Exception as error:  # the clock's door: one failing job must not end the others
            # The trace names files and lines; the message could hold a value, so only its type is logged.
            log.error("job %s failed: %s", job.name, type(error).__name__, exc_info=_without_message(error))  # noqa: TRY400 - see above
            pause += PAUSE_SECONDS
        if not more:
            stop.wait(pause)


def _without_message(error: Exception) -> Exception:
    """Return an exception with the same trace and no words."""
    return RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
