"""Counts of what was refused, on their way from a process's memory to the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from avow.collection.refusals import RefusalRow
from avow.store.control import counts
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class RefusalCounts:
    """Fits `collection.refusals.RefusalStore`."""

    store: Store

    def add_refusals(self, found: Mapping[RefusalRow, int]) -> None:
        """Add the counts to those of the day."""
        kinds = {
            counts.RefusalKind(row.day, row.site, row.point, row.reason, row.rule, row.field): count
            for row, count in found.items()
        }
        with self.store.control.transaction() as tx:
            counts.add_refusals(tx, kinds)
