"""What was found when the site was looked at from outside: counts by day, and the moments at which something changed.

No visitor is in it. Changes are kept for a year, at most `CHANGES` of them, and days for as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update

from avow.store.control.counts import add_to
from avow.store.control.database import Transaction, alone
from avow.store.control.tables import integrity_changes, integrity_days

#: Days that history goes back.
DAYS: Final = 366
#: Changes that are kept: a site that goes up and down all day must not fill the disk.
CHANGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at one address: its outcome, as `website.integrity` names it; `status` is 0 when nothing answered."""

    at_ms: int
    address: str
    outcome: str
    status: int
    milliseconds: int
    detail: str


@dataclass(frozen=True, slots=True)
class Day:
    """The looks at one address on one day: how many, how many found it well, and their time together."""

    day: date
    address: str
    looks: int
    well: int
    milliseconds: int


def add(tx: Transaction, day: date, looks: Iterable[Seen]) -> tuple[Seen, ...]:
    """Add one look at each of several addresses; return those that differ from the look before, which are kept as changes."""
    alone(tx, "integrity")  # whether a look is a change depends on the look before
    changed: list[Seen] = []
    for one in looks:
        counts = {"looks": 1, "well": int(one.outcome == "up"), "milliseconds": one.milliseconds}
        add_to(tx, integrity_days, {"day": day, "address": one.address}, counts)
        before = _latest(tx, one.address)
        if before is None or before.outcome != one.outcome:
            changed.append(one)
            tx.execute(integrity_changes.insert().values(**asdict(one), last_ms=one.at_ms))
        else:
            same = (integrity_changes.c.at_ms == before.at_ms, integrity_changes.c.address == one.address)
            told = {"last_ms": one.at_ms, "status": one.status, "milliseconds": one.milliseconds, "detail": one.detail}
            tx.execute(update(integrity_changes).where(*same).values(**told))
    _prune(tx, day)
    return tuple(changed)


def changes(tx: Transaction, most: int = CHANGES) -> tuple[tuple[Seen, int], ...]:
    """Return the changes, the newest first, each with the moment of the last look that found the same."""
    wanted = select(integrity_changes).order_by(integrity_changes.c.at_ms.desc(), integrity_changes.c.address).limit(most)
    return tuple(
        (Seen(**{name: row[name] for name in Seen.__dataclass_fields__}), row["last_ms"]) for row in tx.execute(wanted).mappings()
    )


def state(tx: Transaction) -> tuple[tuple[Seen, int], ...]:
    """Return what the last look at each address found, with its moment; `at_ms` is since when."""
    newest = select(integrity_changes.c.address, func.max(integrity_changes.c.at_ms)).group_by(integrity_changes.c.address)
    found = []
    for address, at_ms in tx.execute(newest.order_by(integrity_changes.c.address)).all():
        wanted = select(integrity_changes).where(integrity_changes.c.address == address, integrity_changes.c.at_ms == at_ms)
        row = tx.execute(wanted).mappings().one()
        found.append((Seen(**{name: row[name] for name in Seen.__dataclass_fields__}), row["last_ms"]))
    return tuple(found)


def days(tx: Transaction, since: date) -> tuple[Day, ...]:
    """Return the counts of each day and address since a day, the newest first."""
    wanted = select(integrity_days).where(integrity_days.c.day >= since)
    wanted = wanted.order_by(integrity_days.c.day.desc(), integrity_days.c.address)
    return tuple(Day(**row) for row in tx.execute(wanted).mappings())


def forget(tx: Transaction, kept: Iterable[str]) -> None:
    """Forget the addresses that are not looked at any more, because the configuration names them no longer."""
    for table in (integrity_changes, integrity_days):
        tx.execute(delete(table).where(table.c.address.not_in(list(kept))))


def _latest(tx: Transaction, address: str) -> Seen | None:
    wanted = select(integrity_changes).where(integrity_changes.c.address == address)
    row = tx.execute(wanted.order_by(integrity_changes.c.at_ms.desc()).limit(1)).mappings().first()
    return Seen(**{name: row[name] for name in Seen.__dataclass_fields__}) if row else None


def _prune(tx: Transaction, today: date) -> None:
    """Keep a year, and no more changes than `CHANGES`; the last change of each address stays, for it is the state."""
    tx.execute(delete(integrity_days).where(integrity_days.c.day < today - timedelta(days=DAYS)))
    oldest = tx.execute(
        select(integrity_changes.c.at_ms).order_by(integrity_changes.c.at_ms.desc()).offset(CHANGES - 1).limit(1)
    ).scalar()
    newest = select(func.max(integrity_changes.c.at_ms)).group_by(integrity_changes.c.address)
    if oldest is not None:
        old = (integrity_changes.c.at_ms < oldest, integrity_changes.c.at_ms.not_in(newest))
        tx.execute(delete(integrity_changes).where(*old))
