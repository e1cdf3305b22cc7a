"""What the parts of the vault share: its one connection, its lock, its secret, and how its file is read and written."""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from avow.definitions import Identifier, IdentifierKind, spellings
from avow.store import corrected, keys_file, named

#: Most values bound in one statement: SQLite's own limit is 32,766; one page of the index is enough.
_CHUNK: Final = 500
#: Most rows written in one transaction: some milliseconds, in which every other process waits for the vault.
PIECE: Final = 2_000
#: How long a process waits for another's write before it reports the vault as unavailable.
_BUSY_SECONDS: Final = 20.0
#: What finds a person and is corrected: a browser's number is none of it.
_CORRECTED: Final = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
WRITE_TOMBSTONE: Final = (
    "INSERT INTO tombstones (digest, at_ms) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)"
)


class Base:
    """The vault's file, open; made when missing. Usable from several threads and processes at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        keys_file.create(path)
        self._connection = keys_file.connect(path, _BUSY_SECONDS)
        self._secret = keys_file.secret(self._connection)
        #: What was corrected of people.
        self.corrected = corrected.Marks(self._lock, self._read, self._writing, self.hmac)
        #: What people had deleted by named collection points.
        self.named = named.Marks(self._lock, self._read, self._writing, self.hmac)

    def close(self) -> None:
        """Close the file; no call may follow."""
        with self._lock:
            self._connection.close()

    def hmac(self, label: bytes, data: bytes) -> bytes:
        """Return the HMAC-SHA-256 of `data` under the vault's secret; labels keep uses apart."""
        return hmac.digest(self._secret, len(label).to_bytes(2, "big") + label + data, hashlib.sha256)

    def _digests(self, one: Identifier) -> tuple[bytes, ...]:
        """Return the only forms in which the vault keeps an identifier: its one form, earlier versions', those it took over."""
        own = tuple(self.hmac(b"identifier", f"{form.kind.value}\0{form.value}".encode()) for form in spellings(one))
        return (*own, *self.corrected.also(one)) if one.kind in _CORRECTED else own

    def _marked(self, marks: Iterable[bytes]) -> dict[bytes, int]:
        """Return the moments of those marks that have a tombstone, by look-up: however many there are, none is kept in memory."""
        found: dict[bytes, int] = {}
        for chunk in chunks(dict.fromkeys(marks)):
            found.update(self._read(f"SELECT digest, at_ms FROM tombstones WHERE digest IN ({places(chunk)})", chunk))  # noqa: S608 - only question marks
        return found

    def _read(self, statement: str, values: Sequence[object]) -> Iterator[Any]:  # Any: SQLite's rows
        """Run a read; the caller holds the lock."""
        with keys_file.reached(self.path):
            return iter(self._connection.execute(statement, values).fetchall())

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the vault's one writing transaction; committed durably at the end, undone on any exception."""
        with keys_file.reached(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield self._connection

    def _in_pieces(self, statements: Sequence[str], rows: Sequence[tuple[bytes, ...]]) -> int:
        """Run statements for rows, a piece at a time, so that nobody waits long for the vault; return what the first changed.

        A crash leaves some pieces done: what calls this may be repeated.
        """
        count = 0
        for start in range(0, len(rows), PIECE):
            piece = rows[start : start + PIECE]
            with self._lock:
                with self._writing() as connection:
                    count += max(0, connection.executemany(statements[0], piece).rowcount)
                    for statement in statements[1:]:
                        connection.executemany(statement, piece)
                keys_file.checkpoint(self._connection)
        return count


def chunks(values: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut values into lists short enough for one statement."""
    rest = list(values)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]


def places(chunk: Sequence[bytes]) -> str:
    """Return as many placeholders as there are values."""
    return ",".join("?" * len(chunk))
