"""What a no, or a contract, changes of what waits: it is taken back, or has its turn earlier. Its states: `deliveries`."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, case, or_, select, update

from avow.store.control.database import Transaction
from avow.store.control.deliveries import let_go
from avow.store.control.tables import deliveries, delivery_people


def withdraw_of(tx: Transaction, subject: bytes, purpose: str, kinds: Collection[str], why: str) -> int:
    """Take back the records of this person that wait to go to a recipient for a purpose, and say why; return how many.

    `kinds` are some of `deliveries.OF_RECORDS`. What goes for whatever it may is decided in its turn (`hasten`).
    Rule: 11 CCR 7026(f).
    """
    theirs = select(delivery_people.c.delivery).where(delivery_people.c.subject == subject)
    waiting = select(deliveries.c.id).where(
        deliveries.c.id.in_(theirs),
        deliveries.c.kind.in_(kinds),
        deliveries.c.purpose == purpose,
        deliveries.c.state.in_(("waiting", "failed")),
    )
    ids = tx.scalars(waiting).all()
    return let_go(tx, ids, why)


def hasten(tx: Transaction, subject: bytes, kinds: Collection[str], now_ms: int) -> None:
    """Give what of this person waits to go for whatever it may go for its turn now: what it may go for has changed.

    `kinds` are some of `deliveries.OF_RECORDS`. Rule: 11 CCR 7026(f).
    """
    theirs = select(delivery_people.c.delivery).where(delivery_people.c.subject == subject)
    own = (deliveries.c.kind.in_(kinds), deliveries.c.purpose == "", deliveries.c.state == "waiting")
    tx.execute(update(deliveries).where(deliveries.c.id.in_(theirs), *own).values(next_ms=now_ms))


def hasten_held(tx: Transaction, trouble: str, now_ms: int) -> int:
    """Give what waits because it might not leave (`trouble` says so) its turn now; return how much there is.

    What is judged at this moment has another turn than the one by which it was claimed, also within one millisecond: so who
    judged it by what stood before holds it for no time (`deliveries.held`). One statement, for it may be held meanwhile. What
    still may not leave is held again in its turn; of what the other side did not take nothing changes.
    """
    turn, leaving = deliveries.c.next_ms, deliveries.c.state == "leaving"
    later = and_(deliveries.c.state == "waiting", turn > now_ms, deliveries.c.trouble == trouble)
    again = case((and_(leaving, turn >= now_ms), turn + 1), else_=now_ms)
    return int(tx.execute(update(deliveries).where(or_(later, leaving)).values(next_ms=again)).rowcount)
