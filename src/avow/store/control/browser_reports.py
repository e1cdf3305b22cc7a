"""Counts of what visitors' browsers report. Anybody can send a report, so each day has its limits, and a year its end.

What Avow itself saw is counted among them, always: no report of anybody else takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import delete, select

from avow.store.control.counts import add_to
from avow.store.control.database import Transaction, alone
from avow.store.control.tables import browser_reports

#: Rows and parties of one day; beyond it what is not there yet is counted as MORE.
ROWS_PER_DAY: Final = 1000
PARTIES_PER_DAY: Final = 100
#: Days that counts are kept: a year, as the evidence looks back.
KEPT: Final = timedelta(days=366)
MORE: Final = "(more)"


@dataclass(frozen=True, slots=True)
class ReportedKind:
    """What was reported on a day: of whom, by which directive, on which page, by which family of browser."""

    day: date
    site: str
    party: str
    directive: str
    page: str
    browser: str
    is_declared: bool


_KEY: Final = tuple(ReportedKind.__dataclass_fields__)


def add(tx: Transaction, counts: Mapping[ReportedKind, int], own: str = "") -> None:
    """Add to the counts, within the limits of each day, and forget days that are over a year old.

    `own` is the browser's name of what was seen here, which has no limit but its pages.
    """
    alone(tx, "browser reports")  # a day's room is counted before it is taken
    for day in {kind.day for kind in counts}:
        known = {kind for kind, _ in since(tx, day, day) if kind.party != MORE and kind.browser != own}
        parties = {kind.party for kind in known}
        for kind, count in counts.items():
            if kind.day == day:
                counted = kind if own and kind.browser == own else _within(kind, known, parties)
                add_to(tx, browser_reports, asdict(counted), {"count": count})
        tx.execute(delete(browser_reports).where(browser_reports.c.day < day - KEPT))


def since(tx: Transaction, first: date, last: date = date.max) -> tuple[tuple[ReportedKind, int], ...]:
    """Return the counted reports of these days, newest and most frequent first."""
    wanted = (
        select(browser_reports)
        .where(browser_reports.c.day >= first, browser_reports.c.day <= last)
        .order_by(browser_reports.c.day.desc(), browser_reports.c.count.desc())
    )
    rows = tx.execute(wanted).mappings()
    return tuple((ReportedKind(**{name: row[name] for name in _KEY}), row["count"]) for row in rows)


def _within(kind: ReportedKind, known: set[ReportedKind], parties: set[str]) -> ReportedKind:
    """Return the row to count in, and note it: the report's own, or that of everything beyond the limits."""
    is_new_party = kind.party not in parties
    if kind not in known and (len(known) >= ROWS_PER_DAY or (is_new_party and len(parties) >= PARTIES_PER_DAY)):
        return ReportedKind(kind.day, kind.site, MORE, MORE, "", "", is_declared=False)
    known.add(kind)
    parties.add(kind.party)
    return kind
