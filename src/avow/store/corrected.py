"""What was corrected of people, as marks in the vault: what comes again as it was before gets the corrected value.

    mark   HMAC of a person's pseudonym, collection point, field and what was there before, in one form; and of a former address
    row    mark -> the pseudonym, the moment, and what is there now, sealed under the person's own key

A mark outlives a restore of older data, and ends with its person: whoever destroys their key destroys it. It says of nobody what
was wrong: the former value is a keyed hash, and the new one is sealed.
Rule: Cal. Civ. Code § 1798.106(c); 11 CCR 7023(c) (what was corrected stays corrected).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from avow.definitions import Identifier
from avow.store import sealing

#: How many persons of before one address may have taken over by corrections, next to its own.
TAKEN_OVER: Final = 2
_ALSO: Final = b"identifier also"
_BOUND: Final = b"corrected "
_WRITE: Final = (
    "INSERT INTO corrected (mark, subject, at_ms, sealed) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (mark) DO UPDATE SET subject = excluded.subject, at_ms = excluded.at_ms, sealed = excluded.sealed"
)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What one field of a person's records at one collection point said, and what it says from a moment on."""

    subject: bytes
    point: str
    field: str
    before: str
    after: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Now:
    """What stands in the place of a value of before, since when, and whose it is."""

    subject: bytes
    after: str
    at_ms: int


def one_form(text: str) -> str:
    """Return a value as it is compared with another one: who sends it again may write it in other letters and spaces."""
    return " ".join(text.split()).casefold()


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one vault; what reads and writes its file is the vault's own, and so is the secret of the hashes."""

    lock: AbstractContextManager[object]
    read: Callable[[str, Sequence[object]], Iterable[Any]]  # Any: SQLite's rows
    writing: Callable[[], AbstractContextManager[sqlite3.Connection]]
    hmac: Callable[[bytes, bytes], bytes]

    def also(self, one: Identifier) -> tuple[bytes, ...]:
        """Return the further digests of an address: who had it corrected to this one, and was known by another before."""
        named = f"{one.kind.value}\0{one.value}".encode()
        return tuple(self.hmac(_ALSO, b"%d\0" % number + named) for number in range(TAKEN_OVER))

    def note(self, corrected: Iterable[Corrected], keys: Mapping[bytes, bytes]) -> int:
        """Note what was corrected, durable when it returns; of people whose key is gone nothing. Returns how many marks.

        What was noted before with the new value in the place of the former one goes: a value that is right again is not replaced.
        """
        rows, ends = [], []
        for one in corrected:
            key = keys.get(one.subject)
            if key is None or one_form(one.before) == one_form(one.after):
                continue
            mark = self._mark(one.subject, one.point, one.field, one.before)
            rows.append((mark, one.subject, one.at_ms, sealing.seal(key, one.after.encode(), _BOUND + mark)))
            ends.append((self._mark(one.subject, one.point, one.field, one.after),))
        with self.lock, self.writing() as connection:
            connection.executemany("DELETE FROM corrected WHERE mark = ?", ends)
            connection.executemany(_WRITE, rows)
        return len(rows)

    def note_former(self, former: Identifier, corrected: Corrected, key: bytes) -> None:
        """Note that an address was a person's until it was corrected: what was collected before that is theirs."""
        mark = self._former(former)
        sealed = sealing.seal(key, corrected.after.encode(), _BOUND + mark)
        with self.lock, self.writing() as connection:
            connection.execute(_WRITE, (mark, corrected.subject, corrected.at_ms, sealed))

    def of_fields(
        self, subjects: Iterable[bytes], point: str, fields: Mapping[str, str], keys: Mapping[bytes, bytes]
    ) -> dict[str, Now]:
        """Return what stands in the place of those fields of these people that say what they said before a correction."""
        owners = list(subjects)
        wanted = {self._mark(subject, point, name, text): name for subject in owners for name, text in fields.items() if text}
        return {wanted[mark]: now for mark, now in self._found(wanted, keys).items()}

    def of_former(self, former: Identifier, keys: Callable[[bytes], bytes | None]) -> Now | None:
        """Return whose an address was before it was corrected, and to what; None for one that was never corrected."""
        mark = self._former(former)
        with self.lock:
            rows = list(self.read("SELECT subject, at_ms, sealed FROM corrected WHERE mark = ?", (mark,)))
        for subject, at_ms, sealed in rows:
            key = keys(subject)
            return None if key is None else Now(subject, sealing.unseal(key, sealed, _BOUND + mark).decode(), at_ms)
        return None

    def forget(self, subjects: Iterable[bytes]) -> None:
        """Forget what was corrected of these: of what is kept no more."""
        with self.lock, self.writing() as connection:
            connection.executemany("DELETE FROM corrected WHERE subject = ?", [(one,) for one in subjects])

    def subjects(self) -> frozenset[bytes]:
        """Return everybody of whom something was corrected."""
        with self.lock:
            return frozenset(bytes(row[0]) for row in self.read("SELECT DISTINCT subject FROM corrected", ()))

    def among(self, subjects: Iterable[bytes]) -> frozenset[bytes]:
        """Return those of these of whom something was corrected."""
        asked = "SELECT 1 FROM corrected WHERE subject = ? LIMIT 1"
        with self.lock:
            return frozenset(one for one in subjects if any(True for _ in self.read(asked, (one,))))

    def is_any(self) -> bool:
        """Return whether anything was ever corrected here: where nothing was, nothing has to be looked for."""
        with self.lock:
            return any(True for _ in self.read("SELECT 1 FROM corrected LIMIT 1", ()))

    def _found(self, marks: Iterable[bytes], keys: Mapping[bytes, bytes]) -> dict[bytes, Now]:
        found: dict[bytes, Now] = {}
        with self.lock:
            for mark in marks:
                for subject, at_ms, sealed in self.read("SELECT subject, at_ms, sealed FROM corrected WHERE mark = ?", (mark,)):
                    if key := keys.get(subject):
                        found[mark] = Now(subject, sealing.unseal(key, sealed, _BOUND + mark).decode(), at_ms)
        return found

    def _mark(self, subject: bytes, point: str, field: str, before: str) -> bytes:
        return self.hmac(b"corrected", subject + f"{point}\0{field}\0{one_form(before)}".encode())

    def _former(self, one: Identifier) -> bytes:
        return self.hmac(b"corrected address", f"{one.kind.value}\0{one.value}".encode())


