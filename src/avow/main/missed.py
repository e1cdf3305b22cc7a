"""Of how many open consumer requests something is past its last day; for monitors, without reading whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from avow.main.cases import StoredCases
from avow.main.counted import Counted
from avow.policy import LawTable
from avow.rights import due
from avow.rights.due import What
from avow.web.services import Metric, Report

#: Counted again after so many milliseconds: days go by slowly, and a monitor asks often.
KEEP_MS: Final = 60_000
#: What an open request can have missed; the record of an answered one is the sweep's business.
OPEN: Final = (What.CONFIRMATION, What.EXTENSION, What.DENIAL, What.ANSWER)


@dataclass(slots=True)
class MissedDays:
    """A part that `/metrics` tells of; it makes nothing unready, for people miss days, and no restart mends that."""

    cases: StoredCases
    law_of: Callable[[str], LawTable]
    now_ms: Callable[[], int]
    _counted: Counted[dict[str, float]] = field(init=False)

    def __post_init__(self) -> None:
        self._counted = Counted(KEEP_MS, self._count)

    def __call__(self) -> Report:
        """Return the figure of each line of `rights.due`."""
        help_ = "Open consumer requests of which this is past its last day by law."
        return Report((), (Metric("avow_requests_missed", help_, self._counted.at(self.now_ms()), "what"),))

    def _count(self, now_ms: int) -> dict[str, float]:
        """Rule: 11 CCR 7021(a), (b)."""
        missed = Counter(
            what for case in self.cases.unanswered() for what in due.missed(case, self.law_of(case.rulebook_id), now_ms)
        )
        return {what: float(missed[what]) for what in OPEN}
