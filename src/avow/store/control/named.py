"""What of people belongs to named collection points besides what they wrote there: what waits, what leaves, what went."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, true, update

from avow.store.control import deliveries as leaving
from avow.store.control.database import Transaction
from avow.store.control.disclosures import NOBODY
from avow.store.control.tables import deliveries, delivery_people, disclosures, mailings, recordings
from avow.store.control.tables import pending_subscriptions as pending


@dataclass(frozen=True, slots=True)
class Named:
    """Whose, at which points, and which of their records are deleted."""

    subjects: Collection[bytes]
    points: Collection[str]
    records: Sequence[str] = ()


def recorded(tx: Transaction, one: Named, until_ms: int) -> tuple[str, ...]:
    """Return the ids of the session recordings that were begun until a moment."""
    own = recordings.c
    wanted = select(own.recording_id).where(own.subject.in_(one.subjects), own.point.in_(one.points), own.started_ms <= until_ms)
    return tuple(tx.scalars(wanted.order_by(own.recording_id)))


def every_recording(tx: Transaction) -> tuple[tuple[bytes, str], ...]:
    """Return whose session recordings there are, and of which points."""
    wanted = select(recordings.c.subject, recordings.c.point).where(recordings.c.subject.is_not(None)).distinct()
    return tuple((row.subject, row.point) for row in tx.execute(wanted))


def every_pair(tx: Transaction) -> frozenset[tuple[bytes, str]]:
    """Return whose what waits, what leaves and what went is, and of which points."""
    people = delivery_people.c
    going = select(people.subject, deliveries.c.point).join(deliveries, deliveries.c.id == people.delivery)
    lists = select(people.subject, mailings.c.point).join(deliveries, deliveries.c.id == people.delivery)
    mailed = lists.join(mailings, mailings.c.id == deliveries.c.batch).where(deliveries.c.kind == "mailing")
    waiting, went = select(pending.c.subject, pending.c.point), select(disclosures.c.subject, disclosures.c.point)
    found = (row for one in (going, mailed, waiting, went) for row in tx.execute(one.distinct()))
    return frozenset((row.subject, row.point) for row in found if row.subject and row.point)


def forget(tx: Transaction, one: Named, until_ms: int | None = None) -> tuple[int, int, int]:
    """Forget what waits for a confirmation, what goes or went to them, and whose what went to others was; return how much.

    With `until_ms` what was asked, made or went until then alone, and what is about the records. What has not left is withdrawn;
    that something went to a recipient stays, for the 12-month chart, and names nobody.
    """
    asked, made, gone = (
        true() if until_ms is None else moment <= until_ms
        for moment in (pending.c.asked_ms, deliveries.c.made_ms, disclosures.c.at_ms)
    )
    made = or_(made, delivery_people.c.record.in_(one.records))
    waiting = tx.execute(select(pending.c.record_id, pending.c.delivery).where(_waiting(one), asked)).all()
    tx.execute(delete(pending).where(_waiting(one), asked))
    ids = {*tx.scalars(_leaving(one).where(made)), *(row.delivery for row in waiting if row.delivery)}
    sent = leaving.let_go(tx, sorted(ids))
    went = int(tx.execute(update(disclosures).where(_went(one), gone).values(**NOBODY)).rowcount)
    return len(waiting), sent, went


def count(tx: Transaction, one: Named, until_ms: int) -> int:
    """Return how much of all that is left."""
    tables = ((pending, _waiting(one)), (disclosures, _went(one)))
    rows = sum(int(tx.execute(select(func.count()).select_from(table).where(own)).scalar_one()) for table, own in tables)
    return rows + len(tx.scalars(_leaving(one)).all()) + len(recorded(tx, one, until_ms))


def _waiting(one: Named) -> ColumnElement[bool]:
    return and_(pending.c.subject.in_(one.subjects), pending.c.point.in_(one.points))


def _went(one: Named) -> ColumnElement[bool]:
    return and_(disclosures.c.subject.in_(one.subjects), disclosures.c.point.in_(one.points))


def _leaving(one: Named) -> Select[tuple[str]]:
    """Select what goes or went: to them for what they sent there, of it to others, and the mailings of these lists."""
    lists = select(mailings.c.id).where(mailings.c.point.in_(one.points))
    is_of = or_(
        delivery_people.c.record.in_(one.records),
        deliveries.c.point.in_(one.points),
        and_(deliveries.c.kind == "mailing", deliveries.c.batch.in_(lists)),
    )
    joined = select(deliveries.c.id).join(delivery_people, delivery_people.c.delivery == deliveries.c.id)
    return joined.where(delivery_people.c.subject.in_(one.subjects), is_of).distinct()
