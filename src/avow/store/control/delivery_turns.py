"""When the turn of what waits comes earlier: somebody said no, or there is a contract again. Its states: `deliveries`."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from avow.store.control.database import Transaction
from avow.store.control.tables import deliveries, delivery_people


def hasten(tx: Transaction, subject: bytes, kinds: Collection[str], now_ms: int) -> None:
    """Give what of this person waits to go for whatever it may go for its turn now: what it may go for has changed.

    `kinds` are some of `deliveries.OF_RECORDS`. Rule: 11 CCR 7026(f).
    """
    theirs = select(delivery_people.c.delivery).where(delivery_people.c.subject == subject)
    own = (deliveries.c.kind.in_(kinds), deliveries.c.purpose == "", deliveries.c.state == "waiting")
    tx.execute(update(deliveries).where(deliveries.c.id.in_(theirs), *own).values(next_ms=now_ms))


def hasten_held(tx: Transaction, trouble: str, now_ms: int) -> int:
    """Give what waits because it might not leave (`trouble` says so) its turn now; return how many.

    What still may not leave is held again in its turn; of what the other side did not take nothing changes.
    """
    later = (deliveries.c.state == "waiting", deliveries.c.next_ms > now_ms, deliveries.c.trouble == trouble)
    return int(tx.execute(update(deliveries).where(*later).values(next_ms=now_ms)).rowcount)
