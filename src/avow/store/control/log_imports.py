"""Server logs that staff uploaded. Nothing here names anybody: the file is sealed in the files of the installation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import delete, func, insert, select, update

from avow.store import paging
from avow.store.control.database import Transaction
from avow.store.control.tables import log_imports
from avow.store.paging import Page, Part, Place


@dataclass(frozen=True, slots=True)
class LogImport:
    """One upload. `size` and `done` are bytes as they came; `trouble` says why it failed, "" else."""

    id: str
    state: str
    site: str
    point: str
    format: str
    log: str
    staff_id: str
    created_ms: int
    size: int
    done: int = 0
    lines: int = 0
    kept: int = 0
    without_identifiers: int = 0
    unreadable: int = 0
    refused: int = 0
    trouble: str = ""


def add(tx: Transaction, row: LogImport) -> None:
    """Keep an upload that is new."""
    tx.execute(insert(log_imports).values(**asdict(row)))


def get(tx: Transaction, import_id: str) -> LogImport | None:
    """Return one upload."""
    row = tx.execute(select(log_imports).where(log_imports.c.id == import_id)).mappings().first()
    return None if row is None else LogImport(**row)


def change(tx: Transaction, import_id: str, before: str, **values: str | int) -> bool:
    """Change an upload that is in this state; return whether it was."""
    wanted = update(log_imports).where(log_imports.c.id == import_id, log_imports.c.state == before)
    return bool(tx.execute(wanted.values(**values)).rowcount)


def first(tx: Transaction, states: Collection[str]) -> LogImport | None:
    """Return the oldest upload in one of these states."""
    wanted = select(log_imports).where(log_imports.c.state.in_(states)).order_by(log_imports.c.created_ms, log_imports.c.id)
    row = tx.execute(wanted.limit(1)).mappings().first()
    return None if row is None else LogImport(**row)


def count(tx: Transaction, states: Collection[str]) -> int:
    """Return how many uploads are in these states."""
    wanted = select(func.count()).select_from(log_imports).where(log_imports.c.state.in_(states))
    return int(tx.execute(wanted).scalar_one())


def before(tx: Transaction, states: Collection[str], moment_ms: int) -> tuple[LogImport, ...]:
    """Return the uploads in these states that came before a moment."""
    rows = tx.execute(select(log_imports).where(log_imports.c.state.in_(states), log_imports.c.created_ms < moment_ms)).mappings()
    return tuple(LogImport(**row) for row in rows)


def remove(tx: Transaction, ids: Collection[str]) -> None:
    """Forget uploads."""
    tx.execute(delete(log_imports).where(log_imports.c.id.in_(ids)))


def listed(tx: Transaction, at: Place, limit: int) -> Page[LogImport]:
    """Return a page of all uploads, the newest first."""
    parts = [Part(select(log_imports), log_imports.c.created_ms, log_imports.c.id)]
    return paging.page(tx, parts, at, limit).each(lambda row: LogImport(**row))
