"""Browsers' reports between collection, store and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from avow.collection.browser_reports import ReportRow
from avow.store.control import browser_reports
from avow.store.control.browser_reports import ReportedKind
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class ReportCounts:
    """Fits `collection.browser_reports.ReportStore`."""

    store: Store

    def add_browser_reports(self, found: Mapping[ReportRow, int]) -> None:
        """Add the counts to those of the day."""
        kinds = {
            ReportedKind(row.day, row.site, row.party, row.directive, row.page, row.browser, row.is_declared): count
            for row, count in found.items()
        }
        with self.store.control.transaction() as tx:
            browser_reports.add(tx, kinds)
