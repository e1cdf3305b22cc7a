"""Marks of deletions that named collection points: whatever of a person was collected there before a moment stays away.

    mark   HMAC of a person's pseudonym and a point -> moment, next to the tombstones: it outlives a restore of older data or keys

One more mark says that there is any: where nobody ever named a point, nothing is looked for.
Rule: 11 CCR 7022(b)(1), (d), (h).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

_WRITE: Final = (
    "INSERT INTO tombstones (digest, at_ms) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)"
)
#: Marks asked for in one statement.
_ASKED: Final = 500


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one vault; what reads and writes its file is the vault's own, and so is the secret of the hashes."""

    lock: AbstractContextManager[object]
    read: Callable[[str, Sequence[object]], Iterable[Any]]  # Any: SQLite's rows
    writing: Callable[[], AbstractContextManager[sqlite3.Connection]]
    hmac: Callable[[bytes, bytes], bytes]

    def note(self, subjects: Collection[bytes], points: Collection[str], at_ms: int) -> None:
        """Note that what was collected of these people at these points until a moment is deleted; the later moment wins."""
        marks = [self._mark(subject, point) for subject in subjects for point in points]
        with self.lock, self.writing() as connection:
            connection.executemany(_WRITE, [(mark, at_ms) for mark in (*marks, self._any)])

    def is_any(self) -> bool:
        """Return whether anybody ever had what came by named points deleted."""
        with self.lock:
            return any(True for _ in self.read("SELECT 1 FROM tombstones WHERE digest = ?", (self._any,)))

    def until(self, pairs: Iterable[tuple[bytes, str]]) -> dict[tuple[bytes, str], int]:
        """Return until when what was collected is deleted, for those pairs of pseudonym and point of which anything is."""
        named = {self._mark(*pair): pair for pair in pairs}
        found: dict[tuple[bytes, str], int] = {}
        with self.lock:
            for some in _some(list(named)):
                asked = f"SELECT digest, at_ms FROM tombstones WHERE digest IN ({','.join('?' * len(some))})"  # noqa: S608 - only question marks
                found |= {named[bytes(mark)]: at_ms for mark, at_ms in self.read(asked, some)}
        return found

    @property
    def _any(self) -> bytes:
        return self.hmac(b"named", b"any")

    def _mark(self, subject: bytes, point: str) -> bytes:
        return self.hmac(b"named point", subject + point.encode())


def _some(marks: list[bytes]) -> Iterator[list[bytes]]:
    yield from (marks[start : start + _ASKED] for start in range(0, len(marks), _ASKED))
