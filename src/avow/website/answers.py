"""How the company's own website looks from outside, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

#: What a look can find, in words for staff.
OUTCOMES: Final = {
    "up": "answers",
    "down": "does not answer",
    "altered": "altered",
    "old-line": "old line of the tag",
    "lacking": "lacks what it must have",
}


@dataclass(frozen=True, slots=True)
class LookView:
    """What a look at one address found: since when it is so, when it was seen last, and what is wrong."""

    address: str
    outcome: str
    status: int
    milliseconds: int
    detail: str
    since_ms: int
    last_ms: int

    @property
    def words(self) -> str:
        """The outcome for staff."""
        return OUTCOMES.get(self.outcome, self.outcome)


@dataclass(frozen=True, slots=True)
class DayView:
    """One address on one day: how many looks, how many found it well, their mean time."""

    day: date
    address: str
    looks: int
    well: int
    milliseconds: int


@dataclass(frozen=True, slots=True)
class IntegrityView:
    """The site from outside. `state` is "intact", "not-intact", "unchecked", or "overdue" when nobody has looked for too long."""

    state: str
    now: tuple[LookView, ...]
    changes: tuple[LookView, ...]
    days: tuple[DayView, ...]
