"""Of which local days visits and figures are made of events (`avow.store.tallies`). A day and a sum name nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import delete, or_, select, update

from avow.store.control.database import Transaction
from avow.store.control.rows import insert_into
from avow.store.control.tables import tallied_days

#: Spans of moments in one statement; SQLite takes a thousand terms.
_SPANS = 200
_DAYS = 1_000


@dataclass(frozen=True, slots=True)
class TalliedDay:
    """A day of which something is made, or is being made: only one that `is_made` may be read.

    `changes` counts how often its events changed since it was first made; `visits`, `lines` and `mark` are what was made.
    """

    day: date
    from_ms: int
    until_ms: int
    is_made: bool
    changes: int
    visits: int
    lines: int
    mark: str


def being_made(day: date, from_ms: int, until_ms: int) -> TalliedDay:
    """Return a day of which nothing is made yet."""
    return TalliedDay(day, from_ms, until_ms, is_made=False, changes=0, visits=0, lines=0, mark="")


def between(tx: Transaction, from_ms: int, to_ms: int) -> tuple[TalliedDay, ...]:
    """Return the days that have a moment of a span, in order."""
    wanted = select(tallied_days).where(tallied_days.c.until_ms > from_ms, tallied_days.c.from_ms < to_ms)
    return tuple(TalliedDay(**row) for row in tx.execute(wanted.order_by(tallied_days.c.day)).mappings())


def every(tx: Transaction) -> tuple[TalliedDay, ...]:
    """Return all days, in order."""
    return tuple(TalliedDay(**row) for row in tx.execute(select(tallied_days).order_by(tallied_days.c.day)).mappings())


def change(tx: Transaction, spans: Iterable[tuple[int, int]]) -> tuple[date, ...]:
    """Note that events of these spans of moments change: no day that has one of them is made any more. Returns these days."""
    rest, found = list(spans), set()
    for start in range(0, len(rest), _SPANS):
        some = [(tallied_days.c.until_ms > a) & (tallied_days.c.from_ms < b) for a, b in rest[start : start + _SPANS]]
        days = {row.day for row in tx.execute(select(tallied_days.c.day).where(or_(*some)))}
        for chunk in _some(days):
            changed = {"is_made": False, "changes": tallied_days.c.changes + 1}
            tx.execute(update(tallied_days).where(tallied_days.c.day.in_(chunk)).values(**changed))
        found |= days
    return tuple(sorted(found))


def begin(tx: Transaction, rows: Iterable[TalliedDay]) -> None:
    """Note that days are being made: whatever changes their events from now on finds them here."""
    for row in rows:
        values = asdict(row)
        known = {name: value for name, value in values.items() if name not in {"day", "changes"}}
        tx.execute(insert_into(tx, tallied_days).values(**values).on_conflict_do_update(index_elements=["day"], set_=known))


def made(tx: Transaction, row: TalliedDay) -> bool:
    """Note that a day is made, unless its events have changed since; return whether it is."""
    wanted = update(tallied_days).where(tallied_days.c.day == row.day, tallied_days.c.changes == row.changes)
    noted = wanted.values(is_made=True, visits=row.visits, lines=row.lines, mark=row.mark)
    return bool(tx.execute(noted).rowcount)


def unmake(tx: Transaction, days: Collection[date]) -> None:
    """Note of days that what is made of them is not right."""
    for chunk in _some(days):
        tx.execute(update(tallied_days).where(tallied_days.c.day.in_(chunk)).values(is_made=False))


def forget(tx: Transaction) -> None:
    """Forget every day: nothing is made of any."""
    tx.execute(delete(tallied_days))


def _some(days: Collection[date]) -> Iterable[list[date]]:
    rest = sorted(days)
    return (rest[start : start + _DAYS] for start in range(0, len(rest), _DAYS))
