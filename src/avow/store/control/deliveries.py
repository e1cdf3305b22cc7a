"""Everything that leaves to a person or a recipient: references, its state, who carries it, and what the other side said.

    waiting ──► leaving ──► sent ──► received
       ▲           │
       ├───────────┤  not taken for now, or nobody carried it to its end in time
       │           ├──► failed      a person looks at it
       └─ again ───┘
    waiting, leaving, failed ──► withdrawn      it names nobody from then on

    (new)     -> waiting    -> [add]        in the transaction of what it tells of
    waiting   -> leaving    -> [claim]      by one statement, for as long as a lease holds
    leaving   -> leaving    -> [claim]      by another holder, once the lease is over; by its own at once
    leaving   -> waiting    -> [release]    nobody tried; [kept] it was not taken, for now; [held] it may not leave now
    leaving   -> failed     -> [kept]       not taken for good
    leaving   -> sent       -> [sent]       the other side took it: never what was queued
    unsent    -> sent       -> [passed_on]  a person passed it on by hand
    sent      -> received   -> [received]   the other side said what it did with it; what nobody noted as sent, too
    unsent    -> waiting    -> [again]
    unsent    -> withdrawn  -> [withdraw, let_go]

A row is never what it says: that is composed when its turn comes (decision 0072). `letters` has the copies of what has to stay
the very same letter, sealed under the key of their consumer request.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    cast,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from avow.store import paging
from avow.store.control.database import Transaction
from avow.store.control.tables import deliveries, delivery_people, letters, screenings
from avow.store.paging import Page, Part, Place

Kind = Literal[
    "letter", "answer", "confirmation", "notice", "mailing", "instruction", "opt-out", "disclosure", "order", "conversion"
]
State = Literal["waiting", "leaving", "sent", "received", "failed", "withdrawn"]

#: Kinds of a consumer request that go to its person; the copy of each is sealed under the request's key.
OF_REQUESTS: Final = ("letter", "answer")
#: Kinds that hand a record over to a recipient.
OF_RECORDS: Final = ("disclosure", "order", "conversion")
#: Kinds of which there may be many and alike, in no list of messages to single people.
MANY: Final = ("mailing", *OF_RECORDS)
#: The way of what a person passed on.
BY_HAND: Final = "by hand"
#: The way of what waits for a person to pass it on: no process carries it.
BY_PAGE: Final = "page"
#: The trouble of what was claimed while it was leaving: whoever carried it came to no end, and the other side may have it.
TAKEN_OVER: Final = "taken-over"
#: What may still leave.
UNSENT: Final = ("waiting", "leaving", "failed")
#: A turn further away than any pause of ours, milliseconds, was written down while the clock was ahead: it has come.
BEYOND_MS: Final = 24 * 3_600_000
#: How long what was claimed is its holder's, milliseconds: longer than a mail server may take over one message.
LEASE_MS: Final = 15 * 60_000
#: Ids in one statement; SQLite binds at most 32,766 values.
_CHUNK: Final = 5_000
_MOVES: Final = deliveries.c.state.in_(("waiting", "leaving"))
_CARRIED: Final = deliveries.c.connector.not_in((BY_PAGE, BY_HAND))
_FAILED: Final = deliveries.c.state == "failed"
_TRIED: Final = and_(_MOVES, deliveries.c.attempts > 0)
_SINGLE: Final = deliveries.c.is_many == false()
_FREE: Final = {"holder": "", "lease_ms": None}
#: What is kept of a delivery next to its row, and goes with whose it is.
_OF_ONE: Final = (letters, screenings, delivery_people)


@dataclass(frozen=True, slots=True)
class About:
    """Whose a delivery is, by a pseudonym or a consumer request; which record of theirs, and which categories go with it.

    `sealed` is another address that staff gave, under the person's key.
    """

    subject: bytes | None = None
    request_id: str | None = None
    record: str = ""
    items: str = ""
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that leaves; `people` says whose it is, nobody's once it was withdrawn. See `tables.deliveries`."""

    id: str
    kind: Kind
    made_ms: int
    site: str = ""
    batch: str = ""
    rulebook_id: str = ""
    recipient: str = ""
    connector: str = "smtp"
    point: str = ""
    purpose: str = ""
    state: State = "waiting"
    attempts: int = 0
    next_ms: int = 0
    holder: str = ""
    lease_ms: int | None = None
    asker: str = ""
    approver: str = ""
    trouble: str = ""
    code: int = 0
    why: str = ""
    receipt: str = ""
    sent_ms: int | None = None
    people: tuple[About, ...] = ()

    @property
    def about(self) -> About:
        """Whose it is, for what goes to one person."""
        return self.people[0] if self.people else About()

    @property
    def request_id(self) -> str | None:
        """The consumer request that it belongs to."""
        return self.about.request_id

    @property
    def subject(self) -> bytes | None:
        """The person whom it goes to, where a pseudonym says so."""
        return self.about.subject


