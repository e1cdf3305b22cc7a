"""Items that a queue could not handle, each with its kind of fault and the moment of its next try. Nothing here names anybody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from sqlalchemy import BigInteger, Integer, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from avow.store import paging
from avow.store.control.database import Transaction
from avow.store.control.tables import set_aside
from avow.store.paging import Page, Part, Place

#: A next try further away than any pause of ours, milliseconds, was written down while the clock was ahead: it has come.
BEYOND_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class SetAside:
    """One item. `next_ms` None: discarded, never tried again. `sealed` is empty where the queue itself holds the item."""

    id: str
    queue: str
    item: str
    site: str
    kind: str
    attempts: int
    first_ms: int
    last_ms: int
    next_ms: int | None
    sealed: bytes = b""
    delete_on: date | None = None
    demonstration: bool = False


def add(tx: Transaction, row: SetAside) -> None:
    """Keep an item that is new here; one that another process set aside at the same moment stays as it is."""
    made = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    tx.execute(made(set_aside).values(**asdict(row)).on_conflict_do_nothing())


def failed(tx: Transaction, row_id: str, kind: str, now_ms: int, next_ms: int) -> None:
    """Note one more try that failed."""
    later = {"kind": kind, "attempts": set_aside.c.attempts + 1, "last_ms": now_ms, "next_ms": next_ms}
    tx.execute(update(set_aside).where(set_aside.c.id == row_id).values(**later))


def get(tx: Transaction, row_id: str) -> SetAside | None:
    """Return one item by its own id."""
    row = tx.execute(select(set_aside).where(set_aside.c.id == row_id)).mappings().first()
    return None if row is None else SetAside(**row)


def find(tx: Transaction, queue: str, item: str) -> SetAside | None:
    """Return one item by its name in its queue."""
    wanted = select(set_aside).where(set_aside.c.queue == queue, set_aside.c.item == item)
    row = tx.execute(wanted).mappings().first()
    return None if row is None else SetAside(**row)


def names(tx: Transaction, queue: str) -> dict[str, int | None]:
    """Return the items of a queue with the moment of their next try."""
    wanted = select(set_aside.c.item, set_aside.c.next_ms).where(set_aside.c.queue == queue)
    return {row.item: row.next_ms for row in tx.execute(wanted)}


def is_due(next_ms: int, now_ms: int) -> bool:
    """Return whether the moment of a next try has come; `due` asks the same of rows."""
    return next_ms <= now_ms or next_ms > now_ms + BEYOND_MS


def due(tx: Transaction, queues: Collection[str], now_ms: int, limit: int) -> tuple[SetAside, ...]:
    """Return the items that keep their content here and whose next try is due, oldest first."""
    moments = {"queues": list(queues), "now": now_ms, "beyond": now_ms + BEYOND_MS, "most": limit}
    return tuple(SetAside(**row) for row in tx.execute(_DUE, moments).mappings())


#: The statement of `due`, put together once: it is asked twice a second.
_DUE: Final = (
    select(set_aside)
    .where(set_aside.c.queue.in_(bindparam("queues", expanding=True)))
    .where(
        or_(
            set_aside.c.next_ms <= bindparam("now", type_=BigInteger),
            set_aside.c.next_ms > bindparam("beyond", type_=BigInteger),
        )
    )
    .order_by(set_aside.c.next_ms)
    .limit(bindparam("most", type_=Integer))
)


def contents(tx: Transaction, queues: Collection[str], after: str, limit: int) -> tuple[SetAside, ...]:
    """Return the items that keep their content here, in the order of their ids, behind one of them."""
    wanted = select(set_aside).where(set_aside.c.queue.in_(queues), set_aside.c.id > after)
    return tuple(SetAside(**row) for row in tx.execute(wanted.order_by(set_aside.c.id).limit(limit)).mappings())


def listed(tx: Transaction, at: Place, limit: int) -> Page[SetAside]:
    """Return a page of the items that are still tried, the newest first; without their contents."""
    columns = [column for column in set_aside.c if column.name != "sealed"]
    wanted = select(*columns).where(set_aside.c.next_ms.is_not(None))
    return paging.page(tx, [Part(wanted, set_aside.c.first_ms, set_aside.c.id)], at, limit).each(lambda row: SetAside(**row))


def newest(tx: Transaction, limit: int) -> tuple[SetAside, ...]:
    """Return the newest items that are still tried; without their contents."""
    return listed(tx, Place(), limit).lines


def count(tx: Transaction) -> dict[str, int]:
    """Return by queue how many items are still tried."""
    wanted = select(set_aside.c.queue, func.count()).where(set_aside.c.next_ms.is_not(None)).group_by(set_aside.c.queue)
    return {queue: int(number) for queue, number in tx.execute(wanted)}


def size(tx: Transaction) -> tuple[int, int]:
    """Return how many items there are, and how many bytes they keep here."""
    wanted = select(func.count(), func.coalesce(func.sum(func.length(set_aside.c.sealed)), 0))
    items, content = tx.execute(wanted).one()
    return int(items), int(content)


def again(tx: Transaction, row_id: str, now_ms: int) -> bool:
    """Bring the next try forward; False for an item that is not there, or discarded."""
    wanted = select(set_aside.c.id).where(set_aside.c.id == row_id, set_aside.c.next_ms.is_not(None))
    if tx.execute(wanted).first() is None:
        return False
    tx.execute(update(set_aside).where(set_aside.c.id == row_id).values(next_ms=now_ms))
    return True


def give_up(tx: Transaction, row_id: str) -> None:
    """Never try an item again; the row stays, so that its queue goes on passing it by."""
    tx.execute(update(set_aside).where(set_aside.c.id == row_id).values(next_ms=None))


def remove(tx: Transaction, row_ids: Collection[str]) -> None:
    """Forget items."""
    tx.execute(delete(set_aside).where(set_aside.c.id.in_(row_ids)))


def date_undated(tx: Transaction, day: date) -> int:
    """Give the items without a last day one; return how many there were."""
    return int(tx.execute(update(set_aside).where(set_aside.c.delete_on.is_(None)).values(delete_on=day)).rowcount)


def over(tx: Transaction, today: date) -> tuple[str, ...]:
    """Return the ids of the items that may not be kept any longer."""
    return tuple(tx.scalars(select(set_aside.c.id).where(set_aside.c.delete_on <= today)))


def demonstration(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of the items of the demonstration."""
    return tuple(tx.scalars(select(set_aside.c.id).where(set_aside.c.demonstration)))
