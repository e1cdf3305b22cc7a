"""Opt-outs that recipients are to be told of, and which of them were; see `tables.opt_outs`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from typing import Final

from sqlalchemy import RowMapping, and_, bindparam, delete, exists, func, or_, select, update

from avow.store.control.choices import standing_noes
from avow.store.control.database import Transaction, alone
from avow.store.control.rows import add_new
from avow.store.control.tables import choices, delivery_people, disclosures, opt_out_told, opt_outs

#: In the place of records: it was told as who works for us, and is a third party by now.
AS_OURS: Final = "-"
_own: Final = opt_outs.c
_told: Final = opt_out_told.c


@dataclass(frozen=True, slots=True)
class OptOutRow:
    """One opt-out; see `tables.opt_outs`."""

    id: str
    subject: bytes | None
    at_ms: int
    purpose: str
    source: str
    rulebook_id: str
    site: str
    closed_ms: int | None = None
    look_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """That a recipient was told, when, by whom and how, and of which records; None where an earlier version did not keep it.

    `AS_OURS` in their place: what it was told is not enough any more.
    """

    recipient: str
    told_ms: int
    told_by: str
    how: str
    records: str | None


_THERE: Final = exists().where(_own.subject == bindparam("subject"))
_REFUSED: Final = exists().where(choices.c.subject == bindparam("subject"), choices.c.opted_out)
_ANY: Final = select(or_(_THERE, _REFUSED))


def hold(tx: Transaction, subject: bytes) -> None:
    """Let what a subject says and what of theirs leaves be noted one after the other: the second of them sees the first."""
    alone(tx, "opt-outs", subject.hex())


def there_are(tx: Transaction, subject: bytes) -> bool:
    """Return whether this subject has ever opted out of anything."""
    return bool(tx.execute(_ANY, {"subject": subject}).scalar_one())


def concerns(tx: Transaction, subject: bytes) -> bool:
    """Return whether something of this subject went to anybody, or is on its way."""
    went = select(disclosures.c.id).where(disclosures.c.subject == subject).limit(1)
    goes = select(delivery_people.c.delivery).where(delivery_people.c.subject == subject).limit(1)
    return tx.execute(went).first() is not None or tx.execute(goes).first() is not None


def add(tx: Transaction, row: OptOutRow) -> None:
    """Keep an opt-out that somebody may have to be told of, to be looked at now; a repetition adds nothing."""
    add_new(tx, opt_outs, asdict(row) | {"look_ms": row.at_ms})


def get(tx: Transaction, opt_out_id: str, *, locks: bool = False) -> OptOutRow | None:
    """Return one; `locks`: whoever else would change it waits for the end of the transaction."""
    wanted = select(*_COLUMNS).where(_own.id == opt_out_id)
    row = tx.execute(wanted.with_for_update() if locks else wanted).mappings().first()
    return None if row is None else _of_row(row)


def open_ones(tx: Transaction, limit: int, after: OptOutRow | None = None) -> tuple[OptOutRow, ...]:
    """Return those of which somebody may still have to be told, the oldest first; `after` is the last one of those before."""
    wanted = select(*_COLUMNS).where(_own.closed_ms.is_(None), _own.subject.is_not(None)).order_by(_own.at_ms, _own.id)
    if after is not None:
        wanted = wanted.where(or_(_own.at_ms > after.at_ms, and_(_own.at_ms == after.at_ms, _own.id > after.id)))
    return tuple(map(_of_row, tx.execute(wanted.limit(limit)).mappings()))


def due(tx: Transaction, now_ms: int, limit: int, after: OptOutRow | None = None) -> tuple[OptOutRow, ...]:
    """Return those that are to be looked at, what was said last first, by an index: what waits for a person costs nothing.

    `after` is the last one of those before.
    """
    wanted = select(*_COLUMNS).where(_own.look_ms <= now_ms).order_by(_own.look_ms.desc(), _own.id)
    if after is not None:
        wanted = wanted.where(or_(_own.look_ms < after.look_ms, and_(_own.look_ms == after.look_ms, _own.id > after.id)))
    return tuple(map(_of_row, tx.execute(wanted.limit(limit)).mappings()))


def due_mark(tx: Transaction, now_ms: int, limit: int) -> int:
    """Return how many are to be looked at, as far as a limit."""
    found = select(_own.id).where(_own.look_ms <= now_ms).limit(limit).subquery()
    return int(tx.execute(select(func.count()).select_from(found)).scalar_one())


def look(tx: Transaction, at_ms: int, subject: bytes | None = None) -> None:
    """Have those of a subject that are not over looked at, or with None all: who is to be told of them may have changed."""
    own = (_own.closed_ms.is_(None), _own.subject.is_not(None) if subject is None else _own.subject == subject)
    tx.execute(update(opt_outs).where(*own).values(look_ms=at_ms))


def reopen_of(tx: Transaction, recipient: str, at_ms: int, *, was_ours: bool) -> None:
    """Have those looked at again of whose data something went to a recipient: what that was is judged otherwise from now on.

    `was_ours`: until now it worked for us, and was told so; it is told again.
    """
    if was_ours:
        tx.execute(update(opt_out_told).where(_told.recipient == recipient).values(records=AS_OURS))
    theirs = select(disclosures.c.subject).where(disclosures.c.recipient == recipient, disclosures.c.subject.is_not(None))
    tx.execute(update(opt_outs).where(_own.subject.in_(theirs)).values(closed_ms=None, look_ms=at_ms))


def looked_at(tx: Transaction, opt_out_id: str, again_ms: int) -> None:
    """Note that one that is not over was looked at, and when it is again."""
    tx.execute(update(opt_outs).where(_own.id == opt_out_id, _own.closed_ms.is_(None)).values(look_ms=again_ms))


def told(tx: Transaction, opt_out_id: str) -> tuple[Told, ...]:
    """Return who was told of one."""
    wanted = select(*(_told[field.name] for field in fields(Told))).where(_told.opt_out == opt_out_id)
    return tuple(Told(**row) for row in tx.execute(wanted.order_by(_told.recipient)).mappings())


def tell(tx: Transaction, opt_out_id: str, one: Told) -> None:
    """Keep that a recipient was told, in place of what is kept of that."""
    known = update(opt_out_told).where(_told.opt_out == opt_out_id, _told.recipient == one.recipient)
    if tx.execute(known.values(**asdict(one)).returning(_told.recipient)).first() is None:
        add_new(tx, opt_out_told, {"opt_out": opt_out_id, **asdict(one)})


def add_said(tx: Transaction, subject: bytes, purposes: Collection[str]) -> None:
    """Keep what a subject has opted out of before anything of theirs was known to have left; a repetition adds nothing.

    A number that went out with a click is noted when the spool is drained: a no in between concerned nobody, and does now.
    Rule: 11 CCR 7026(f)(2).
    """
    for choice_id, one in standing_noes(tx, subject, purposes).items():
        add(tx, OptOutRow(choice_id, subject, one.at_ms, one.purpose, one.source, one.rulebook_id, one.site))


def reopen(tx: Transaction, subject: bytes, purposes: Collection[str], at_ms: int) -> None:
    """Have those of a subject looked at again: something of theirs left for what one of these stops.

    Each is written to, open or not, so that who closes one at this moment has seen it or is undone.
    """
    tx.execute(update(opt_outs).where(_own.subject == subject, _own.purpose.in_(purposes)).values(closed_ms=None, look_ms=at_ms))


def close(tx: Transaction, opt_out_id: str, now_ms: int) -> None:
    """Note that nobody is to be told any more."""
    tx.execute(update(opt_outs).where(_own.id == opt_out_id, _own.closed_ms.is_(None)).values(closed_ms=now_ms, look_ms=None))


def forget_subjects(tx: Transaction, wanted: Collection[bytes]) -> int:
    """Forget whose these are; that they were made, and who was told, stays. Rule: 11 CCR 7101(a)."""
    return int(tx.execute(update(opt_outs).where(_own.subject.in_(wanted)).values(subject=None, look_ms=None)).rowcount)


def remove_before(tx: Transaction, before_ms: int) -> int:
    """Remove the record of those that were made before a moment; return how many. Rule: 11 CCR 7101(a) (24 months)."""
    old = select(_own.id).where(_own.at_ms < before_ms)
    tx.execute(delete(opt_out_told).where(_told.opt_out.in_(old)))
    return int(tx.execute(delete(opt_outs).where(_own.at_ms < before_ms)).rowcount)


def _of_row(row: RowMapping) -> OptOutRow:
    return OptOutRow(**row)


_COLUMNS: Final = tuple(_own[field.name] for field in fields(OptOutRow))
