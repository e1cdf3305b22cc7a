"""Consumer requests by calendar year of receipt: how many came in, what became of them, and how long that took.

    received    by their persons or for them, whether they were confirmed or not; those of the demonstration left out
    complied    in whole, or in part; what holds at once is complied with when it is confirmed
    denied      by reason
    open        not answered yet
    days        from the day of receipt to that on which the answer left, of those that were answered: median and mean

An answer counts once it was sent, and by the year in which the request came in. Whoever joins an earlier request of theirs is
counted, and answered with it. The record of a request is kept for 24 months from its answer, so a year is whole until the end of
the second one after it; what is published is therefore kept by whoever publishes it.
Rule: 11 CCR 7101(a), 7102(a).
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.definitions import RequestKind, local_date
from avow.gate.counted import Counted
from avow.gate.versions import Versions
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Step
from avow.store.store import Store

#: The calendar years before this one of which every record is kept yet.
YEARS: Final = 2
#: Counting reads the history of every request of these years: pages show figures that are so old at most, milliseconds.
KEEP_MS: Final = 3_600_000
#: The answers that are no denial.
_GRANTED, _PARTIAL = "granted", "partial"


@dataclass(frozen=True, slots=True)
class Ended:
    """One request as it is counted: when it came in, how it was answered ("" for not yet), why it was denied, and when."""

    kind: RequestKind
    received_on: date
    outcome: str = ""
    reason: str = ""
    answered_on: date | None = None


@dataclass(frozen=True, slots=True)
class OfKind:
    """The figures of one kind in one year; `denied` by reason, days None where nothing was answered."""

    kind: RequestKind
    received: int
    complied: int
    in_part: int
    denied: Mapping[str, int]
    open: int
    median_days: float | None
    mean_days: float | None


@dataclass(frozen=True, slots=True)
class Year:
    """One calendar year, published by `due`; `is_over` says whether nothing can come in for it any more."""

    year: int
    due: date
    is_over: bool
    kinds: tuple[OfKind, ...]


class Metrics:
    """Counts from the records of requests, once in a while, however many people look."""

    def __init__(self, store: Store, versions: Versions, now_ms: Callable[[], int]) -> None:
        self._store, self._versions, self._now_ms = store, versions, now_ms
        self._counted = Counted(KEEP_MS, self._years)

    def years(self) -> tuple[Year, ...]:
        """Return the calendar years before this one, and this one, the newest first; empty where the law counts none.

        Raises StoreUnavailable. Rule: 11 CCR 7102(a)(1).
        """
        return self._counted.at(self._now_ms())

    def _years(self, now_ms: int) -> tuple[Year, ...]:
        today = local_date(now_ms, self._versions.timezone)
        law = self._versions.in_force().law_table
        first = date(today.year - YEARS, 1, 1)
        found = [self._ended(case) for case in Cases(self._store).received_since(first)]
        kinds = [RequestKind(name) for name in law.metrics_kinds]
        if law.metrics_publish_by is None:
            return ()
        month, day = law.metrics_publish_by
        years = range(today.year, today.year - YEARS - 1, -1)
        return tuple(Year(one, date(one + 1, month, day), one < today.year, of_year(found, one, kinds)) for one in years)

    def _ended(self, case: Case) -> Ended:
        """Return a request as it is counted."""
        zone = self._versions.with_law_of(case.rulebook_id, case.jurisdiction).law_table.timezone
        confirmed = case.entry(Step.CONFIRMED)
        at_ms, answer = case.answered_ms, case.answer
        if confirmed is not None and at_ms is None:
            at_ms, answer = confirmed.at_ms, confirmed.detail
        if at_ms is None:
            return Ended(case.kind, case.received_on)
        said = str(answer.get("outcome", _GRANTED)), str(answer.get("reason", ""))
        return Ended(case.kind, case.received_on, *said, local_date(at_ms, zone))


def of_year(found: Iterable[Ended], year: int, kinds: Sequence[RequestKind]) -> tuple[OfKind, ...]:
    """Return the figures of a year by kind. Rule: 11 CCR 7102(a)(1)(A)-(F)."""
    received = [one for one in found if one.received_on.year == year]
    return tuple(_of_kind(kind, [one for one in received if one.kind is kind]) for kind in kinds)


def _of_kind(kind: RequestKind, found: Sequence[Ended]) -> OfKind:
    outcomes = Counter(one.outcome for one in found)
    denied = Counter(one.reason or "other" for one in found if one.outcome not in {"", _GRANTED, _PARTIAL})
    days = [(one.answered_on - one.received_on).days for one in found if one.answered_on is not None]
    return OfKind(
        kind=kind,
        received=len(found),
        complied=outcomes[_GRANTED],
        in_part=outcomes[_PARTIAL],
        denied=dict(sorted(denied.items())),
        open=outcomes[""],
        median_days=float(statistics.median(days)) if days else None,
        mean_days=round(statistics.fmean(days), 1) if days else None,
    )
