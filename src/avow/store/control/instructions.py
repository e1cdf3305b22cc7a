"""What recipients were told to do with what they were given of a person, when they were told, and what they answered.

    (new)   -> untold    -> [add]        with the step of the consumer request, and with its delivery
    untold  -> told      -> [told]       the delivery left, or a member of staff passed it on
    told    -> told      -> [reminded]   once for each reminder, whoever of two processes comes first; [left_to_staff] none
                            is queued that nobody carries
    either  -> answered  -> [answered]   once; the recipient on its page or by its computers, or a member of staff for it
    untold  -> answered  -> [answered]   as NOT_TOLD: it is taken back, and its delivery when its turn comes
    either  -> asked     -> [asked_again] a member of staff asks again after an answer that is not the end

A row names nobody: what finds the person, and what was said about them, is sealed under the key of their consumer request, and
forgotten with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Final

from sqlalchemy import RowMapping, and_, delete, func, insert, or_, select, update

from avow.store.control.database import Transaction
from avow.store.control.tables import deliveries, delivery_people, instructions

#: The way of one that a member of staff passes on, and what is kept where there was no answer until the contact was forgotten.
PAGE: Final = "page"
SILENT: Final = "silent"
#: What is kept of one that is not told any more: what was asked for was taken back before.
NOT_TOLD: Final = "not-told"
#: Ids that one statement names; both databases take more.
_AT_ONCE: Final = 5_000
_own: Final = instructions.c


@dataclass(frozen=True, slots=True)
class Instruction:
    """One row; see `tables.instructions`."""

    id: str
    request_id: str
    recipient: str
    rulebook_id: str
    what: str
    way: str
    categories: str
    sealed: bytes
    site: str
    made_ms: int
    due_on: date
    told_ms: int | None = None
    reminders: int = 0
    next_ms: int | None = None
    opened_ms: int | None = None
    answer: str = ""
    answered_ms: int | None = None
    answered_by: str = ""
    words: bytes = b""


def add(tx: Transaction, wanted: Sequence[Instruction]) -> None:
    """Keep what recipients are told, in the transaction of the step that decided it."""
    if wanted:
        tx.execute(insert(instructions), [asdict(one) for one in wanted])


def get(tx: Transaction, instruction_id: str) -> Instruction | None:
    """Return one."""
    row = tx.execute(select(*_COLUMNS).where(_own.id == instruction_id)).mappings().first()
    return None if row is None else _of_row(row)


def of_requests(tx: Transaction, request_ids: Collection[str]) -> tuple[Instruction, ...]:
    """Return those of consumer requests, by recipient."""
    ids, found = list(request_ids), list[Instruction]()
    for start in range(0, len(ids), _AT_ONCE):
        wanted = select(*_COLUMNS).where(_own.request_id.in_(ids[start : start + _AT_ONCE]))
        found += map(_of_row, tx.execute(wanted.order_by(_own.recipient, _own.id)).mappings())
    return tuple(found)


def untold(tx: Transaction, request_id: str) -> frozenset[str]:
    """Return those of a consumer request that nobody was told of yet."""
    waiting = (_own.request_id == request_id, _own.told_ms.is_(None), _own.answer == "")
    return frozenset(tx.scalars(select(_own.id).where(*waiting)))


def telling(tx: Transaction, one: Instruction) -> tuple[str, ...]:
    """Return the deliveries that would tell of one and have not left."""
    own = delivery_people.c
    about = select(own.delivery).where(own.request_id == one.request_id, own.record == one.id)
    waiting = deliveries.c.id.in_(about), deliveries.c.kind == "instruction", deliveries.c.state.in_(("waiting", "failed"))
    return tuple(tx.scalars(select(deliveries.c.id).where(*waiting)))


def told(tx: Transaction, instruction_id: str, at_ms: int, next_ms: int | None) -> bool:
    """Note that a recipient was told for the first time, and when it is reminded; False when it was told before."""
    first = update(instructions).where(_own.id == instruction_id, _own.told_ms.is_(None))
    open_one = first.where(_own.answer == "").values(told_ms=at_ms, next_ms=next_ms)
    if tx.execute(open_one.returning(_own.id)).first() is not None:
        return True
    tx.execute(first.values(told_ms=at_ms))  # answered before anybody noted that it was told
    return False


def passed_on_by_hand(tx: Transaction, instruction_id: str) -> bool:
    """Note that a member of staff has to pass it on, as its recipient does not take it by itself; False once it is answered."""
    mine = update(instructions).where(_own.id == instruction_id, _own.answer == "", _own.way != PAGE)
    return tx.execute(mine.values(way=PAGE).returning(_own.id)).first() is not None


def due(tx: Transaction, now_ms: int, limit: int) -> tuple[Instruction, ...]:
    """Return those of which a reminder is due, by an index: what is answered or at rest costs nothing."""
    wanted = select(*_COLUMNS).where(_own.next_ms <= now_ms).order_by(_own.next_ms, _own.id).limit(limit)
    return tuple(map(_of_row, tx.execute(wanted).mappings()))


def reminded(tx: Transaction, one: Instruction, next_ms: int | None) -> bool:
    """Note a reminder; False when another process has reminded already, or there is an answer."""
    mine = update(instructions).where(_own.id == one.id, _own.reminders == one.reminders, _own.answer == "")
    noted = mine.values(reminders=one.reminders + 1, next_ms=next_ms)
    return tx.execute(noted.returning(_own.id)).first() is not None


def left_to_staff(tx: Transaction, one: Instruction) -> None:
    """Note that no reminder is queued any more: a member of staff sees to it."""
    tx.execute(update(instructions).where(_own.id == one.id).values(next_ms=None))


def reminders_left(tx: Transaction, request_id: str) -> Mapping[str, int]:
    """Return how many reminders of each instruction of a request have left, by ids: of what told it, all but the first."""
    own = delivery_people.c
    joined = delivery_people.join(deliveries, deliveries.c.id == own.delivery)
    wanted = select(own.record, func.count()).select_from(joined).where(own.request_id == request_id)
    wanted = wanted.where(deliveries.c.kind == "instruction", deliveries.c.state.in_(("sent", "received")))
    return {record: int(count) - 1 for record, count in tx.execute(wanted.group_by(own.record))}


def opened(tx: Transaction, instruction_id: str, at_ms: int) -> None:
    """Note that the recipient's page was opened."""
    tx.execute(update(instructions).where(_own.id == instruction_id).values(opened_ms=at_ms))


