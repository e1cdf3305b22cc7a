"""What is counted between two flushes is handed over once, survives a store that fails, and has a limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from avow.gate.counts import Counts


def test_a_store_that_fails_loses_nothing_and_one_that_takes_it_gets_it_once() -> None:
    counts = Counts[str](10, lambda _: "(other)")
    counts.add("a")

    def fails(_: Mapping[str, int]) -> None:
        counts.add("a")  # another request, while the store is busy
        raise OSError("the store is away")

    with pytest.raises(OSError, match="away"):
        counts.flush(fails)
    taken: Counter[str] = Counter()
    counts.flush(taken.update)
    counts.flush(taken.update)
    assert taken == {"a": 2}


def test_rows_beyond_the_limit_are_counted_together() -> None:
    counts = Counts[str](2, lambda _: "(other)")
    for row in ("a", "b", "c", "d", "a"):
        counts.add(row)
    taken: Counter[str] = Counter()
    counts.flush(taken.update)
    assert taken == {"a": 2, "b": 1, "(other)": 2}
