"""The queue in front of the audit log: an entry is queued in the transaction of the action it speaks of.

A number names an entry and says nothing about order: on PostgreSQL it is drawn before its transaction ends, so that a lower
one may be seen later (docs/decisions/0039-numbers-do-not-decide-order.md). The publisher takes what is there, publishes it, then
forgets it here, each by its number. Numbers are never given twice, not even after a restore (`continue_after`), because a
published log cannot take an entry back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import delete, func, insert, select, text

from avow.store.control.database import Transaction
from avow.store.control.tables import audit_queue

#: Numbers that one statement names; both databases take more.
_AT_ONCE: Final = 5_000
_ENQUEUE: Final = insert(audit_queue).returning(audit_queue.c.seq)


def enqueue(tx: Transaction, entry: bytes) -> int:
    """Queue an entry and return its number."""
    return int(tx.execute(_ENQUEUE, {"entry": entry}).scalar_one())


def pending(tx: Transaction, limit: int, batch: Collection[int] = ()) -> tuple[tuple[int, bytes], ...]:
    """Return the first entries that wait, with their numbers, and all those of the log's last batch that a kill left here."""
    waiting = select(audit_queue.c.seq, audit_queue.c.entry)
    found = {row.seq: row.entry for row in tx.execute(waiting.order_by(audit_queue.c.seq).limit(limit))}
    for some in _some(batch) if found else ():
        found |= {row.seq: row.entry for row in tx.execute(waiting.where(audit_queue.c.seq.in_(some)))}
    return tuple(sorted(found.items()))


def published(tx: Transaction, numbers: Collection[int]) -> None:
    """Forget entries, because the log has them."""
    for some in _some(numbers):
        tx.execute(delete(audit_queue).where(audit_queue.c.seq.in_(some)))


def waiting(tx: Transaction) -> int:
    """Return how many entries wait."""
    return int(tx.execute(select(func.count()).select_from(audit_queue)).scalar_one())


def oldest(tx: Transaction) -> bytes | None:
    """Return the entry with the lowest number of those that wait."""
    return tx.execute(select(audit_queue.c.entry).order_by(audit_queue.c.seq).limit(1)).scalar()


def continue_after(tx: Transaction, seq: int) -> None:
    """Make every number given from now on greater than `seq`; entries up to it are published and are forgotten here."""
    tx.execute(delete(audit_queue).where(audit_queue.c.seq <= seq))
    if tx.dialect.name != "sqlite":
        tx.execute(text("SELECT setval('audit_queue_seq_seq', greatest(:seq, nextval('audit_queue_seq_seq')))"), {"seq": seq})
        return
    told = text("UPDATE sqlite_sequence SET seq = max(seq, :seq) WHERE name = 'audit_queue' RETURNING seq")
    if tx.execute(told, {"seq": seq}).first() is None:
        tx.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('audit_queue', :seq)"), {"seq": seq})


def _some(numbers: Collection[int]) -> Iterator[list[int]]:
    """Return the numbers by as many as a statement takes."""
    ordered = sorted(numbers)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
