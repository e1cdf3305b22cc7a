"""What was found when a website was looked at from outside: counts by day, and the moments at which something changed.

No visitor is in it. Changes are kept for a year, at most `CHANGES` of them for each website, and days for as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import RowMapping, delete, func, select, update

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


def add(tx: Transaction, day: date, site: str, looks: Iterable[Seen]) -> tuple[Seen, ...]:
    """Add one look at each of several addresses of a website.

    Returns those that differ from the look before, which are kept as changes.
    """
    alone(tx, "integrity")  # whether a look is a change depends on the look before
    changed: list[Seen] = []
    for one in looks:
        counts = {"looks": 1, "well": int(one.outcome == "up"), "milliseconds": one.milliseconds}
        add_to(tx, integrity_days, {"day": day, "site": site, "address": one.address}, counts)
        before = _latest(tx, site, one.address)
        if before is None or before.outcome != one.outcome:
            changed.append(one)
            tx.execute(integrity_changes.insert().values(site=site, **asdict(one), last_ms=one.at_ms))
        else:
            own = integrity_changes.c
            same = (own.at_ms == before.at_ms, own.site == site, own.address == one.address)
            told = {"last_ms": one.at_ms, "status": one.status, "milliseconds": one.milliseconds, "detail": one.detail}
            tx.execute(update(integrity_changes).where(*same).values(**told))
    _prune(tx, day, site)
    return tuple(changed)


def changes(tx: Transaction, site: str, most: int = CHANGES) -> tuple[tuple[Seen, int], ...]:
    """Return the changes of a website, the newest first, each with the moment of the last look that found the same."""
    own = integrity_changes.c
    wanted = select(integrity_changes).where(own.site == site).order_by(own.at_ms.desc(), own.address).limit(most)
    return tuple((_seen(row), row["last_ms"]) for row in tx.execute(wanted).mappings())


def state(tx: Transaction, site: str | None = None) -> tuple[tuple[Seen, int], ...]:
    """Return what the last look at each address of a website, else of all of them, found; with its moment.

    `at_ms` is since when.
    """
    own = integrity_changes.c
    newest = select(own.site, own.address, func.max(own.at_ms)).group_by(own.site, own.address).order_by(own.site, own.address)
    found = []
    for name, address, at_ms in tx.execute(newest if site is None else newest.where(own.site == site)).all():
        wanted = select(integrity_changes).where(own.site == name, own.address == address, own.at_ms == at_ms)
        row = tx.execute(wanted).mappings().one()
        found.append((_seen(row), row["last_ms"]))
    return tuple(found)


def days(tx: Transaction, site: str, since: date) -> tuple[Day, ...]:
    """Return the counts of each day and address of a website since a day, the newest first."""
    own = integrity_days.c
    columns = (own.day, own.address, own.looks, own.well, own.milliseconds)
    wanted = select(*columns).where(own.site == site, own.day >= since)
    return tuple(Day(**row) for row in tx.execute(wanted.order_by(own.day.desc(), own.address)).mappings())


def forget(tx: Transaction, site: str, kept: Iterable[str]) -> None:
    """Forget the addresses of a website that are not looked at any more, because the configuration names them no longer."""
    for table in (integrity_changes, integrity_days):
        tx.execute(delete(table).where(table.c.site == site, table.c.address.not_in(list(kept))))


def forget_others(tx: Transaction, sites: Iterable[str]) -> None:
    """Forget the websites that are not looked at any more."""
    for table in (integrity_changes, integrity_days):
        tx.execute(delete(table).where(table.c.site.not_in(list(sites))))


def _latest(tx: Transaction, site: str, address: str) -> Seen | None:
    own = integrity_changes.c
    wanted = select(integrity_changes).where(own.site == site, own.address == address).order_by(own.at_ms.desc()).limit(1)
    row = tx.execute(wanted).mappings().first()
    return _seen(row) if row else None


def _seen(row: RowMapping) -> Seen:
    return Seen(**{name: row[name] for name in Seen.__dataclass_fields__})


def _prune(tx: Transaction, today: date, site: str) -> None:
    """Keep a year, and no more changes than `CHANGES`; the last change of each address stays, for it is the state."""
    own = integrity_changes.c
    tx.execute(delete(integrity_days).where(integrity_days.c.day < today - timedelta(days=DAYS)))
    of_site = select(own.at_ms).where(own.site == site)
    oldest = tx.execute(of_site.order_by(own.at_ms.desc()).offset(CHANGES - 1).limit(1)).scalar()
    newest = select(func.max(own.at_ms)).where(own.site == site).group_by(own.address)
    if oldest is not None:
        tx.execute(delete(integrity_changes).where(own.site == site, own.at_ms < oldest, own.at_ms.not_in(newest)))
