"""Whose pseudonyms are: a person has one of their own, and one for each retention class of what is kept of them.

    person   the subject that their identifiers name: choices, disclosures, messages, and what ends with the person alone
    class    a further subject with a key of its own, for what may end before they do (`policy.rulebook.retention_classes`)

Rows bear the subject under whose key they are, so that one class ends as a person does: its key goes, and what is on the work
list is purged. That two subjects are of one person is known here alone. Reads and writes in the caller's lock or transaction.
Why: decision 0087.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from avow.store import sealing
from avow.store.keys_base import chunks, places

#: What reads the vault's file: a statement and its values.
Read = Callable[[str, Sequence[object]], Iterable[Any]]  # Any: SQLite's rows
#: What goes with a subject's key.
OF_SUBJECTS: Final = ("subjects", "identifiers", "classes", "corrected")


@dataclass(frozen=True, slots=True)
class Class:
    """One retention class of one person: its name, and the subject under whose key its records are."""

    person: bytes
    name: str
    subject: bytes


def of_people(read: Read, people: Iterable[bytes]) -> list[Class]:
    """Return the classes of these people."""
    return _found(read, "person", people)


def of_subjects(read: Read, subjects: Iterable[bytes]) -> list[Class]:
    """Return the classes whose subjects these are; nothing of what is a person's own."""
    return _found(read, "subject", subjects)


def _found(read: Read, column: str, wanted: Iterable[bytes]) -> list[Class]:
    found: list[Class] = []
    for chunk in chunks(dict.fromkeys(wanted)):
        rows = read(f"SELECT person, name, subject FROM classes WHERE {column} IN ({places(chunk)})", chunk)  # noqa: S608 - ours
        found += [Class(bytes(person), name, bytes(subject)) for person, name, subject in rows]
    return found


def create(connection: sqlite3.Connection, person: bytes, name: str, now_ms: int) -> bytes:
    """Write a new subject with a fresh key for a class of a person, and return it."""
    subject = add_subject(connection)
    row = (person, name, subject, now_ms)
    connection.execute("INSERT INTO classes (person, name, subject, created_ms) VALUES (?, ?, ?, ?)", row)
    return subject


def add_subject(connection: sqlite3.Connection) -> bytes:
    """Write a new random subject with a fresh key, and return it."""
    subject = os.urandom(sealing.SUBJECT_BYTES)
    connection.execute("INSERT INTO subjects (subject, key) VALUES (?, ?)", (subject, os.urandom(sealing.KEY_BYTES)))
    return subject


def forget(connection: sqlite3.Connection, subjects: Iterable[bytes]) -> None:
    """Delete the keys of subjects and put them on the work list."""
    rows = [(subject,) for subject in subjects]
    delete(connection, rows)
    connection.executemany("INSERT OR IGNORE INTO purging (subject) VALUES (?)", rows)


def delete(connection: sqlite3.Connection, rows: Sequence[tuple[bytes]]) -> None:
    """Delete what goes with the keys of subjects."""
    for table in OF_SUBJECTS:
        connection.executemany(f"DELETE FROM {table} WHERE subject = ?", rows)  # noqa: S608 - ours


def idle(read: Read, subjects: Iterable[bytes]) -> frozenset[bytes]:
    """Return those of these subjects, of which nothing is held, whose keys nobody needs any more.

    A person stays while one of their classes does, for they are found by it. A class of which something was corrected stays while
    its person does: what comes again is to be as it was corrected.
    """
    unused = frozenset(subjects)
    classes = of_people(read, unused) + of_subjects(read, unused)
    in_use = {one.person for one in classes if one.subject not in unused or one.person not in unused}
    of_person = {one.subject: one.person for one in classes}
    lasting = {one for one in unused if of_person.get(one, one) in in_use}
    kept = {one for one in lasting if one in in_use or (one in of_person and _was_corrected(read, one))}
    return unused - kept


def _was_corrected(read: Read, subject: bytes) -> bool:
    return any(True for _ in read("SELECT 1 FROM corrected WHERE subject = ? LIMIT 1", (subject,)))


def by_person(classes: Iterable[Class]) -> Mapping[bytes, frozenset[bytes]]:
    """Return the subjects of the classes of each person."""
    found: dict[bytes, set[bytes]] = {}
    for one in classes:
        found.setdefault(one.person, set()).add(one.subject)
    return {person: frozenset(subjects) for person, subjects in found.items()}