@dataclass(frozen=True, slots=True)
class Lane:
    """What one carrier claims: what leaves by a connector, and to one recipient where it has a connection of its own."""

    connector: str = "smtp"
    recipient: str = ""

    def rows(self) -> ColumnElement[bool]:
        """Return the condition that finds it."""
        by_connector = deliveries.c.connector == self.connector
        return and_(by_connector, deliveries.c.recipient == self.recipient) if self.recipient else by_connector


#: What leaves by e-mail.
MAIL: Final = Lane()


def new_id() -> str:
    """Return the id of a delivery that is to be: a step of a consumer request names it."""
    return secrets.token_hex(16)


def add(tx: Transaction, delivery: Delivery, letter: bytes | None = None) -> None:
    """Keep something that is to leave, with whose it is; `letter` is the sealed copy of what has to stay the same."""
    add_each(tx, [delivery])
    if letter is not None:
        tx.execute(insert(letters).values(delivery=delivery.id, sealed=letter))


def add_each(tx: Transaction, wanted: Sequence[Delivery]) -> None:
    """Keep many that are to leave, as `add` does."""
    own, people = [], []
    for one in wanted:
        row = {name: getattr(one, name) for name in _COLUMNS}
        own.append({**row, "next_ms": one.next_ms or one.made_ms, "is_many": one.kind in MANY})
        # One person may have sent several records, each of which goes: only of what is written to people each has one.
        named = {"delivery": one.id, "batch": None if one.kind in OF_RECORDS else one.batch or None}
        people += [{**asdict(whose), **named, "number": number} for number, whose in enumerate(one.people)]
    for table, rows in ((deliveries, own), (delivery_people, people)):
        if rows:
            tx.execute(insert(table), rows)


def add_new(tx: Transaction, wanted: Sequence[Delivery]) -> int:
    """Keep those of many that are to leave which are not there yet, by their ids; return how many are new."""
    ids = [one.id for one in wanted]
    there = {one for chunk in _chunks(ids) for one in tx.scalars(select(deliveries.c.id).where(deliveries.c.id.in_(chunk)))}
    new = [one for one in wanted if one.id not in there]
    add_each(tx, new)
    return len(new)


def get(tx: Transaction, delivery_id: str) -> Delivery | None:
    """Return one."""
    found = _whole(tx, tx.execute(select(deliveries).where(deliveries.c.id == delivery_id)).mappings())
    return found[0] if found else None


def letter(tx: Transaction, delivery_id: str) -> bytes | None:
    """Return the sealed copy of a letter."""
    return tx.execute(select(letters.c.sealed).where(letters.c.delivery == delivery_id)).scalar()


def due(tx: Transaction, now_ms: int, limit: int, holder: str = "", lane: Lane = MAIL) -> tuple[Delivery, ...]:
    """Return what `holder` could claim now; see `claim`."""
    return _whole(tx, tx.execute(_claimable(tx, select(deliveries).where(lane.rows()), holder, now_ms, limit)).mappings())


