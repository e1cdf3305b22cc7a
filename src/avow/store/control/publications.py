"""Publications: when which version of the policy was published, announced, in force and taken back.

What a version is lies in `rulebooks`; this is its life. The last one whose day has come is in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select, update

from avow.store.control.database import Transaction, alone
from avow.store.control.tables import publications


@dataclass(frozen=True, slots=True)
class Stored:
    """One publication. `changes` is the JSON of what people were told; `noticed_ms` None: people are still being told."""

    seq: int
    rulebook_id: str
    changes: str
    in_force_on: date
    published_ms: int
    by_email: bool
    noticed_ms: int | None
    in_force_ms: int | None
    withdrawn_ms: int | None


def add(
    tx: Transaction,
    rulebook_id: str,
    changes: str,
    in_force_on: date,
    published_ms: int,
    *,
    by_email: bool,
    noticed_ms: int | None,
) -> int:
    """Keep a publication and return its number."""
    row = {"rulebook_id": rulebook_id, "changes": changes, "in_force_on": in_force_on, "published_ms": published_ms}
    made = insert(publications).values(**row, by_email=by_email, noticed_ms=noticed_ms)
    return int(tx.execute(made.returning(publications.c.seq)).scalar_one())


def hold(tx: Transaction) -> None:
    """Let nobody else publish, take back or tell until this transaction ends: what `every` says is then still so."""
    alone(tx, "publications")


def every(tx: Transaction) -> tuple[Stored, ...]:
    """Return all publications in the order in which they are, were or will be in force; those taken back among them.

    A version that is in force from the same day as another replaces it when it was published later.
    """
    rows = tx.execute(select(publications).order_by(publications.c.in_force_on, publications.c.seq)).mappings()
    return tuple(Stored(**row) for row in rows)


def in_force(found: Iterable[Stored], on: date) -> Stored | None:
    """Return the publication that is in force at the end of a day; `found` are in the order of `every`."""
    return next((one for one in reversed(tuple(found)) if one.withdrawn_ms is None and one.in_force_on <= on), None)


def announced(found: Iterable[Stored], on: date) -> Stored | None:
    """Return the publication whose day is still to come."""
    return next((one for one in found if one.withdrawn_ms is None and one.in_force_on > on), None)


def noticed(tx: Transaction, seq: int, at_ms: int) -> bool:
    """Note that everybody was told; False when that was noted already."""
    return _note(tx, seq, noticed_ms=at_ms)


def came_into_force(tx: Transaction, seq: int, at_ms: int) -> bool:
    """Note that the version is in force; False when that was noted already."""
    return _note(tx, seq, in_force_ms=at_ms)


def withdraw(tx: Transaction, seq: int, at_ms: int) -> bool:
    """Take a version back; False when it was taken back already."""
    return _note(tx, seq, withdrawn_ms=at_ms)


def _note(tx: Transaction, seq: int, **moment: int) -> bool:
    (column,) = moment
    wanted = update(publications).where(publications.c.seq == seq, publications.c[column].is_(None))
    return bool(tx.execute(wanted.values(**moment)).rowcount)
