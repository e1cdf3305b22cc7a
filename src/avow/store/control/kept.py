"""Rows of what a rule keeps beyond an erasure; `store.kept` seals and ends it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, case, delete, func, select, update

from avow.definitions import WITHHELD
from avow.store import paging
from avow.store.control.database import Transaction
from avow.store.control.rows import add_missing
from avow.store.control.tables import kept, kept_files, kept_marks
from avow.store.paging import Page, Part, Place


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One kept record, sealed: by which rule, for which purpose alone, of which point and version, until which day.

    `fields` are the names of the data items that are kept, files by theirs; `until` is the first day on which it is kept no more.
    """

    id: str
    code: str
    duty: str
    rule: str
    purpose: str
    site: str
    point: str
    rulebook_id: str
    record_id: str
    collected_ms: int
    kept_ms: int
    until: date
    fields: tuple[str, ...]
    sealed: bytes
    demonstration: bool


@dataclass(frozen=True, slots=True)
class KeptCount:
    """How many records a rule keeps of a point, which fields, and the days of the first and the last of them."""

    code: str
    duty: str
    rule: str
    purpose: str
    point: str
    fields: tuple[str, ...]
    records: int
    first: date
    last: date


def known(tx: Transaction, ids: Collection[str]) -> frozenset[str]:
    """Return those of the ids that are kept already."""
    return frozenset(tx.scalars(select(kept.c.id).where(kept.c.id.in_(ids)))) if ids else frozenset()


def ids(tx: Transaction) -> frozenset[str]:
    """Return the id of everything that is kept."""
    return frozenset(tx.scalars(select(kept.c.id)))


def add(tx: Transaction, row: KeptRow, files: Sequence[str], marks: Collection[bytes]) -> None:
    """Keep a row with the names of its files and the marks that find it; once, however often it comes."""
    add_missing(tx, kept, [{**asdict(row), "fields": json.dumps(row.fields)}])
    add_missing(tx, kept_files, [{"name": name, "kept_id": row.id} for name in files])
    add_missing(tx, kept_marks, [{"mark": mark, "kept_id": row.id} for mark in marks])


def get(tx: Transaction, kept_id: str) -> KeptRow | None:
    """Return one row."""
    row = tx.execute(select(kept).where(kept.c.id == kept_id)).mappings().first()
    return _row(row) if row else None


def reseal(tx: Transaction, kept_id: str, sealed: bytes, fields: Sequence[str]) -> bool:
    """Put another sealed content, with these fields, in the place of the one that is kept; return whether it is there."""
    changed = update(kept).where(kept.c.id == kept_id).values(sealed=sealed, fields=json.dumps(tuple(fields)))
    return bool(tx.execute(changed).rowcount)


def of_marks(tx: Transaction, marks: Collection[bytes]) -> tuple[KeptRow, ...]:
    """Return what these marks find, the oldest record first."""
    links = select(kept_marks.c.kept_id).where(kept_marks.c.mark.in_(marks))
    wanted = select(kept).where(kept.c.id.in_(links)).order_by(kept.c.collected_ms, kept.c.id)
    return tuple(_row(row) for row in tx.execute(wanted).mappings())


def listed(tx: Transaction, purposes: Collection[str] | None, at: Place, limit: int) -> Page[KeptRow]:
    """Return a page of what is kept for these purposes, None for any, what was kept last first."""
    wanted = select(kept) if purposes is None else select(kept).where(kept.c.purpose.in_(purposes))
    return paging.page(tx, [Part(wanted, kept.c.kept_ms, kept.c.id)], at, limit).each(_row)


def due(tx: Transaction, today: date) -> tuple[str, ...]:
    """Return the ids of what is kept no more."""
    return tuple(tx.scalars(select(kept.c.id).where(kept.c.until <= today).order_by(kept.c.id)))


def overdue(tx: Transaction, today: date) -> dict[str, int]:
    """Return by point how many kept records should have gone before today; the demonstration left out."""
    wanted = select(kept.c.point, func.count()).where(kept.c.until < today, kept.c.demonstration.is_(False))
    return {point: count for point, count in tx.execute(wanted.group_by(kept.c.point))}  # noqa: C416 - rows, not pairs


def files_of(tx: Transaction, kept_ids: Collection[str]) -> tuple[str, ...]:
    """Return the names of the files of these."""
    return tuple(tx.scalars(select(kept_files.c.name).where(kept_files.c.kept_id.in_(kept_ids))))


def remove(tx: Transaction, kept_ids: Collection[str]) -> int:
    """Remove rows; return how many records there were."""
    if not kept_ids:
        return 0
    count = tx.execute(delete(kept).where(kept.c.id.in_(kept_ids))).rowcount
    tx.execute(delete(kept_files).where(kept_files.c.kept_id.in_(kept_ids)))
    tx.execute(delete(kept_marks).where(kept_marks.c.kept_id.in_(kept_ids)))
    return int(count)


def demonstration(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of what is kept of invented people."""
    return tuple(tx.scalars(select(kept.c.id).where(kept.c.demonstration)))


def counts(tx: Transaction) -> tuple[KeptCount, ...]:
    """Return what each rule keeps of each point, for the evidence; the demonstration left out.

    What decisions of staff keep is together by its code, under the name WITHHELD: no request is told from another.
    """
    duty = case((kept.c.duty.startswith(WITHHELD, autoescape=True), WITHHELD), else_=kept.c.duty).label("kept_by")
    named = (kept.c.code, kept.c.rule, kept.c.purpose, kept.c.point, kept.c.fields)
    figures = (func.count().label("records"), func.min(kept.c.until).label("first"), func.max(kept.c.until).label("last"))
    wanted = select(*named, duty, *figures).where(kept.c.demonstration.is_(False))
    found = tx.execute(wanted.group_by(*named, "kept_by").order_by(*named, "kept_by"))
    return tuple(
        KeptCount(code, kept_by, rule, purpose, point, tuple(json.loads(fields)), records, first, last)
        for code, rule, purpose, point, fields, kept_by, records, first, last in found
    )


def _row(row: RowMapping) -> KeptRow:
    values: dict[str, Any] = dict(row)  # Any: each column's own type
    return KeptRow(**{**values, "fields": tuple(json.loads(values["fields"]))})
