"""The named keys of the vault: of spool segments, days without a known person, consumer requests, recordings, kept records."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Final

from avow.definitions import StoreUnavailable
from avow.store import keys_file, sealing
from avow.store.keys_base import PIECE, WRITE_TOMBSTONE, Base

DESTROY_NAMED: Final = "DELETE FROM named_keys WHERE scope = ? AND name = ?"
#: The label of marks of what was kept beyond an erasure, and is kept no more.
KEPT_ENDED: Final = b"kept ended"


class NamedKeys(Base):
    """Keys that belong to a thing, and not to a person."""

    def create_key(self, scope: str, name: str) -> bytes:
        """Return the key of this name, made when missing."""
        existing = self.get_key(scope, name)
        if existing is not None:
            return existing
        with self._lock, self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO named_keys (scope, name, key) VALUES (?, ?, ?)",
                (scope, name, secrets.token_bytes(sealing.KEY_BYTES)),
            )
        key = self.get_key(scope, name)
        if key is None:
            raise StoreUnavailable(f"{self.path.name}: the key {scope}/{name} was destroyed while it was made; try again")
        return key

    def get_key(self, scope: str, name: str) -> bytes | None:
        """Return the key of this name, or None when there is none (never made, or destroyed)."""
        with self._lock:
            rows = list(self._read("SELECT key FROM named_keys WHERE scope = ? AND name = ?", (scope, name)))
        return rows[0][0] if rows else None

    def destroy_key(self, scope: str, name: str) -> None:
        """Destroy one named key, bytes included. Safe to repeat."""
        self.destroy_keys(scope, [name])

    def destroy_keys(self, scope: str, names: Iterable[str]) -> int:
        """Destroy named keys, bytes included; return how many there were."""
        rows: list[tuple[str, ...]] = [(scope, name) for name in names]
        return sum([self._remove_named(DESTROY_NAMED, rows[start : start + PIECE]) for start in range(0, len(rows), PIECE)])

    def end_kept(self, scope: str, names: Sequence[str], at_ms: int) -> None:
        """Destroy the keys of kept records with a mark of each in one transaction: older keys or data bring none back."""
        with self._lock:
            with self._writing() as connection:
                connection.executemany(WRITE_TOMBSTONE, [(self.hmac(KEPT_ENDED, name.encode()), at_ms) for name in names])
                connection.executemany(DESTROY_NAMED, [(scope, name) for name in names])
            keys_file.checkpoint(self._connection)

    def kept_ended(self, names: Iterable[str]) -> frozenset[str]:
        """Return those kept records that have ended."""
        with self._lock:
            marks = {self.hmac(KEPT_ENDED, name.encode()): name for name in names}
            return frozenset(marks[mark] for mark in self._marked(marks))

    def names(self, scope: str) -> tuple[str, ...]:
        """Return the names of the keys in a scope, sorted."""
        with self._lock:
            return tuple(row[0] for row in self._read("SELECT name FROM named_keys WHERE scope = ? ORDER BY name", (scope,)))

    def _remove_named(self, statement: str, rows: list[tuple[str, ...]]) -> int:
        """Delete named keys and their bytes; return how many there were."""
        with self._lock:
            with self._writing() as connection:
                count = connection.executemany(statement, rows).rowcount if rows else 0
            if count:
                keys_file.checkpoint(self._connection)
        return max(count, 0)