def readdress(connection: sqlite3.Connection, old: Sequence[bytes], free: Sequence[bytes], at_ms: int) -> frozenset[bytes] | None:
    """Let digests name those whom other ones named, and those nobody any more, in the caller's transaction.

    `free` are the digests of the new address, its own first; one that names somebody else is left to them. Returns whom the
    former digests named; None, and nothing is changed, when the new address names too many already.
    """
    marks = ",".join("?" * len(old))
    rows = connection.execute(f"SELECT DISTINCT subject FROM identifiers WHERE digest IN ({marks})", old)  # noqa: S608 - only question marks
    subjects = [bytes(row[0]) for row in rows.fetchall()]
    marks = ",".join("?" * len(free))
    rows = connection.execute(f"SELECT digest, subject FROM identifiers WHERE digest IN ({marks})", free)  # noqa: S608 - only question marks
    taken = {bytes(digest): bytes(subject) for digest, subject in rows.fetchall()}
    named = {}
    left = [digest for digest in free if digest not in taken]
    for subject in (one for one in subjects if one not in taken.values()):
        if not left:
            return None
        named[left.pop(0)] = subject
    connection.executemany(
        "INSERT INTO identifiers (digest, subject, created_ms) VALUES (?, ?, ?)",
        [(digest, subject, at_ms) for digest, subject in named.items()],
    )
    connection.executemany("DELETE FROM identifiers WHERE digest = ?", [(digest,) for digest in old if digest not in free])
    return frozenset(subjects)
