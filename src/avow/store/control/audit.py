"""The queue in front of the audit log: an entry is queued in the transaction of the action it speaks of.

The publisher takes entries in order, publishes them, then forgets them here. Numbers are never given twice, not even
after a restore (`continue_after`), because a published log cannot take an entry back.
"""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select, text

from avow.store.control.database import Transaction
from avow.store.control.tables import audit_queue


def enqueue(tx: Transaction, entry: bytes) -> int:
    """Queue an entry and return its number."""
    key = tx.execute(insert(audit_queue).values(entry=entry)).inserted_primary_key
    assert key is not None
    return int(key[0])


def pending(tx: Transaction, limit: int) -> tuple[tuple[int, bytes], ...]:
    """Return the first entries that are not published yet, in order, with their numbers."""
    wanted = select(audit_queue.c.seq, audit_queue.c.entry).order_by(audit_queue.c.seq).limit(limit)
    return tuple((seq, entry) for seq, entry in tx.execute(wanted))


def published(tx: Transaction, through_seq: int) -> None:
    """Forget the entries up to a number, because the log has them."""
    tx.execute(delete(audit_queue).where(audit_queue.c.seq <= through_seq))


def waiting(tx: Transaction) -> int:
    """Return how many entries wait."""
    return int(tx.execute(select(func.count()).select_from(audit_queue)).scalar_one())


def continue_after(tx: Transaction, seq: int) -> None:
    """Make every number given from now on greater than `seq`; entries up to it are published and are forgotten here."""
    published(tx, seq)
    if tx.dialect.name != "sqlite":
        tx.execute(text("SELECT setval('audit_queue_seq_seq', greatest(:seq, nextval('audit_queue_seq_seq')))"), {"seq": seq})
        return
    found = tx.execute(text("UPDATE sqlite_sequence SET seq = max(seq, :seq) WHERE name = 'audit_queue'"), {"seq": seq})
    if not found.rowcount:
        tx.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('audit_queue', :seq)"), {"seq": seq})