def claim(tx: Transaction, holder: str, now_ms: int, limit: int, lane: Lane = MAIL) -> tuple[Delivery, ...]:
    """Let what is due be carried by `holder` and nobody else until the lease is over; return it, who waits longest first.

    What one person waits for goes before what goes to everybody: about a change of the policy, then mailings. One statement
    decides, so that of two processes one gets each. On a server leases are over by the server's own clock. A SQLite store has
    one storage process (`main.storage.only_storage`): whoever held something there before is dead.
    What somebody had and brought to no end is `TAKEN_OVER`.
    """
    wanted = (
        _claimable(tx, select(deliveries.c.id).where(lane.rows()), holder, now_ms, limit)
        .with_for_update(skip_locked=True)
        .cte("wanted")
    )
    taken = {"state": "leaving", "holder": holder, "lease_ms": _clock(tx, now_ms) + LEASE_MS}
    trouble = case((deliveries.c.state == "leaving", TAKEN_OVER), else_=deliveries.c.trouble)
    moved = update(deliveries).where(deliveries.c.id.in_(select(wanted.c.id))).values(**taken, trouble=trouble)
    moved = moved.returning(deliveries)
    return tuple(sorted(_whole(tx, tx.execute(moved).mappings()), key=_turn))


def renew(tx: Transaction, holder: str, now_ms: int) -> frozenset[str]:
    """Let a holder keep what it has for as long again; return what that is: the rest was claimed by another."""
    own = update(deliveries).where(deliveries.c.state == "leaving", deliveries.c.holder == holder)
    return frozenset(tx.scalars(own.values(lease_ms=_clock(tx, now_ms) + LEASE_MS).returning(deliveries.c.id)))


def release(tx: Transaction, holder: str, but: str = "") -> None:
    """Let everything that a holder has and did not try wait again, `but` what it began to hand over."""
    own = update(deliveries).where(deliveries.c.state == "leaving", deliveries.c.holder == holder, deliveries.c.id != but)
    tx.execute(own.values(state="waiting", **_FREE))


_SENT: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("own"), deliveries.c.state != "withdrawn")
    .values(state=bindparam("is"), attempts=deliveries.c.attempts + 1, sent_ms=bindparam("at"), receipt=bindparam("said"))
    .values(
        {
            name: func.coalesce(func.nullif(bindparam(f"own_{name}"), ""), deliveries.c[name])
            for name in ("recipient", "purpose", "rulebook_id")
        }
    )
    .values(trouble="", code=0, why="", **_FREE)
    .returning(deliveries.c.kind)
)
_HELD: Final = select(deliveries.c.state, deliveries.c.holder).where(deliveries.c.id == bindparam("own"))


def is_held(tx: Transaction, delivery_id: str, holder: str) -> bool:
    """Return whether a holder has it at this moment: nobody passed it on, corrected it or took it back meanwhile."""
    return tuple(tx.execute(_HELD, {"own": delivery_id}).first() or ()) == ("leaving", holder)


def sent(  # what is kept of it is what it takes
    tx: Transaction,
    delivery_id: str,
    now_ms: int,
    *,
    recipient: str = "",
    purpose: str = "",
    rulebook_id: str = "",
    receipt: str = "",
    is_received: bool = False,
) -> None:
    """Note that the other side took it, as it was decided, with what it said; whoever holds it meanwhile.

    `is_received`: it said as well that it has done with it what was asked.

    Of what was withdrawn while the other side took its time nothing is kept: the disclosure says that it left.
    """
    decided = {"own_recipient": recipient, "own_purpose": purpose, "own_rulebook_id": rulebook_id}
    noted = {"own": delivery_id, "is": "received" if is_received else "sent", "at": now_ms, "said": receipt}
    kind = tx.execute(_SENT, {**decided, **noted}).scalar()
    if kind is None:
        tx.execute(delete(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.state == "withdrawn"))
    elif kind not in MANY:  # of many none goes to an address that staff gave
        _forget_address(tx, delivery_id)


