"""What is set aside, as staff and the operator see and decide on it; each decision is an entry of the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from avow.gate import entries
from avow.gate.counted import Counted
from avow.store import paging
from avow.store.control import set_aside
from avow.store.control.database import Transaction
from avow.store.control.set_aside import SetAside
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store

#: For so long the number on every page of the console may be old, milliseconds.
COUNT_MS: Final = 5_000
#: Items that are read at once for a list of all.
_AT_ONCE: Final = 500


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


class Shelf:
    """The items that are set aside."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store, self._now_ms = store, now_ms
        self._counted: Counted[int] = Counted(COUNT_MS, lambda _now: sum(self.queues().values()))

    def count(self) -> int:
        """Return how many items there are, as it was some seconds ago at most."""
        return self._counted.at(self._now_ms())

    def queues(self) -> dict[str, int]:
        """Return by queue how many items there are."""
        with self._store.control.reading() as tx:
            return set_aside.count(tx)

    def lines(self, at: Place) -> Page[AsideLine]:
        """Return a page of items, the newest first."""
        return self._rows(at, LINES).each(_line)

    def every(self) -> Iterator[SetAside]:
        """Yield all items without their contents, the newest first."""
        found = self._rows(Place(), _AT_ONCE)
        yield from found.lines
        while found.after:
            found = self._rows(paging.place(after=found.after), _AT_ONCE)
            yield from found.lines

    def item(self, item_id: str) -> SetAside | None:
        """Return one item; None for one that is not there, or was discarded."""
        with self._store.control.reading() as tx:
            row = set_aside.get(tx, item_id)
        return row if row is not None and row.next_ms is not None else None

    def line(self, item_id: str) -> AsideLine | None:
        """Return one item for the console."""
        row = self.item(item_id)
        return None if row is None else _line(row)

    def retry(self, item_id: str, staff_id: str = "") -> bool:
        """Have an item tried at the next round of its job; False for one that is not there. No `staff_id`: by command."""
        return self._store.aside.again(item_id, self._now_ms(), partial(self._note, "aside.retried", staff_id))

    def discard(self, item_id: str, staff_id: str = "") -> bool:
        """Give an item up for ever; False for one that is not there, or that is owed. No `staff_id`: by command."""
        return self._store.aside.discard(item_id, partial(self._note, "aside.discarded", staff_id))

    def _rows(self, at: Place, limit: int) -> Page[SetAside]:
        with self._store.control.reading() as tx:
            return set_aside.listed(tx, at, limit)

    def _note(self, what: str, staff_id: str, tx: Transaction, row: SetAside) -> None:
        entries.record(tx, self._now_ms(), entries.AsideDecided(what, row.queue, row.item, **entries.by_whom(staff_id)))


def _line(row: SetAside) -> AsideLine:
    assert row.next_ms is not None
    return AsideLine(row.id, row.queue, row.item, row.kind, row.attempts, row.first_ms, row.next_ms)
