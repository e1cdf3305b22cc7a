"""Why somebody inside opened a record, a request or a message, in their own words: sealed under its keys, and gone with it.

The audit log knows that it was opened, and for what purpose; words may name a person, and never stand in a log.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, and_, delete, insert, select

from avow.store.control.database import Transaction
from avow.store.control.tables import consumer_requests, pending_subscriptions, read_reasons, recordings, submissions
from avow.store.control.tables import kept as kept_records


@dataclass(frozen=True, slots=True)
class SealedReason:
    """One row: who opened which record, when, for what purpose, and why."""

    record_id: str
    at_ms: int
    staff_id: str
    site: str
    purpose: str
    sealed: bytes


def add(tx: Transaction, reason: SealedReason) -> None:
    """Keep a reason."""
    tx.execute(insert(read_reasons).values(**asdict(reason)))


def of_record(tx: Transaction, record_id: str, limit: int) -> tuple[SealedReason, ...]:
    """Return the last reasons of a record, the newest first."""
    kept = read_reasons.c
    wanted = select(read_reasons).where(kept.record_id == record_id).order_by(kept.at_ms.desc(), kept.staff_id).limit(limit)
    return tuple(SealedReason(**row) for row in tx.execute(wanted).mappings())


def has_written(tx: Transaction, record_id: str, staff_id: str, purpose: str, since_ms: int) -> bool:
    """Return whether a member of staff wrote why they opened a record for a purpose, since a moment."""
    kept = read_reasons.c
    own = and_(kept.record_id == record_id, kept.staff_id == staff_id, kept.purpose == purpose, kept.at_ms >= since_ms)
    return tx.execute(select(kept.at_ms).where(own).limit(1)).first() is not None


def left(before_ms: int) -> ColumnElement[bool]:
    """Return which reasons are of records that are gone, from before a moment."""
    kept = read_reasons.c
    of_records = (submissions.c.record_id, recordings.c.recording_id, kept_records.c.id)
    of_what = (*of_records, consumer_requests.c.id, pending_subscriptions.c.record_id)
    there = [select(one).where(one == kept.record_id).correlate(read_reasons).exists() for one in of_what]
    return and_(kept.at_ms < before_ms, *(~one for one in there))


def remove_of_record(tx: Transaction, record_id: str) -> None:
    """Remove why something was opened: the key under which it was written down is gone."""
    tx.execute(delete(read_reasons).where(read_reasons.c.record_id == record_id))


def remove_left(tx: Transaction, before_ms: int) -> int:
    """Remove the reasons of records that are gone; return how many."""
    return int(tx.execute(delete(read_reasons).where(left(before_ms))).rowcount)
