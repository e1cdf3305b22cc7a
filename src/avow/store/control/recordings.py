"""Session recordings as they are listed: no content, which lies sealed in the files; and who took their yes back."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import RowMapping, Select, delete, func, insert, select, update

from avow.store import paging
from avow.store.control.database import Transaction, alone
from avow.store.control.tables import recording_chunks, recording_withdrawals, recordings
from avow.store.paging import Part, Place, Row

#: Different pages of one recording that are listed.
PAGES: Final = 50
#: What real people did: figures leave the demonstration out (decision 0011).
_REAL: Final = recordings.c.demonstration.is_(False)


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording. `subject` None: of nobody known. `first_ms` and `last_ms` are moments of the visitor's own clock."""

    recording_id: str
    site: str
    point: str
    rulebook_id: str
    started_ms: int
    first_ms: int
    last_ms: int
    pages: tuple[str, ...]
    purposes: tuple[str, ...]
    subject: bytes | None
    delete_on: date
    demonstration: bool
    withdrawn: bool = False
    chunks: int = 0


def get(tx: Transaction, recording_id: str) -> RecordingRow | None:
    """Return one recording."""
    row = tx.execute(_counted().where(recordings.c.recording_id == recording_id)).mappings().first()
    return _row(row) if row else None


def listed(tx: Transaction, page: str, at: Place, limit: int, site: str = "") -> list[tuple[Row, RecordingRow]]:
    """Return the recordings that saw a page of a site ("" for all), from a place on, the newest first; not those taken back."""
    wanted = _counted().where(recordings.c.withdrawn.is_(False))
    if site:
        wanted = wanted.where(recordings.c.site == site)
    if page:
        wanted = wanted.where(recordings.c.pages.contains(json.dumps(page), autoescape=True))
    found = paging.read(tx, [Part(wanted, recordings.c.started_ms, recordings.c.recording_id)], at, limit)
    return [(row, _row(values)) for row, values in found]


def of_subjects(tx: Transaction, subjects: Collection[bytes]) -> tuple[RecordingRow, ...]:
    """Return the recordings of these subjects, oldest first."""
    wanted = _counted().where(recordings.c.subject.in_(subjects), recordings.c.withdrawn.is_(False))
    return tuple(_row(row) for row in tx.execute(wanted.order_by(recordings.c.started_ms)).mappings())


def between(tx: Transaction, subjects: Collection[bytes], since_ms: int, until_ms: int, limit: int) -> tuple[RecordingRow, ...]:
    """Return the newest recordings of these subjects that began in a time, without those that were taken back."""
    began = recordings.c.started_ms.between(since_ms, until_ms)
    wanted = _counted().where(recordings.c.subject.in_(subjects), began, recordings.c.withdrawn.is_(False))
    rows = tx.execute(wanted.order_by(recordings.c.started_ms.desc()).limit(limit)).mappings()
    return tuple(_row(row) for row in rows)


def has_chunk(tx: Transaction, recording_id: str, seq: int) -> bool:
    """Return whether a chunk is kept already."""
    same = (recording_chunks.c.recording_id == recording_id, recording_chunks.c.seq == seq)
    return tx.execute(select(recording_chunks.c.seq).where(*same)).first() is not None


def chunks(tx: Transaction, recording_id: str) -> tuple[int, ...]:
    """Return the places of the chunks that are kept, in order."""
    wanted = select(recording_chunks.c.seq).where(recording_chunks.c.recording_id == recording_id)
    return tuple(tx.scalars(wanted.order_by(recording_chunks.c.seq)))


def hold(tx: Transaction) -> None:
    """Let no other chunk be listed, and no yes be taken back, until this transaction ends."""
    alone(tx, "recordings")


def add(tx: Transaction, row: RecordingRow, seq: int) -> None:
    """List a chunk, and its recording with the first of them; later ones make it longer."""
    known = get(tx, row.recording_id)
    if known is None:
        values = {
            name: getattr(row, name)
            for name in RecordingRow.__slots__
            if name not in {"pages", "purposes", "chunks", "withdrawn"}
        }
        texts = {"pages": json.dumps(row.pages), "purposes": json.dumps(row.purposes), "withdrawn": False}
        tx.execute(insert(recordings).values(**values, **texts))
    else:
        pages = tuple(dict.fromkeys((*known.pages, *row.pages)))[:PAGES]
        longer = update(recordings).where(recordings.c.recording_id == row.recording_id)
        first, last = min(known.first_ms, row.first_ms), max(known.last_ms, row.last_ms)
        started = min(known.started_ms, row.started_ms)
        tx.execute(longer.values(pages=json.dumps(pages), first_ms=first, last_ms=last, started_ms=started))
    tx.execute(insert(recording_chunks).values(recording_id=row.recording_id, seq=seq))


