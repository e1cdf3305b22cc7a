"""Whether a request was confirmed and answered in time: once it is answered, for good."""

from __future__ import annotations

from dataclasses import dataclass

from avow.policy import LawTable
from avow.rights import due
from avow.rights.cases import Case
from avow.rights.due import What
from avow.rights.states import ANSWERED


@dataclass(frozen=True, slots=True)
class Timeliness:
    """Which days of a request were kept. `is_late`: one of them was not, or is over without it."""

    is_open: bool
    is_confirmed: bool
    is_answered: bool
    is_late: bool

    @property
    def kept(self) -> str:
        """Return it as words that the store keeps; "" while the request is open, for time may change it."""
        words = {"confirmed": self.is_confirmed, "answered": self.is_answered, "late": self.is_late}
        return "" if self.is_open else " ".join(word for word, holds in words.items() if holds)


def of_words(kept: str) -> Timeliness:
    """Return what `Timeliness.kept` said of an answered request."""
    words = kept.split()
    return Timeliness(is_open=False, is_confirmed="confirmed" in words, is_answered="answered" in words, is_late="late" in words)


def judge(case: Case, law: LawTable, now_ms: int) -> Timeliness:
    """Return which days of a request were kept, by the last day that any reading of the law allows.

    An answer confirms the receipt as well, where nothing did before. What is answered depends on `now_ms` no longer.
    Rule: 11 CCR 7021(a) (confirmed), (b) (answered, extended once).
    """
    lines, missed = due.table(case, law), due.missed(case, law, now_ms)
    return Timeliness(
        is_open=case.state not in ANSWERED,
        is_confirmed=case.acknowledged is not None and What.CONFIRMATION not in missed,
        is_answered=lines[What.ANSWER].done_ms is not None and What.ANSWER not in missed,
        is_late=not {What.CONFIRMATION, What.ANSWER}.isdisjoint(missed),
    )
