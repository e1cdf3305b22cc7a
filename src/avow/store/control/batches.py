"""Batches: many records to one recipient. Which, who asked, who agreed, how far it got; nothing here is of anybody.

asked for ──► approved ──► queued
    │             │
    └─────────────┴──► withdrawn

(new)     -> asked for  -> [add]
asked for -> approved   -> [approve]    at once, where no second person is needed
approved  -> approved   -> [advance]    behind the records that were looked at, each once
approved  -> queued     -> [finished]
any       -> withdrawn  -> [withdraw]   what has not left of it is taken back as well
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, Literal

from sqlalchemy import exists, func, or_, select, update

from avow.store import paging
from avow.store.control.database import Transaction
from avow.store.control.deliveries import Kind
from avow.store.control.rows import add_new
from avow.store.control.tables import batches, deliveries, disclosures, submissions
from avow.store.paging import Page, Part, Place

#: What a member of staff, or a command, sends of one record.
BY_HAND: Final = frozenset({"disclosure", "conversion", "order"})

State = Literal["asked for", "approved", "queued", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch, of the records of a point and a website ("" for every one) that were collected from a moment to before another.

    `records` is how many these were when it was asked for; `asker` and `approver` are members of staff, "" for a command and for
    nobody.
    """

    id: str
    kind: Kind
    recipient: str
    purpose: str
    point: str
    site: str
    since_ms: int
    until_ms: int
    records: int
    asker: str
    made_ms: int
    approver: str = ""
    looked_at: str = ""
    queued: int = 0
    refused: int = 0
    approved_ms: int | None = None
    queued_ms: int | None = None
    withdrawn_ms: int | None = None

    @property
    def state(self) -> State:
        """What has become of it."""
        if self.withdrawn_ms is not None:
            return "withdrawn"
        if self.approved_ms is None:
            return "asked for"
        return "approved" if self.queued_ms is None else "queued"


def add(tx: Transaction, batch: Batch) -> bool:
    """Keep a new one; False when there is one of its id: it was asked for twice."""
    return add_new(tx, batches, asdict(batch))


def get(tx: Transaction, batch_id: str) -> Batch | None:
    """Return one."""
    row = tx.execute(select(batches).where(batches.c.id == batch_id)).mappings().first()
    return None if row is None else Batch(**row)


def listed(tx: Transaction, at: Place, limit: int) -> Page[Batch]:
    """Return a page of batches, the newest first."""
    return paging.page(tx, [Part(select(batches), batches.c.made_ms, batches.c.id)], at, limit).each(lambda row: Batch(**row))


def unfinished(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of the approved batches of which some record may not be queued yet, oldest first."""
    standing = (batches.c.queued_ms.is_(None), batches.c.approved_ms.is_not(None), batches.c.withdrawn_ms.is_(None))
    return tuple(tx.scalars(select(batches.c.id).where(*standing).order_by(batches.c.made_ms)))


def count(tx: Transaction, point: str, site: str, since_ms: int, until_ms: int) -> int:
    """Return how many records such a batch is of, those of the demonstration left out."""
    own = submissions.c
    wanted = select(func.count()).select_from(submissions).where(own.point == point, own.demonstration.is_(False))
    wanted = wanted.where(own.collected_ms >= since_ms, own.collected_ms < until_ms)
    return int(tx.execute(wanted.where(own.site == site) if site else wanted).scalar_one())


def unseen(tx: Transaction, recipient: str, since_ms: int) -> int:
    """Return how many records were sent to a recipient by hand since a moment that no second person agreed to.

    Those of batches that went at once, and those that were sent one by one; of what was taken back, what had left by then, or
    may have.
    """
    own, one = batches.c, deliveries.c
    alone = select(func.coalesce(func.sum(own.records), 0)).where(own.recipient == recipient, own.made_ms >= since_ms)
    alone = alone.where(own.approver == "", own.approved_ms.is_not(None), own.withdrawn_ms.is_(None))
    single = select(func.count()).select_from(deliveries).where(one.recipient == recipient, one.made_ms >= since_ms)
    counted = select(own.id).where(or_(own.approver != "", own.withdrawn_ms.is_(None)))
    by_hand = (one.kind.in_(BY_HAND), one.batch != "", one.batch.not_in(counted))
    has_left = exists().where(disclosures.c.delivery == one.id)
    single = single.where(*by_hand, or_(one.state != "withdrawn", has_left))
    return int(tx.execute(alone).scalar_one()) + int(tx.execute(single).scalar_one())


def approve(tx: Transaction, batch_id: str, approver: str, now_ms: int) -> bool:
    """Let a batch go; False when there is no such one that waits for it."""
    waits = (batches.c.id == batch_id, batches.c.approved_ms.is_(None), batches.c.withdrawn_ms.is_(None))
    done = update(batches).where(*waits).values(approver=approver, approved_ms=now_ms)
    return tx.execute(done.returning(batches.c.id)).first() is not None


def advance(tx: Transaction, batch: Batch, looked_at: str, queued: int, refused: int) -> bool:
    """Note how far a batch is gone through, and what was queued; False when another process was faster, or it is withdrawn."""
    own = (batches.c.id == batch.id, batches.c.looked_at == batch.looked_at, batches.c.withdrawn_ms.is_(None))
    more = {"queued": batches.c.queued + queued, "refused": batches.c.refused + refused}
    moved = update(batches).where(*own).values(looked_at=looked_at, **more)
    return tx.execute(moved.returning(batches.c.id)).first() is not None


def finished(tx: Transaction, batch_id: str, now_ms: int) -> bool:
    """Note that every record of a batch was looked at; return whether that is new."""
    done = update(batches).where(batches.c.id == batch_id, batches.c.queued_ms.is_(None)).values(queued_ms=now_ms)
    return tx.execute(done.returning(batches.c.id)).first() is not None


def withdraw(tx: Transaction, batch_id: str, now_ms: int) -> bool:
    """Take a batch back; False when there is no such one, or it was taken back before."""
    own = update(batches).where(batches.c.id == batch_id, batches.c.withdrawn_ms.is_(None)).values(withdrawn_ms=now_ms)
    return tx.execute(own.returning(batches.c.id)).first() is not None
