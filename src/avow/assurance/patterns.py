"""Many texts looked for at once, in memory that depends on them and not on what is searched.

A text is known by its first eight bytes. All places of a piece are judged together: by a table of hashes, which lets one of some
thousand through; then by the sorted list of beginnings; and what is left is compared whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

#: Bytes by which a text is known; a shorter one cannot be looked for.
BEGINNING: Final = 8
#: Bits of the table of hashes: it has four million places, of a byte each.
_BITS: Final = np.uint64(22)
#: The golden ratio of 64 bits, by which neighbours come apart (Knuth, The Art of Computer Programming, 6.4).
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


class Patterns:
    """Texts of eight bytes or more. Raises ValueError for a shorter one."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        if any(len(text) < BEGINNING for text in texts):
            raise ValueError(f"a text has fewer than {BEGINNING} bytes")
        self._texts = texts
        self.longest = max(map(len, texts), default=1)
        begins = np.array([int.from_bytes(text[:BEGINNING], "little") for text in texts], dtype="<u8")
        order = np.argsort(begins, kind="stable")
        self._numbers: list[int] = order.tolist()
        self._begins = begins[order]
        self._table = np.zeros(1 << int(_BITS), dtype=np.bool_)
        self._table[_places(self._begins)] = True

    def found(self, piece: bytes) -> Iterator[tuple[int, int]]:
        """Yield where a text begins in a piece that holds all of it: the number of the text, and the place."""
        if not self._texts:
            return
        for shift in range(min(BEGINNING, len(piece) - BEGINNING + 1)):
            values = np.frombuffer(piece, dtype="<u8", count=(len(piece) - shift) // BEGINNING, offset=shift)
            likely = np.flatnonzero(self._table[_places(values)])
            if not likely.size:
                continue
            begins = values[likely]
            first = np.searchsorted(self._begins, begins, side="left")
            last = np.searchsorted(self._begins, begins, side="right")
            for at in np.flatnonzero(last > first).tolist():
                start = int(likely[at]) * BEGINNING + shift
                for number in self._numbers[int(first[at]) : int(last[at])]:
                    if piece.startswith(self._texts[number], start):
                        yield number, start


def _places(values: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return where in the table each value is."""
    return (values * _SPREAD) >> (np.uint64(64) - _BITS)
