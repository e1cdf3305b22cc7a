"""Consumer requests and their histories. The contact is sealed under the key ("request", id) of the vault."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from avow.definitions import RequestKind
from avow.store.control import agents, deliveries, instructions, request_proofs
from avow.store.control.database import Transaction, alone
from avow.store.control.rows import add_new
from avow.store.control.set_aside import BEYOND_MS
from avow.store.control.tables import consumer_requests, request_events, request_people, set_aside

#: The queue of requests whose next step failed (`store.aside`).
QUEUE: Final = "requests"
#: The entries of a history with which a request is open no longer (`rights.states.Step`).
ANSWERS: Final = frozenset({"responded", "confirmed", "withdrawn"})
#: The entry after which one waits for its answer, also where it had one.
REOPENS: Final = "decided"
#: The entries that say that a link was written, and that it has left (`rights.states`); earlier versions wrote the latter alone.
LINKS: Final = ("link-written", "acknowledged")
#: The entries of a request that is being carried out, and the moment of its next look: due, behind what has 0.
CARRIED_OUT: Final = ("planned", "outcome")
LATER: Final = 1
#: Ids that one statement names; both databases take more.
_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """One consumer request as it is kept; `sealed` is the contact, `site` the website on which it was filed.

    `jurisdiction` is the code of a law table, "" for the policy's; `entered_ms` the moment of entry, next to that of receipt;
    `parent` the request that this one is about; `due_ms` when the day of its answer begins.
    """

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
    site: str = ""
    jurisdiction: str = ""
    entered_ms: int = 0
    parent: str = ""
    due_ms: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a request without anything to do found: entries of its history, when to look again, and its days.

    `days_kept` says what of an answered request came in time, "" for one that is open. `state` is where it is, `due_ms` when the
    day of its answer begins.
    """

    entries: int
    next_ms: int
    days_kept: str = ""
    state: str = ""
    due_ms: int = 0
    is_for_staff: bool = False


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
    return tuple(tx.execute(select(*COLUMNS).order_by(consumer_requests.c.received_ms)).mappings())


def due(tx: Transaction, now_ms: int, limit: int) -> tuple[RowMapping, ...]:
    """Return the rows of the requests that are to be looked at now, by an index: what is at rest costs nothing.

    One that is set aside is passed by until its next try. A moment further away than any that we write was written while the
    clock was ahead: it has come.
    """
    moments = {"now": now_ms, "aside": now_ms + BEYOND_MS, "beyond": now_ms + 2 * BEYOND_MS, "most": limit}
    return tuple(tx.execute(_DUE, moments).mappings())


def next_due_ms(tx: Transaction) -> int:
    """Return the first moment at which a request is to be looked at; 0 for none."""
    return tx.execute(_FIRST).scalar() or 0


def _due() -> Select[tuple[Any, ...]]:
    """Return the statement of `due`, put together once: it is asked every second."""
    one, aside = consumer_requests.c, set_aside.c
    now = bindparam("now", type_=BigInteger)
    waits = exists().where(
        aside.queue == QUEUE,
        aside.item == one.id,
        or_(aside.next_ms.is_(None), and_(aside.next_ms > now, aside.next_ms <= bindparam("aside", type_=BigInteger))),
    )
    has_come = or_(one.next_ms <= now, one.next_ms > bindparam("beyond", type_=BigInteger))
    wanted = select(*COLUMNS).where(has_come, ~waits).order_by(one.next_ms, one.received_ms)
    return wanted.limit(bindparam("most", type_=Integer))


def of_people(tx: Transaction, marks: Collection[str]) -> tuple[RowMapping, ...]:
    """Return the rows of the requests that are about any of these people and have their contact yet, oldest first."""
    return tuple(tx.execute(_OF_PEOPLE, {"marks": list(marks)}).mappings())


def name_people(tx: Transaction, request_id: str, marks: Collection[str]) -> None:
    """Note whom a request is about, and nobody else."""
    tx.execute(delete(request_people).where(request_people.c.request_id == request_id))
    if marks:
        tx.execute(insert(request_people), [{"mark": mark, "request_id": request_id} for mark in sorted(set(marks))])


def unnamed(tx: Transaction) -> tuple[RowMapping, ...]:
    """Return the rows of requests with a contact of which nobody noted whom they are about: those of an earlier version."""
    one = consumer_requests.c
    is_named = exists().where(request_people.c.request_id == one.id)
    return tuple(tx.execute(select(*COLUMNS).where(func.length(one.sealed) > 0, ~is_named)).mappings())


