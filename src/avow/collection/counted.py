"""Counts of what was refused and of what browsers reported, on their way from a process's memory into the store."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date

from avow.collection import browser_reports
from avow.collection.browser_reports import ReportRow
from avow.collection.refusals import RefusalRow
from avow.policy.evidence import OWN_LOOK
from avow.store.control import browser_reports as rows
from avow.store.control import counts
from avow.store.control.browser_reports import ReportedKind
from avow.store.store import Store


def add_refusals(store: Store, found: Mapping[RefusalRow, int]) -> None:
    """Add counts of refusals to those of the day."""
    kinds = {
        counts.RefusalKind(row.day, row.site, row.point, row.reason, row.rule, row.field): count for row, count in found.items()
    }
    with store.control.transaction() as tx:
        counts.add_refusals(tx, kinds)


def add_browser_reports(store: Store, found: Mapping[ReportRow, int]) -> None:
    """Add counts of browsers' reports to those of the day."""
    kinds = {
        ReportedKind(row.day, row.site, row.party, row.directive, row.page, row.browser, row.is_declared): count
        for row, count in found.items()
    }
    with store.control.transaction() as tx:
        rows.add(tx, kinds, OWN_LOOK)


def add_seen(
    store: Store, loads: Sequence[tuple[str, Iterable[tuple[str, str]]]], declared: Container[str], site: str, day: date
) -> None:
    """Count what Avow itself saw pages load, by (page, (origin, directive)), that no declared origin explains."""
    others = [row for page, loaded in loads for row in browser_reports.seen(page, loaded, declared, site, day)]
    if others:
        add_browser_reports(store, dict.fromkeys(others, 1))
