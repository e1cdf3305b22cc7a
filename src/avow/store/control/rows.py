"""How rows get into tables where several writers meet: one statement decides, and its answer says whether a row is new.

What a driver says of the number of rows is not asked: after "do nothing on a conflict" PostgreSQL's says -1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from avow.store.control.database import Transaction


def insert_into(tx: Transaction, table: Table) -> Insert:
    """Return the database's own INSERT, which can say what to do on a conflict; both dialects spell that alike."""
    return _inserts(tx.dialect.name)(table)


def adding_to(tx: Transaction, table: Table, key: tuple[str, ...], counts: tuple[str, ...]) -> Insert:
    """Return the statement that adds counts to the row of a key, made when missing; which columns it has, its values say."""
    return _adding_to(tx.dialect.name, table, key, counts)


@lru_cache(maxsize=256)
def _adding_to(dialect: str, table: Table, key: tuple[str, ...], counts: tuple[str, ...]) -> Insert:
    made = _inserts(dialect)(table)
    sums = {name: table.c[name] + made.excluded[name] for name in counts}
    return made.on_conflict_do_update(index_elements=list(key), set_=sums)


def _inserts(dialect: str) -> Callable[[Table], Insert]:
    made: Any = sqlite_insert if dialect == "sqlite" else postgresql_insert  # Any: two types, one shape
    found: Callable[[Table], Insert] = made
    return found


def add_new(tx: Transaction, table: Table, values: Mapping[str, object]) -> bool:
    """Add a row; False when one that it would repeat is there, or was committed by another writer at this moment."""
    return tx.execute(_adding(tx.dialect.name, table), dict(values)).first() is not None


@lru_cache(maxsize=256)
def _adding(dialect: str, table: Table) -> Executable:
    """Return the statement of `add_new`, made once: to make one costs more than to run it."""
    return _inserts(dialect)(table).on_conflict_do_nothing().returning(*table.primary_key.columns)


def add_missing(tx: Transaction, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Add those of the rows that are not there yet."""
    if rows:
        tx.execute(insert_into(tx, table).on_conflict_do_nothing(), [dict(row) for row in rows])
