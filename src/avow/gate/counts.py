"""Counts per row, held in memory between two flushes to the store: refusals and browser reports."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from contextlib import ExitStack
from typing import Generic, TypeVar

__all__ = ["Counts"]

Row = TypeVar("Row", bound=Hashable)


class Counts(Generic[Row]):
    """At most `limit` different rows between two flushes; what exceeds it is counted under the row `merge` makes of it."""

    def __init__(self, limit: int, merge: Callable[[Row], Row]) -> None:
        self._counts: Counter[Row] = Counter()
        self._lock = threading.Lock()
        self._limit = limit
        self._merge = merge

    def add(self, row: Row, count: int = 1) -> None:
        """Count one, or as many as are said."""
        with self._lock:
            if row not in self._counts and len(self._counts) >= self._limit:
                row = self._merge(row)
            self._counts[row] += count

    def flush(self, store: Callable[[Mapping[Row, int]], None]) -> None:
        """Hand over what was counted since the last flush; kept for the next one when the store does not take it."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        with ExitStack() as unless_taken:
            unless_taken.callback(self._restore, counts)
            store(counts)
            unless_taken.pop_all()

    def _restore(self, counts: Mapping[Row, int]) -> None:
        with self._lock:
            self._counts.update(counts)
