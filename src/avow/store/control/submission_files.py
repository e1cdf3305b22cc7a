"""Which files belong to which submission: by it they are found, given out and removed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import delete, func, select

from avow.store.control.database import Transaction
from avow.store.control.rows import add_missing
from avow.store.control.tables import submission_files, submission_subjects


def add(tx: Transaction, files: Iterable[tuple[str, str]]) -> None:
    """Keep (record id, name of the file) pairs."""
    add_missing(tx, submission_files, [{"record_id": record_id, "name": name} for record_id, name in files])


def of_records(tx: Transaction, record_ids: Collection[str]) -> tuple[str, ...]:
    """Return the names of the files of these submissions."""
    return tuple(tx.scalars(select(submission_files.c.name).where(submission_files.c.record_id.in_(record_ids))))


def of_subjects(tx: Transaction, subjects: Collection[bytes]) -> tuple[str, ...]:
    """Return the names of the files of these people's submissions."""
    links = select(submission_subjects.c.record_id).where(submission_subjects.c.subject.in_(subjects))
    return tuple(tx.scalars(select(submission_files.c.name).where(submission_files.c.record_id.in_(links))))


def count_of_subjects(tx: Transaction, subjects: Collection[bytes]) -> int:
    """Return how many files of these people's submissions are left."""
    links = select(submission_subjects.c.record_id).where(submission_subjects.c.subject.in_(subjects))
    wanted = select(func.count()).select_from(submission_files).where(submission_files.c.record_id.in_(links))
    return int(tx.execute(wanted).scalar_one())


def known(tx: Transaction, names: Collection[str]) -> frozenset[str]:
    """Return those of the files that belong to a stored submission."""
    return frozenset(tx.scalars(select(submission_files.c.name).where(submission_files.c.name.in_(names))))


def remove(tx: Transaction, names: Collection[str]) -> None:
    """Forget files that are removed."""
    tx.execute(delete(submission_files).where(submission_files.c.name.in_(names)))