def passed_on(tx: Transaction, delivery_id: str, way: str, by: str, now_ms: int) -> bool:
    """Note that a person passed something on by hand that had not left; False when there is no such one, or many get one."""
    done = {"state": "sent", "sent_ms": now_ms, "trouble": "", "code": 0, "connector": BY_HAND, "receipt": way, "approver": by}
    one = update(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.state.in_(UNSENT), deliveries.c.kind != "mailing")
    is_new = tx.execute(one.values(**done, **_FREE).returning(deliveries.c.id)).first() is not None
    _forget_address(tx, delivery_id)
    return is_new


def kept(tx: Transaction, delivery_id: str, holder: str, trouble: str, code: int, next_ms: int | None, receipt: str = "") -> bool:
    """Note a try that did not succeed; again at `next_ms`, or only when somebody asks for it when it is None.

    False, and nothing is noted, when `holder` has it no more: somebody passed it on by hand, or another holds it.
    """
    later = {"state": "failed"} if next_ms is None else {"state": "waiting", "next_ms": next_ms}
    noted = {"attempts": deliveries.c.attempts + 1, "trouble": trouble, "code": code, "receipt": receipt, **later, **_FREE}
    return tx.execute(_held_by(delivery_id, holder).values(**noted).returning(deliveries.c.id)).first() is not None


def held(
    tx: Transaction, delivery_id: str, holder: str, trouble: str, next_ms: int, why: str = "", turn_ms: int | None = None
) -> None:
    """Note that something may not leave now, and why; its turn comes again at `next_ms`, and nothing was tried.

    `turn_ms` is the turn by which it was claimed: where it has another one by now, that one counts (`hasten_held`).
    """
    again = next_ms if turn_ms is None else case((deliveries.c.next_ms == turn_ms, next_ms), else_=deliveries.c.next_ms)
    noted = {"state": "waiting", "trouble": trouble, "code": 0, "next_ms": again, "why": why, **_FREE}
    tx.execute(_held_by(delivery_id, holder).values(**noted))


def again(tx: Transaction, delivery_id: str, now_ms: int, by: str = "", sealed: bytes | None = None) -> bool:
    """Let what has not left have its turn now, counted again; False when there is no such one, or it is leaving at this moment.

    `by` is the member of staff who asked, `sealed` another address that they gave.
    """
    due = {"state": "waiting", "attempts": 0, "next_ms": now_ms, **dict.fromkeys(("trouble", "receipt", "why"), "")}
    due |= {"code": 0, "approver": by}
    one = update(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.state.in_(("waiting", "failed")))
    is_there = tx.execute(one.values(**due).returning(deliveries.c.id)).first() is not None
    if is_there and sealed is not None:
        tx.execute(update(delivery_people).where(delivery_people.c.delivery == delivery_id).values(sealed=sealed))
    return is_there


def received(tx: Transaction, request_id: str, record: str, at_ms: int) -> None:
    """Note that the other side has said that it has what is about a record of a request: what left, else what was to leave.

    What would only have repeated it is taken back; what is leaving at this moment goes.
    """
    own = (delivery_people.c.request_id == request_id, delivery_people.c.record == record)
    found = select(deliveries.c.id, deliveries.c.state).where(
        deliveries.c.id.in_(select(delivery_people.c.delivery).where(*own)), deliveries.c.state.in_(("sent", "waiting", "failed"))
    )
    states = {row.id: row.state for row in tx.execute(found)}
    left = [one for one, state in states.items() if state == "sent"] or list(states)
    done = {"state": "received", "sent_ms": func.coalesce(deliveries.c.sent_ms, at_ms), "trouble": "", "code": 0}
    tx.execute(update(deliveries).where(deliveries.c.id.in_(left)).values(**done))
    for one in states.keys() - set(left):
        withdraw(tx, one)


def withdraw(tx: Transaction, delivery_id: str, why: str = "") -> bool:
    """Take back what has not left; it names nobody any more. False when it has left, or is not there."""
    gone = {"state": "withdrawn", "trouble": "", "code": 0, "why": why, **_FREE}
    one = update(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.state.in_(UNSENT))
    if tx.execute(one.values(**gone).returning(deliveries.c.id)).first() is None:
        return False
    for table in _OF_ONE:
        tx.execute(delete(table).where(table.c.delivery == delivery_id))
    return True


