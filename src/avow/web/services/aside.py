"""What the console needs about items that are set aside. Nothing here names anybody, and contents stay sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from avow.store.paging import Page, Place


@dataclass(frozen=True, slots=True)
class AsideLine:
    """One item that could not be handled: the name of its queue, its name in that queue, and the kind of fault."""

    item_id: str
    queue: str
    item: str
    kind: str
    attempts: int
    first_ms: int
    next_ms: int


class Aside(Protocol):
    """The items that are set aside."""

    def count(self) -> int:
        """Return how many items there are, as it was some seconds ago at most: every page shows it."""
        ...

    def queues(self) -> Mapping[str, int]:
        """Return by queue how many items there are."""
        ...

    def lines(self, at: Place) -> Page[AsideLine]:
        """Return a page of items, the newest first."""
        ...

    def line(self, item_id: str) -> AsideLine | None:
        """Return one item; None for one that is not there."""
        ...

    def retry(self, item_id: str, staff_id: str) -> bool:
        """Have an item tried at the next round; writes the audit entry; False for one that is not there."""
        ...

    def discard(self, item_id: str, staff_id: str) -> bool:
        """Give an item up; writes the audit entry; False for one that is not there or may not be discarded."""
        ...


class NothingAside:
    """No item: fits `Aside`."""

    def count(self) -> int:
        """Return 0."""
        return 0

    def queues(self) -> Mapping[str, int]:
        """Return nothing."""
        return {}

    def lines(self, at: Place) -> Page[AsideLine]:
        """Return nothing."""
        del at
        return Page()

    def line(self, item_id: str) -> AsideLine | None:
        """Find nothing."""
        del item_id
        return None

    def retry(self, item_id: str, staff_id: str) -> bool:
        """Find nothing."""
        del item_id, staff_id
        return False

    def discard(self, item_id: str, staff_id: str) -> bool:
        """Find nothing."""
        del item_id, staff_id
        return False
