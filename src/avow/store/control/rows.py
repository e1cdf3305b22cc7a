"""How rows get into tables where several writers meet: one statement decides, and its answer says whether a row is new.

What a driver says of the number of rows is not asked: after "do nothing on a conflict" PostgreSQL's says -1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from avow.store.control.database import Transaction


def insert_into(tx: Transaction, table: Table) -> Insert:
    """Return the database's own INSERT, which can say what to do on a conflict; both dialects spell that alike."""
    made: Any = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert  # Any: two types, one shape
    found: Insert = made(table)
    return found


def add_new(tx: Transaction, table: Table, values: Mapping[str, object]) -> bool:
    """Add a row; False when one that it would repeat is there, or was committed by another writer at this moment."""
    wanted = insert_into(tx, table).values(**values).on_conflict_do_nothing()
    return tx.execute(wanted.returning(*table.primary_key.columns)).first() is not None


def add_missing(tx: Transaction, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Add those of the rows that are not there yet."""
    if rows:
        tx.execute(insert_into(tx, table).on_conflict_do_nothing(), [dict(row) for row in rows])