def withdraw_batch(tx: Transaction, batch: str) -> int:
    """Take back what of a batch has not left, what is leaving at this moment left out; return how many."""
    waiting = select(deliveries.c.id).where(deliveries.c.batch == batch, deliveries.c.state.in_(("waiting", "failed")))
    return let_go(tx, tx.scalars(waiting).all())


def remove(tx: Transaction, delivery_id: str) -> None:
    """Remove one, left or not: what it told of is there no more."""
    for table in _OF_ONE:
        tx.execute(delete(table).where(table.c.delivery == delivery_id))
    tx.execute(delete(deliveries).where(deliveries.c.id == delivery_id))


def let_go(tx: Transaction, ids: Sequence[str], why: str = "") -> int:
    """Forget whose these deliveries are: what has not left is withdrawn, and says why; what has is removed. Returns how many."""
    gone = {"state": "withdrawn", "trouble": "", "code": 0, "why": why, **_FREE}
    for chunk in _chunks(ids):
        for table in _OF_ONE:
            tx.execute(delete(table).where(table.c.delivery.in_(chunk)))
        tx.execute(update(deliveries).where(deliveries.c.id.in_(chunk), deliveries.c.state.in_(UNSENT)).values(**gone))
        tx.execute(delete(deliveries).where(deliveries.c.id.in_(chunk), deliveries.c.state != "withdrawn"))
    return len(ids)


def remove_withdrawn(tx: Transaction, before_ms: int) -> int:
    """Remove what was made before a moment and never left; it names nobody. Returns how many."""
    old = delete(deliveries).where(deliveries.c.state == "withdrawn", deliveries.c.made_ms < before_ms)
    return int(tx.execute(old).rowcount)


# -- counted ----------------------------------------------------------------------------------------------------------------


def longest_due_ms(tx: Transaction, *, by_mail: bool = True) -> int | None:
    """Return since when what waits longest for its turn has been due, with or without what leaves by e-mail; None: nothing is.

    Of what one person waits for: a mailing to many takes its time. What staff pass on has no turn.
    """
    single = (_MOVES, _CARRIED, deliveries.c.kind.not_in(("mailing", "notice")))
    ways = () if by_mail else (deliveries.c.connector != MAIL.connector,)
    return tx.execute(select(deliveries.c.next_ms).where(*single, *ways).order_by(deliveries.c.next_ms).limit(1)).scalar()


def count_failed(tx: Transaction) -> int:
    """Return how much failed for good."""
    return int(tx.execute(select(func.count()).select_from(deliveries).where(_FAILED)).scalar_one())


def count_batch(
    tx: Transaction, batch: str, states: Collection[State] = ("waiting", "leaving", "sent", "received", "failed")
) -> int:
    """Return how many of a batch are in these states; what was withdrawn left out unless it is asked for."""
    wanted = select(func.count()).select_from(deliveries).where(deliveries.c.batch == batch, deliveries.c.state.in_(states))
    return int(tx.execute(wanted).scalar_one())


def have_one(tx: Transaction, batch: str, subjects: Collection[bytes]) -> frozenset[bytes]:
    """Return those of the subjects who have theirs of a batch already."""
    own = delivery_people.c
    return frozenset(
        one
        for chunk in _chunks(list(subjects))
        for one in tx.scalars(select(own.subject).where(own.batch == batch, own.subject.in_(chunk)))
    )


# -- listed -----------------------------------------------------------------------------------------------------------------


def undelivered(tx: Transaction, at: Place, limit: int) -> Page[Delivery]:
    """Return a page of what failed, and behind it what waits after a try that did not succeed, those of mailings too."""
    return _page(tx, _undelivered(select(deliveries)), at, limit)


