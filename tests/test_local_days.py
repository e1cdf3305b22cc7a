"""Spans of moments as a question of the event store names them."""

import pytest

from avow.local_days import RANGES, ranges


@pytest.mark.parametrize(
    ("spans", "named"),
    [
        ([(1, 1)], [1, 1]),
        ([(1, 2)], [1, 2]),
        ([(1, 2), (9, 10)], [1, 2, 9, 10]),
        ([(1, 2), (3, 4), (9, 10)], [1, 4, 9, 10]),
        ([(1, 2), (6, 7), (9, 10)], [1, 2, 6, 10]),
        ([(1, 2), (3, 4), (9, 10), (12, 13), (15, 16)], [1, 4, 9, 16]),
    ],
)
def test_the_nearest_of_many_spans_are_named_together(spans, named):
    """So many as are named, and each moment of a span is in one of them."""
    assert ranges(spans) == named
    assert len(named) <= 2 * RANGES
