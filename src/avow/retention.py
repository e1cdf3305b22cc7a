"""Erase what is due: every record has its date from the policy it was collected under; the sweep keeps that promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol


class Due(Protocol):
    """What a sweep did."""

    @property
    def erased(self) -> int:
        """Records removed."""

    @property
    def deidentified(self) -> int:
        """Records whose identifying parts were removed. Why: decision 0008."""


class Sweepable(Protocol):
    """Where records with dates live."""

    def erase_due(self, today: date, now_ms: int = 0) -> Due:
        """Erase or deidentify every record whose date has come; return how many. Rule: Cal. Civ. Code § 1798.100(a)(3)."""


def sweep(store: Sweepable, enqueue: Callable[[Mapping[str, Any]], None], today: date, now_ms: int = 0) -> bool:
    """Erase what is due today and put the count into the audit log; return whether there was anything.

    Rule: Cal. Civ. Code § 1798.100(a)(3) (not longer than disclosed); NOT-03, TRK-07.
    """
    due = store.erase_due(today, now_ms)
    if not (due.erased or due.deidentified):
        return False
    enqueue({"what": "retention.swept", "on": today.isoformat(), "erased": due.erased, "deidentified": due.deidentified})
    return True
