"""Counting what was refused, so that the developer can be told why; the refused value itself is never kept.

Only names and counts: a field's name is shown when it looks like a name, and only so many of them a day, because a
sender chooses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.gate.counts import Counts

#: By which rules the door stops what too much comes of, or what looks as if a machine sent it: counted apart for monitors.
EVENTS_RULE: Final = "avow.toml [intake] events_per_minute"
GUARD_RULE: Final = "docs/decisions/0049"
#: By which lines of a followed server log are passed over that cannot be read.
LINES_RULE: Final = "docs/guide/server-logs.md"
#: What a field name may look like to be shown in the console.
FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.IGNORECASE)
OTHER: Final = "(other)"
MORE_KINDS: Final = "more kinds of refusal than are listed"
#: Different rows a worker counts between two flushes; beyond it they are counted as "(other)".
ROWS: Final = 500


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One row of the count: on this day, at this point, this field (or the whole record: empty), for this reason."""

    day: date
    site: str
    point: str
    field: str
    reason: str
    rule: str


class Refusals:
    """Counts in memory; `flush` adds them to the store."""

    def __init__(self) -> None:
        self._counts = Counts(ROWS, lambda row: RefusalRow(row.day, row.site, OTHER, OTHER, MORE_KINDS, ""))

    def add(self, row: RefusalRow, count: int = 1) -> None:
        """Count one refusal, or as many as are said."""
        self._counts.add(row, count)

    def flush(self, add: Callable[[Mapping[RefusalRow, int]], None]) -> None:
        """Add what was counted since the last flush; kept for the next one when the store does not take it."""
        self._counts.flush(add)


def shown_name(field: str) -> str:
    """Return the field's name if it may be shown, else `(other)`."""
    return field if FIELD_NAME.fullmatch(field) else OTHER