def with_contact(tx: Transaction) -> tuple[RowMapping, ...]:
    """Return the rows of the requests that have their contact yet."""
    return tuple(tx.execute(select(*COLUMNS).where(func.length(consumer_requests.c.sealed) > 0)).mappings())


def look_for_residue(tx: Transaction, request_id: str, on: date | None) -> None:
    """Note the day on which is looked for what is left of a request's person; None: no more."""
    tx.execute(update(consumer_requests).where(consumer_requests.c.id == request_id).values(residue_on=on))


def residue_due(tx: Transaction, today: date, limit: int) -> tuple[RowMapping, ...]:
    """Return the rows of the requests whose person is to be looked for by today, by an index, the first day first."""
    one = consumer_requests.c
    wanted = select(*COLUMNS).where(one.residue_on <= today).order_by(one.residue_on, one.id)
    return tuple(tx.execute(wanted.limit(limit)).mappings())


def referred_to(tx: Transaction, reference: str) -> tuple[str, ...]:
    """Return the ids of the requests that people quote by this reference: the beginning of the id."""
    one = consumer_requests.c
    last = reference + chr(ord("g"))  # behind all hex digits, by the primary key
    return tuple(tx.scalars(select(one.id).where(one.id >= reference, one.id < last).order_by(one.id)))


def hold(tx: Transaction, request_id: str) -> None:
    """Wait until nobody else is about to keep something that is about this request."""
    alone(tx, "about a request", request_id)


def about(tx: Transaction, parent: str, kind: RequestKind) -> tuple[str, ...]:
    """Return the ids of the requests of a kind that are about this one, oldest first; for a page, never on a clock."""
    one = consumer_requests.c
    return tuple(tx.scalars(select(one.id).where(one.kind == kind, one.parent == parent).order_by(one.received_ms, one.id)))


def days_kept(tx: Transaction) -> dict[tuple[str, str], int]:
    """Return how many answered requests kept which of their days, by kind; the demonstration left out.

    Those that are not judged yet are not among them: `unjudged`.
    """
    one = consumer_requests.c
    judged = select(one.kind, one.days_kept, func.count()).where(one.days_kept != "", one.demonstration.is_(False))
    return {(kind, kept): count for kind, kept, count in tx.execute(judged.group_by(one.kind, one.days_kept))}


def unjudged(tx: Transaction) -> tuple[RowMapping, ...]:
    """Return the rows of requests whose days are not judged for good: open ones, and what was answered a moment ago."""
    one = consumer_requests.c
    wanted = select(*COLUMNS).where(one.days_kept == "", one.demonstration.is_(False))
    return tuple(tx.execute(wanted.order_by(one.received_ms)).mappings())


def received_since(tx: Transaction, first: date) -> tuple[RowMapping, ...]:
    """Return the requests that came in on a day or later, those of the demonstration left out."""
    one = consumer_requests.c
    wanted = select(*COLUMNS).where(one.received_on >= first, one.demonstration.is_(False))
    return tuple(tx.execute(wanted.order_by(one.received_ms)).mappings())


def rest(tx: Transaction, looks: Mapping[str, Look]) -> None:
    """Note when requests are looked at again that were found with nothing to do.

    One whose history has gone on since is left to be looked at at once. The row is held first, so that `append` by another
    process comes either before the count or after the note.
    """
    own = consumer_requests.c
    for request_id, look in sorted(looks.items()):
        tx.execute(select(own.id).where(own.id == request_id).with_for_update())
        counted = select(func.count()).select_from(request_events).where(request_events.c.request_id == request_id)
        if tx.execute(counted).scalar_one() == look.entries:
            noted = {one.name: getattr(look, one.name) for one in fields(Look) if one.name != "entries"}
            tx.execute(update(consumer_requests).where(own.id == request_id).values(**noted))


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
    sent = sent.where(one.mark == own.mark, one.id != own.id, one.joined_to == "", event.what.in_(LINKS))
    last = tx.execute(sent.order_by(event.at_ms.desc()).limit(1)).first()
    return Alike(waiting or "", *(last or ("", 0)))


def join(tx: Transaction, request_id: str, lead_id: str) -> None:
    """Note which request another one is answered with."""
    tx.execute(consumer_requests.update().where(consumer_requests.c.id == request_id).values(joined_to=lead_id))


def joined_to(tx: Transaction, lead_id: str) -> tuple[str, ...]:
    """Return the ids of the requests that are answered with this one."""
    return tuple(tx.scalars(select(consumer_requests.c.id).where(consumer_requests.c.joined_to == lead_id)))


