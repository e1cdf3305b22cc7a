"""Whether this installation does its work, as one web worker sees it: `/readyz`, `/metrics`, and the console's banner.

Alive is not ready (docs/decisions/0041-ready-is-not-alive.md). Each part looks at one thing that can fail by itself, in a
thread of its own: one that raises, or does not answer in time, is not ready, and keeps nobody from hearing of the others.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

#: How long the parts have to answer, seconds; a monitor gives up after 5 or 10.
PATIENCE_SECONDS: Final = 2.0
#: For so long an answer is given again, seconds: asking often costs nothing.
KEEP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be so: its value and the limit that it may not pass, and in words what is wrong.

    `value` None: not known, or no number.
    """

    name: str
    is_ok: bool
    words: str
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure at this moment, or one for each value of a label."""

    name: str
    help: str
    value: float | Mapping[str, float]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All checks and figures of a moment."""

    checks: tuple[Check, ...]
    metrics: tuple[Metric, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every check holds."""
        return all(one.is_ok for one in self.checks)

    @property
    def failing(self) -> tuple[Check, ...]:
        """Return the checks that do not hold."""
        return tuple(one for one in self.checks if not one.is_ok)


Look = Callable[[], Report]


class Watch:
    """Looks at all parts. Any thread may ask."""

    def __init__(self, parts: Mapping[str, Look]) -> None:
        self._parts = parts
        self._threads = ThreadPoolExecutor(len(parts), thread_name_prefix="readiness")
        self._looking: dict[str, tuple[float, Future[Report]]] = {}
        self._kept: tuple[float, Report] | None = None
        self._lock = threading.Lock()

    def report(self) -> Report:
        """Return what is so now, or was a second ago; after PATIENCE_SECONDS without what does not answer."""
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > KEEP_SECONDS:
                found = self._look()
                self._kept = time.monotonic(), found
            return self._kept[1]

    def _look(self) -> Report:
        """Ask every part that is not still looking, and wait for all; one that hangs is asked once, however often we are."""
        for name, look in self._parts.items():
            if name not in self._looking:
                self._looking[name] = time.monotonic(), self._threads.submit(look)
        wait([future for _, future in self._looking.values()], timeout=PATIENCE_SECONDS)
        found = [self._answer(name) for name in self._parts]
        checks = tuple(check for one in found for check in one.checks)
        metrics = tuple(metric for one in found for metric in one.metrics)
        is_ready = all(check.is_ok for check in checks)
        ready = Metric("avow_ready", "1 when every check of /readyz holds, else 0.", float(is_ready))
        return Report(checks, (ready, *metrics))

    def _answer(self, name: str) -> Report:
        since, future = self._looking[name]
        if not future.done():
            waited = time.monotonic() - since
            return Report((Check(name, is_ok=False, words=f"no answer for {waited:.0f} s"),), ())
        del self._looking[name]
        error = future.exception()
        if error is not None:  # its words could quote a value
            return Report((Check(name, is_ok=False, words=f"cannot be looked at ({type(error).__name__})"),), ())
        return future.result()
