"""Small values that outlive a process, by name."""

from __future__ import annotations

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from avow.store.control.database import Transaction
from avow.store.control.tables import settings


def get(tx: Transaction, key: str) -> str | None:
    """Return a setting."""
    return tx.execute(select(settings.c.value).where(settings.c.key == key)).scalar()


def put(tx: Transaction, key: str, value: str) -> None:
    """Keep a setting."""
    _put(tx, settings, {"key": key}, {"value": value})


def _put(tx: Transaction, table: Table, key: dict[str, str], values: dict[str, str]) -> None:
    """Write a row, in place of the one that has its key."""
    made = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    tx.execute(made(table).values(**key, **values).on_conflict_do_update(index_elements=list(key), set_=values))
