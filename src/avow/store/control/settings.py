"""Small values that outlive a process: settings by name, and how far each spool segment is drained."""

from __future__ import annotations

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from avow.store.control.database import Transaction
from avow.store.control.tables import drained, settings


def get(tx: Transaction, key: str) -> str | None:
    """Return a setting."""
    return tx.execute(select(settings.c.value).where(settings.c.key == key)).scalar()


def put(tx: Transaction, key: str, value: str) -> None:
    """Keep a setting."""
    _put(tx, settings, {"key": key}, {"value": value})


def position(tx: Transaction, segment: str) -> int:
    """Return how far a segment is drained."""
    return tx.execute(select(drained.c.position).where(drained.c.segment == segment)).scalar() or 0


def set_position(tx: Transaction, segment: str, offset: int) -> None:
    """Note how far a segment is drained."""
    _put(tx, drained, {"segment": segment}, {"position": offset})


def forget_segment(tx: Transaction, segment: str) -> None:
    """Forget a segment that is gone."""
    tx.execute(delete(drained).where(drained.c.segment == segment))


def _put(tx: Transaction, table: Table, key: dict[str, str], values: dict[str, str] | dict[str, int]) -> None:
    """Write a row, in place of the one that has its key."""
    made = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    tx.execute(made(table).values(**key, **values).on_conflict_do_update(index_elements=list(key), set_=values))
