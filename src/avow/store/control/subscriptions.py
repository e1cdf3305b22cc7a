"""Subscriptions that wait for their address to be proved; what was confirmed is a submission."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select, update

from avow.store.control.database import Transaction, alone
from avow.store.control.tables import pending_subscriptions as pending


@dataclass(frozen=True, slots=True)
class Pending:
    """One subscription that waits; `sealed` is what will be kept, under its person's key, and `delivery` the message sent."""

    record_id: str
    point: str
    subject: bytes
    sealed: bytes
    delivery: str
    asked_ms: int
    expires_ms: int


def hold(tx: Transaction) -> None:
    """Let nobody else ask for a subscription until this transaction ends."""
    alone(tx, "subscriptions")


def add(tx: Transaction, waiting: Pending) -> None:
    """Keep a subscription that waits."""
    tx.execute(insert(pending).values(**asdict(waiting)))


def get(tx: Transaction, record_id: str) -> Pending | None:
    """Return one."""
    row = tx.execute(select(pending).where(pending.c.record_id == record_id)).mappings().first()
    return None if row is None else Pending(**row)


def of_person(tx: Transaction, point: str, subject: bytes) -> Pending | None:
    """Return what waits for this person at this point; at most one does."""
    wanted = select(pending).where(pending.c.point == point, pending.c.subject == subject)
    row = tx.execute(wanted).mappings().first()
    return None if row is None else Pending(**row)


def expired(tx: Transaction, now_ms: int) -> tuple[Pending, ...]:
    """Return those whose link works no more."""
    return tuple(Pending(**row) for row in tx.execute(select(pending).where(pending.c.expires_ms <= now_ms)).mappings())


def every(tx: Transaction) -> tuple[Pending, ...]:
    """Return all that wait."""
    return tuple(Pending(**row) for row in tx.execute(select(pending)).mappings())


def reseal(tx: Transaction, before: Pending, subject: bytes, sealed: bytes) -> bool:
    """Put another record, of this person, in the place of one that still waits as it did; return whether it does."""
    same = (pending.c.record_id == before.record_id, pending.c.sealed == before.sealed)
    return bool(tx.execute(update(pending).where(*same).values(subject=subject, sealed=sealed)).rowcount)


def remove(tx: Transaction, record_id: str) -> bool:
    """Remove one; return whether it was there."""
    return bool(tx.execute(delete(pending).where(pending.c.record_id == record_id)).rowcount)


def remove_of_subjects(tx: Transaction, wanted: Collection[bytes]) -> int:
    """Remove all of these people's; return how many."""
    return int(tx.execute(delete(pending).where(pending.c.subject.in_(wanted))).rowcount)