def listed(tx: Transaction, at: Place, limit: int, site: str = "") -> Page[Delivery]:
    """Return a page of what goes to single people of a site, "" for all: what has not left after a try, then the newest.

    What was withdrawn is left out: it names nobody and says nothing.
    """
    single = select(deliveries).where(_SINGLE, deliveries.c.state != "withdrawn")
    if site:
        single = single.where(deliveries.c.site == site)
    rest = single.where(~_FAILED, ~_TRIED)
    return _page(tx, (*_undelivered(single), Part(rest, deliveries.c.made_ms, deliveries.c.id)), at, limit)


def to_recipients(
    tx: Transaction, at: Place, limit: int, state: str = "", recipient: str = "", batch: str = ""
) -> Page[Delivery]:
    """Return a page of records that go or went to recipients, the newest first; "" is any state, recipient or batch."""
    own = {deliveries.c.state: state, deliveries.c.recipient: recipient, deliveries.c.batch: batch}
    rows = select(deliveries).where(deliveries.c.kind.in_(OF_RECORDS), *(column == one for column, one in own.items() if one))
    return _page(tx, (Part(rows, deliveries.c.made_ms, deliveries.c.id),), at, limit)


def untried(tx: Transaction, at: Place, limit: int) -> Page[Delivery]:
    """Return a page of what goes to single people and nobody tried to send yet, the newest first; none of mailings."""
    rows = select(deliveries).where(_SINGLE, _MOVES, deliveries.c.attempts == 0)
    return _page(tx, (Part(rows, deliveries.c.made_ms, deliveries.c.id),), at, limit)


def of_request(tx: Transaction, request_id: str) -> tuple[Delivery, ...]:
    """Return what belongs to a consumer request, oldest first."""
    own = select(delivery_people.c.delivery).where(delivery_people.c.request_id == request_id)
    rows = select(deliveries).where(deliveries.c.id.in_(own)).order_by(deliveries.c.made_ms, deliveries.c.id)
    return _whole(tx, tx.execute(rows).mappings())


def failed_requests(tx: Transaction) -> frozenset[str]:
    """Return the consumer requests of which something failed."""
    return frozenset(tx.scalars(requests_with_failures()))


def requests_with_failures() -> Select[Any]:
    """Return the statement that names the consumer requests of which something failed."""
    joined = delivery_people.join(deliveries, deliveries.c.id == delivery_people.c.delivery)
    wanted = select(delivery_people.c.request_id).distinct().select_from(joined)
    return wanted.where(_FAILED, delivery_people.c.request_id.is_not(None))


def newest(tx: Transaction, limit: int) -> tuple[Delivery, ...]:
    """Return the newest to single people; mailings, which are many and alike, left out."""
    wanted = select(deliveries).where(_SINGLE).order_by(deliveries.c.made_ms.desc(), deliveries.c.id)
    return _whole(tx, tx.execute(wanted.limit(limit)).mappings())


def of_batch(tx: Transaction, batch: str) -> tuple[Delivery, ...]:
    """Return what many get one each of."""
    return _whole(tx, tx.execute(select(deliveries).where(deliveries.c.batch == batch)).mappings())


# -- of people --------------------------------------------------------------------------------------------------------------


def of_subjects(tx: Transaction, wanted: Collection[bytes]) -> tuple[Delivery, ...]:
    """Return what went or goes to these subjects, oldest first."""
    own = select(delivery_people.c.delivery).where(delivery_people.c.subject.in_(wanted))
    rows = select(deliveries).where(deliveries.c.id.in_(own)).order_by(deliveries.c.made_ms)
    return _whole(tx, tx.execute(rows).mappings())


def forget_subjects(tx: Transaction, wanted: Collection[bytes]) -> int:
    """Forget what went or goes to these subjects (`let_go`); return how many."""
    return let_go(tx, tx.scalars(select(delivery_people.c.delivery).where(delivery_people.c.subject.in_(wanted))).all())


def forget_request(tx: Transaction, request_id: str) -> int:
    """Forget what belongs to a consumer request (`let_go`), the copies of its letters too; return how many."""
    return let_go(tx, tx.scalars(select(delivery_people.c.delivery).where(delivery_people.c.request_id == request_id)).all())


