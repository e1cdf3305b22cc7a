"""Figures that pages show to anybody, counted at most once in a while, however many people ask at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from avow.definitions import StoreUnavailable

_T = TypeVar("_T")

#: A store that did not answer is asked again after so many seconds; who came meanwhile does not wait for it in turn.
RETRY_SECONDS: Final = 1.0


class Counted(Generic[_T]):
    """A value that `count` works out from the stores at a moment; any thread may ask.

    One thread counts again when `keep_ms` have passed; the others get the last value meanwhile. Only while there is none
    do they wait. Raises StoreUnavailable.
    """

    def __init__(self, keep_ms: int, count: Callable[[int], _T]) -> None:
        self._keep_ms = keep_ms
        self._count = count
        self._kept: tuple[int, _T] | None = None
        self._failed: tuple[float, StoreUnavailable] | None = None
        self._lock = threading.Lock()

    def at(self, now_ms: int) -> _T:
        """Return the value as it was counted a moment ago."""
        kept = self._kept
        if kept is not None and self._is_fresh(kept[0], now_ms):
            return kept[1]
        if not self._lock.acquire(blocking=kept is None):
            assert kept is not None
            return kept[1]
        try:
            return self._counted(now_ms)
        finally:
            self._lock.release()

    def _counted(self, now_ms: int) -> _T:
        kept, failed = self._kept, self._failed
        if kept is not None and self._is_fresh(kept[0], now_ms):  # by the thread before
            return kept[1]
        if failed is not None and time.monotonic() - failed[0] < RETRY_SECONDS:
            raise StoreUnavailable(str(failed[1]))
        try:
            value = self._count(now_ms)
        except StoreUnavailable as error:
            self._failed = time.monotonic(), error
            raise
        self._kept, self._failed = (now_ms, value), None
        return value

    def _is_fresh(self, at_ms: int, now_ms: int) -> bool:
        return abs(now_ms - at_ms) <= self._keep_ms  # a clock that was set back keeps nothing longer
