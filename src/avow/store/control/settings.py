"""Small values that outlive a process, by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from avow.store.control.database import Transaction
from avow.store.control.rows import insert_into
from avow.store.control.tables import settings

#: The setting that says how many entries the published log has.
LOG_SIZE: Final = "audit.size"
#: The setting with the last moment at which the clock was believed, in milliseconds since 1970 (`retention.Clock`), which is
#: written down each minute; and how far ahead of it a clock is not believed at once.
BELIEVED: Final = "clock.believed_ms"
AHEAD: Final = timedelta(hours=48)


def get(tx: Transaction, key: str) -> str | None:
    """Return a setting."""
    return tx.execute(select(settings.c.value).where(settings.c.key == key)).scalar()


def put(tx: Transaction, key: str, value: str) -> None:
    """Keep a setting."""
    row = insert_into(tx, settings).values(key=key, value=value)
    tx.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def remove(tx: Transaction, key: str) -> None:
    """Forget a setting."""
    tx.execute(delete(settings).where(settings.c.key == key))