def remove_request(tx: Transaction, request_id: str) -> None:
    """Remove what belongs to a consumer request of which the record goes, whatever became of it."""
    for one in tx.scalars(select(delivery_people.c.delivery).where(delivery_people.c.request_id == request_id)).all():
        remove(tx, one)


# -- inside -----------------------------------------------------------------------------------------------------------------


def _claimable(tx: Transaction, rows: Select[Any], holder: str, now_ms: int, limit: int) -> Select[Any]:
    """Return what is due and nobody else's, in the order of its turns."""
    has_come = or_(deliveries.c.next_ms <= now_ms, deliveries.c.next_ms > now_ms + BEYOND_MS)
    is_over = deliveries.c.lease_ms <= _clock(tx, now_ms) if tx.dialect.name == "postgresql" else true()
    is_free = or_(deliveries.c.state == "waiting", deliveries.c.holder == holder, is_over)
    turns = (deliveries.c.kind == "mailing", deliveries.c.kind == "notice", deliveries.c.next_ms, deliveries.c.made_ms)
    ordered = [case((one, 1), else_=0) for one in turns[:2]]
    return rows.where(_MOVES, has_come, is_free).order_by(*ordered, *turns[2:]).limit(limit)


def _turn(one: Delivery) -> tuple[bool, bool, int, int]:
    return one.kind == "mailing", one.kind == "notice", one.next_ms, one.made_ms


def _clock(tx: Transaction, now_ms: int) -> ColumnElement[int]:
    """Return the moment by which leases are over: the server's, which all its processes have in common."""
    if tx.dialect.name != "postgresql":
        return literal(now_ms)
    return cast(func.extract("epoch", func.clock_timestamp()) * 1000, BigInteger)


def _held_by(delivery_id: str, holder: str) -> Any:  # Any: SQLAlchemy's type of an UPDATE
    own = (deliveries.c.id == delivery_id, deliveries.c.state == "leaving", deliveries.c.holder == holder)
    return update(deliveries).where(*own)


def _forget_address(tx: Transaction, delivery_id: str) -> None:
    """Forget another address that staff gave: it has served."""
    own = update(delivery_people).where(delivery_people.c.delivery == delivery_id, delivery_people.c.sealed.is_not(None))
    tx.execute(own.values(sealed=None))


def _undelivered(rows: Select[Any]) -> tuple[Part, ...]:
    """Return what has not left after a try: what failed, then what is tried again, each first for consumer requests."""
    of_request = deliveries.c.kind.in_(OF_REQUESTS)
    found = [rows.where(is_so, whose) for is_so in (_FAILED, _TRIED) for whose in (of_request, ~of_request)]
    return tuple(Part(one, deliveries.c.made_ms, deliveries.c.id) for one in found)


def _page(tx: Transaction, parts: Sequence[Part], at: Place, limit: int) -> Page[Delivery]:
    found = paging.page(tx, parts, at, limit)
    return Page(_whole(tx, found.lines), found.before, found.after)


def _whole(tx: Transaction, rows: Iterable[RowMapping]) -> tuple[Delivery, ...]:
    """Return rows with whose they are, in the order in which they came."""
    found = list(rows)
    people: dict[str, list[About]] = {}
    own = delivery_people.c
    columns = (own.delivery, own.subject, own.request_id, own.record, own["items"], own.sealed)
    for chunk in _chunks([row["id"] for row in found]):
        named = select(*columns).where(own.delivery.in_(chunk)).order_by(own.delivery, own.number)
        for one in tx.execute(named).mappings():
            rest = {name: value for name, value in one.items() if name != "delivery"}
            people.setdefault(one["delivery"], []).append(About(**rest))
    return tuple(Delivery(**{name: row[name] for name in _COLUMNS}, people=tuple(people.get(row["id"], ()))) for row in found)


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:  # Any: ids, or subjects
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


#: What a `Delivery` is read from, its people left out.
_COLUMNS: Final = tuple(one.name for one in fields(Delivery) if one.name != "people")