def answered(tx: Transaction, instruction_id: str, answer: str, words: bytes, by: str, at_ms: int) -> bool:
    """Keep the one answer; False when there is one already, and nothing is changed."""
    first = update(instructions).where(_own.id == instruction_id, _own.answer == "")
    noted = first.values(answer=answer, words=words, answered_by=by, answered_ms=at_ms, next_ms=None)
    return tx.execute(noted.returning(_own.id)).first() is not None


def forget_request(tx: Transaction, request_id: str) -> None:
    """Forget what finds the person and what was said of them; that the recipient was told, and its answer, stay.

    Rule: 11 CCR 7101(a), (b).
    """
    own = update(instructions).where(_own.request_id == request_id)
    tx.execute(own.values(sealed=b"", words=b"", next_ms=None))
    tx.execute(own.where(_own.answer == "").values(answer=SILENT))


def count_left(tx: Transaction, today: date, before_ms: int) -> int:
    """Return how many wait for a member of staff: their day is over, their last reminder has gone, or nothing has told them.

    Not told counts once it was queued before a moment; what staff have to pass on counts at once.
    """
    untold = and_(_own.told_ms.is_(None), or_(_own.way == PAGE, _own.made_ms < before_ms))
    is_over = or_(_own.due_on < today, untold, and_(_own.told_ms.is_not(None), _own.next_ms.is_(None)))
    wanted = select(func.count()).select_from(instructions).where(_own.answer == "", is_over)
    return int(tx.execute(wanted).scalar_one())


def remove_request(tx: Transaction, request_id: str) -> None:
    """Remove those of a consumer request of which the record goes."""
    tx.execute(delete(instructions).where(_own.request_id == request_id))


def _of_row(row: RowMapping) -> Instruction:
    return Instruction(**row)


#: What an `Instruction` is read from.
_COLUMNS: Final = tuple(_own[one.name] for one in fields(Instruction))
