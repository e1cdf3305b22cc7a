"""The rulebooks that were published, by id, with the law of their day: a record can be read under the text it was made under."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select

from avow.store.control.database import Transaction
from avow.store.control.rows import add_new
from avow.store.control.tables import rulebooks


@dataclass(frozen=True, slots=True)
class StoredRulebook:
    """One version of the policy."""

    id: str
    text: str
    effective: date
    published_ms: int
    name: str
    law: str


def add(tx: Transaction, rulebook: StoredRulebook) -> bool:
    """Keep a version; False when it is kept already."""
    return add_new(tx, rulebooks, asdict(rulebook))


def get(tx: Transaction, rulebook_id: str) -> StoredRulebook | None:
    """Return one version."""
    row = tx.execute(select(rulebooks).where(rulebooks.c.id == rulebook_id)).mappings().first()
    return None if row is None else StoredRulebook(**row)


def any_id(tx: Transaction) -> str:
    """Return the id of some version; "" where none was ever published."""
    return tx.execute(select(rulebooks.c.id).limit(1)).scalar() or ""