def of_row(row: RowMapping) -> StoredRequest:
    """Return a consumer request from its row. Raises ValueError for a kind that this version does not know."""
    return StoredRequest(**{**row, "kind": RequestKind(row["kind"])})


def append(tx: Transaction, entry: RequestEvent) -> bool:
    """Add the next entry of a history; False when another process has written an entry of this number already.

    The request is looked at again at once: whatever happened to it may let it go on. One that is carried out lets those go first
    that are not planned yet: a plan tells recipients, and nobody knows how long they take.
    """
    if not add_new(tx, request_events, asdict(entry)):
        return False
    now: dict[str, object] = {"next_ms": LATER if entry.what in CARRIED_OUT else 0, "days_kept": ""}
    if entry.what in {*ANSWERS, REOPENS}:
        now["is_open"] = entry.what == REOPENS
    tx.execute(update(consumer_requests).where(consumer_requests.c.id == entry.request_id).values(**now))
    agents.wake(tx, entry.request_id, entry.at_ms)
    return True


def history(tx: Transaction, request_id: str) -> tuple[RequestEvent, ...]:
    """Return the entries of one request, in order."""
    wanted = select(request_events).where(request_events.c.request_id == request_id).order_by(request_events.c.seq)
    return tuple(RequestEvent(**row) for row in tx.execute(wanted).mappings())


def histories(tx: Transaction, request_ids: Collection[str] | None = None) -> dict[str, tuple[RequestEvent, ...]]:
    """Return the entries of these requests, of all for None."""
    found: dict[str, list[RequestEvent]] = {}
    every = select(request_events).order_by(request_events.c.request_id, request_events.c.seq)
    ids = list(request_ids or ())
    asked = [request_events.c.request_id.in_(ids[start : start + _AT_ONCE]) for start in range(0, len(ids), _AT_ONCE)]
    for wanted in [every] if request_ids is None else [every.where(some) for some in asked]:
        for row in tx.execute(wanted).mappings():
            found.setdefault(row["request_id"], []).append(RequestEvent(**row))
    return {request_id: tuple(entries) for request_id, entries in found.items()}


def reseal(tx: Transaction, request_id: str, sealed: bytes, mark: str) -> None:
    """Put another sealed contact, and its mark, in the place of those that are kept."""
    tx.execute(update(consumer_requests).where(consumer_requests.c.id == request_id).values(sealed=sealed, mark=mark))


def forget_contact(tx: Transaction, request_id: str) -> None:
    """Empty the sealed contact and its marks, and forget the messages; the caller destroys the key. The record itself stays.

    Rule: 11 CCR 7101(a), (b): the record of a request is kept 24 months, without more than it needs.
    """
    tx.execute(consumer_requests.update().where(consumer_requests.c.id == request_id).values(sealed=b"", mark=""))
    name_people(tx, request_id, ())
    request_proofs.forget_matches(tx, request_id)
    deliveries.forget_request(tx, request_id)
    instructions.forget_request(tx, request_id)
    agents.forget_request(tx, request_id)


def remove(tx: Transaction, request_id: str) -> None:
    """Remove the record of a request with history and messages; the caller destroys the key."""
    deliveries.remove_request(tx, request_id)
    instructions.remove_request(tx, request_id)
    agents.remove_request(tx, request_id)
    tx.execute(delete(request_events).where(request_events.c.request_id == request_id))
    name_people(tx, request_id, ())
    request_proofs.remove(tx, request_id)
    tx.execute(delete(consumer_requests).where(consumer_requests.c.id == request_id))


def demonstration(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of the consumer requests of the demonstration."""
    return tuple(tx.scalars(select(consumer_requests.c.id).where(consumer_requests.c.demonstration)))


def _one(tx: Transaction, condition: ColumnElement[bool]) -> StoredRequest | None:
    """Return the only request that meets a condition."""
    row = tx.execute(select(*COLUMNS).where(condition)).mappings().first()
    return None if row is None else of_row(row)


#: What a `StoredRequest` is read from.
COLUMNS: Final = tuple(consumer_requests.c[one.name] for one in fields(StoredRequest))
_OF_MARKS: Final = select(request_people.c.request_id).where(request_people.c.mark.in_(bindparam("marks", expanding=True)))
_OF_PEOPLE: Final = select(*COLUMNS).where(consumer_requests.c.id.in_(_OF_MARKS)).order_by(consumer_requests.c.received_ms)
_DUE: Final = _due()
_FIRST: Final = select(func.min(consumer_requests.c.next_ms))