def ids_of_subjects(tx: Transaction, wanted: Collection[bytes]) -> tuple[str, ...]:
    """Return the ids of the recordings of these subjects, those taken back included."""
    return tuple(tx.scalars(select(recordings.c.recording_id).where(recordings.c.subject.in_(wanted))))


def ids(tx: Transaction) -> frozenset[str]:
    """Return the ids of all recordings that are listed."""
    return frozenset(tx.scalars(select(recordings.c.recording_id)))


def due(tx: Transaction, today: date) -> tuple[str, ...]:
    """Return the ids of the recordings whose day has come."""
    return tuple(tx.scalars(select(recordings.c.recording_id).where(recordings.c.delete_on <= today)))


def withdrawn(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of the recordings whose yes was taken back and that are not removed yet."""
    return tuple(tx.scalars(select(recordings.c.recording_id).where(recordings.c.withdrawn)))


def demonstration(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of the recordings of the demonstration."""
    return tuple(tx.scalars(select(recordings.c.recording_id).where(recordings.c.demonstration)))


def remove(tx: Transaction, recording_ids: Collection[str]) -> int:
    """Take recordings and their chunks off the list; return how many recordings there were."""
    if not recording_ids:
        return 0
    tx.execute(delete(recording_chunks).where(recording_chunks.c.recording_id.in_(recording_ids)))
    return int(tx.execute(delete(recordings).where(recordings.c.recording_id.in_(recording_ids))).rowcount)


def withdraw(tx: Transaction, marks: Collection[bytes], recording_ids: Collection[str], at_ms: int) -> None:
    """Note that a yes was taken back at this moment: what was recorded until then is not kept, however late it comes."""
    tx.execute(delete(recording_withdrawals).where(recording_withdrawals.c.mark.in_(marks)))
    tx.execute(insert(recording_withdrawals), [{"mark": mark, "at_ms": at_ms} for mark in marks])
    tx.execute(update(recordings).where(recordings.c.recording_id.in_(recording_ids)).values(withdrawn=True))


def withdrawn_ms(tx: Transaction, marks: Collection[bytes]) -> int:
    """Return the last moment at which one of these took a yes back; -1 for never."""
    wanted = select(func.max(recording_withdrawals.c.at_ms)).where(recording_withdrawals.c.mark.in_(marks))
    found = tx.execute(wanted).scalar_one()
    return -1 if found is None else int(found)


def forget_withdrawals(tx: Transaction, before_ms: int) -> None:
    """Forget the withdrawals of before a moment, when nothing recorded until then can come any more."""
    tx.execute(delete(recording_withdrawals).where(recording_withdrawals.c.at_ms < before_ms))


def evidence(tx: Transaction) -> dict[str, tuple[int, int]]:
    """Return by point how many recordings are held and the moment of the oldest; the demonstration left out."""
    wanted = select(recordings.c.point, func.count(), func.min(recordings.c.started_ms)).where(_REAL)
    return {point: (count, oldest) for point, count, oldest in tx.execute(wanted.group_by(recordings.c.point))}


def overdue(tx: Transaction, today: date) -> dict[str, int]:
    """Return by point how many recordings should have gone before today; the demonstration left out."""
    wanted = select(recordings.c.point, func.count()).where(recordings.c.delete_on < today, _REAL)
    return {point: count for point, count in tx.execute(wanted.group_by(recordings.c.point))}  # noqa: C416 - rows, not pairs


def collected(tx: Transaction, since_ms: int) -> dict[str, int]:
    """Return by point how many recordings began since a moment; the demonstration left out."""
    wanted = select(recordings.c.point, func.count()).where(recordings.c.started_ms >= since_ms, _REAL)
    return {point: count for point, count in tx.execute(wanted.group_by(recordings.c.point))}  # noqa: C416 - rows, not pairs


_COUNT: Final = (
    select(func.count()).where(recording_chunks.c.recording_id == recordings.c.recording_id).scalar_subquery().label("chunks")
)


def _counted() -> Select[Any]:  # Any: SQLAlchemy's own type of a select of many columns
    return select(recordings, _COUNT)


def _row(row: RowMapping) -> RecordingRow:
    """Return a row as a value with its own types."""
    values = dict(row)
    lists = {name: tuple(json.loads(values[name])) for name in ("pages", "purposes")}
    return RecordingRow(**{**values, **lists})
