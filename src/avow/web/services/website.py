"""The company's own website: what its search finds, and how it looks from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from avow.website.search import Found

#: What a look can find, in words for staff.
OUTCOMES: Final = {"up": "answers", "down": "does not answer", "altered": "altered", "old-line": "old line of the tag"}


class Search(Protocol):
    """The search over the site's own pages. What is asked is answered and forgotten."""

    def is_offered(self) -> bool:
        """Return whether the site has a search."""
        ...

    def pages(self) -> int:
        """Return how many pages it covers; 0 while there is no index."""
        ...

    def search(self, query: str, page: int = 1) -> Found:
        """Return a page of results. Raises StoreUnavailable before the pages were read for the first time."""
        ...


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


class Integrity(Protocol):
    """What was found when the site was looked at."""

    def is_configured(self) -> bool:
        """Return whether the site is looked at."""
        ...

    def state(self) -> str:
        """Return the state alone, as `IntegrityView.state`."""
        ...

    def altered(self) -> tuple[LookView, ...]:
        """Return the addresses that serve another tag than was built, for the warning on every page of the console."""
        ...

    def view(self, since: date) -> IntegrityView:
        """Return state and history since a day."""
        ...


class NoSearch:
    """A site without a search: fits `Search`."""

    def is_offered(self) -> bool:
        """Return False."""
        return False

    def pages(self) -> int:
        """Return 0."""
        return 0

    def search(self, query: str, page: int = 1) -> Found:
        """Find nothing."""
        del page
        return Found(query, 0, 1, ())


class NotLookedAt:
    """A site that nobody looks at: fits `Integrity`."""

    def is_configured(self) -> bool:
        """Return False."""
        return False

    def state(self) -> str:
        """Return that nobody looked."""
        return "unchecked"

    def altered(self) -> tuple[LookView, ...]:
        """Return nothing."""
        return ()

    def view(self, since: date) -> IntegrityView:
        """Return nothing known."""
        del since
        return IntegrityView("unchecked", (), (), ())
