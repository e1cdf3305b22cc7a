"""Consumer requests and their histories. The contact is sealed under the key ("request", id) of the vault."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import ColumnElement, RowMapping, and_, delete, exists, insert, or_, select

from avow.definitions import RequestKind
from avow.store.control.database import Transaction
from avow.store.control.rows import add_new
from avow.store.control.tables import consumer_requests, mail, request_events


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """One consumer request as it is kept; `sealed` is the contact."""

    id: str
    kind: RequestKind
    received_ms: int
    received_on: date
    rulebook_id: str
    channel: str
    sealed: bytes
    demonstration: bool = False
    mark: str = ""
    joined_to: str = ""


@dataclass(frozen=True, slots=True)
class Alike:
    """Requests of the same mark as one of them: the oldest of the same day before it to which nothing was done yet ("": none).

    `asked` is the last one with whose address a link was sent, at the moment `asked_ms`; "" and 0 for none.
    """

    waiting: str = ""
    asked: str = ""
    asked_ms: int = 0


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """One entry of a history; `detail` is JSON without personal information."""

    request_id: str
    seq: int
    at_ms: int
    what: str
    detail: str


def add(tx: Transaction, request: StoredRequest) -> None:
    """Keep a new consumer request."""
    tx.execute(insert(consumer_requests).values(**asdict(request)))


def get(tx: Transaction, request_id: str) -> StoredRequest | None:
    """Return one consumer request."""
    return _one(tx, consumer_requests.c.id == request_id)


def every(tx: Transaction) -> tuple[RowMapping, ...]:
    """Return the rows of all consumer requests, oldest first; `of_row` reads one, so that a damaged one harms no other."""
    return tuple(tx.execute(select(consumer_requests).order_by(consumer_requests.c.received_ms)).mappings())


def alike(tx: Transaction, request_id: str) -> Alike:
    """Return what is known of the other requests with the mark of this one; nothing for a request without a mark."""
    own = get(tx, request_id)
    if own is None or not own.mark:
        return Alike()
    one, event = consumer_requests.c, request_events.c
    is_older = or_(one.received_ms < own.received_ms, and_(one.received_ms == own.received_ms, one.id < own.id))
    is_new = ~exists().where(event.request_id == one.id, event.seq == 1)
    older = select(one.id).where(one.mark == own.mark, one.received_on == own.received_on, is_older, is_new)
    waiting = tx.execute(older.order_by(one.received_ms, one.id).limit(1)).scalar()
    sent = select(event.request_id, event.at_ms).join(consumer_requests, one.id == event.request_id)
    sent = sent.where(one.mark == own.mark, one.id != own.id, one.joined_to == "", event.what == "acknowledged")
    last = tx.execute(sent.order_by(event.at_ms.desc()).limit(1)).first()
    return Alike(waiting or "", *(last or ("", 0)))


def join(tx: Transaction, request_id: str, lead_id: str) -> None:
    """Note which request another one is answered with."""
    tx.execute(consumer_requests.update().where(consumer_requests.c.id == request_id).values(joined_to=lead_id))


def joined_to(tx: Transaction, lead_id: str) -> tuple[str, ...]:
    """Return the ids of the requests that are answered with this one."""
    return tuple(tx.scalars(select(consumer_requests.c.id).where(consumer_requests.c.joined_to == lead_id)))


def ids(tx: Transaction) -> frozenset[str]:
    """Return the ids of all consumer requests."""
    return frozenset(tx.scalars(select(consumer_requests.c.id)))


def of_row(row: RowMapping) -> StoredRequest:
    """Return a consumer request from its row. Raises ValueError for a kind that this version does not know."""
    return StoredRequest(**{**row, "kind": RequestKind(row["kind"])})


def append(tx: Transaction, entry: RequestEvent) -> bool:
    """Add the next entry of a history; False when another process has written an entry of this number already."""
    return add_new(tx, request_events, asdict(entry))


def history(tx: Transaction, request_id: str) -> tuple[RequestEvent, ...]:
    """Return the entries of one request, in order."""
    wanted = select(request_events).where(request_events.c.request_id == request_id).order_by(request_events.c.seq)
    return tuple(RequestEvent(**row) for row in tx.execute(wanted).mappings())


def histories(tx: Transaction) -> dict[str, tuple[RequestEvent, ...]]:
    """Return the entries of all requests."""
    found: dict[str, list[RequestEvent]] = {}
    for row in tx.execute(select(request_events).order_by(request_events.c.request_id, request_events.c.seq)).mappings():
        found.setdefault(row["request_id"], []).append(RequestEvent(**row))
    return {request_id: tuple(entries) for request_id, entries in found.items()}


def reseal(tx: Transaction, request_id: str, sealed: bytes) -> None:
    """Put another sealed contact in the place of the one that is kept."""
    tx.execute(consumer_requests.update().where(consumer_requests.c.id == request_id).values(sealed=sealed))


def forget_contact(tx: Transaction, request_id: str) -> None:
    """Empty the sealed contact and its mark, and remove the messages; the caller destroys the key. The record itself stays.

    Rule: 11 CCR 7101(a), (b): the record of a request is kept 24 months, without more than it needs.
    """
    tx.execute(consumer_requests.update().where(consumer_requests.c.id == request_id).values(sealed=b"", mark=""))
    tx.execute(delete(mail).where(mail.c.request_id == request_id))


def remove(tx: Transaction, request_id: str) -> None:
    """Remove the record of a request with history and messages; the caller destroys the key."""
    tx.execute(delete(mail).where(mail.c.request_id == request_id))
    tx.execute(delete(request_events).where(request_events.c.request_id == request_id))
    tx.execute(delete(consumer_requests).where(consumer_requests.c.id == request_id))


def demonstration(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of the consumer requests of the demonstration."""
    return tuple(tx.scalars(select(consumer_requests.c.id).where(consumer_requests.c.demonstration)))


def _one(tx: Transaction, condition: ColumnElement[bool]) -> StoredRequest | None:
    """Return the only request that meets a condition."""
    row = tx.execute(select(consumer_requests).where(condition)).mappings().first()
    return None if row is None else of_row(row)
