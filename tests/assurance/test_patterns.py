"""Many texts at once: the same is found as by looking for each alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.assurance.patterns import BEGINNING, Patterns

#: Few letters, so that texts overlap, begin alike and are within each other.
TEXTS = st.lists(st.text("ab", min_size=BEGINNING, max_size=14).map(str.encode), max_size=12)
PIECES = st.text("ab", max_size=200).map(str.encode)


def one_by_one(texts, piece):
    return sorted((n, at) for n, text in enumerate(texts) for at in range(len(piece)) if piece.startswith(text, at))


@given(TEXTS, PIECES)
def test_the_same_is_found_as_one_by_one(texts, piece):
    """Each place of each text, whatever else is there."""
    assert sorted(Patterns(texts).found(piece)) == one_by_one(texts, piece)


def test_thousands_are_found_wherever_they_begin():
    """At every place of a word of eight bytes, at both ends, and two that begin alike."""
    texts = [f"person-{number:06d}@example.com".encode() for number in range(5_000)]
    piece = b"".join(bytes(number % 11) + text for number, text in enumerate(texts[::7]))
    found = list(Patterns(texts).found(piece))
    assert sorted(number for number, _ in found) == list(range(0, 5_000, 7))
    assert all(piece.startswith(texts[number], at) for number, at in found)


def test_a_text_of_fewer_bytes_is_refused():
    """It would be found everywhere."""
    with pytest.raises(ValueError, match="fewer than 8"):
        Patterns([b"12345678", b"1234567"])
