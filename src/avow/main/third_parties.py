"""How often other companies' scripts were let load on our pages: disclosures, counted without anybody in them.

What such a script takes in never passes through here; that it may load is decided here, once for each page view, so that
is what can be counted. A browser's blocker may have kept it out all the same: the figure is never too small for that.
Rule: Cal. Civ. Code § 1798.130(a)(5)(C); § 1798.140(ad), (ah) (making available is selling or sharing).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from operator import itemgetter
from typing import Final

from avow.gate.counts import Counts
from avow.policy import Rulebook
from avow.store.control import disclosures
from avow.store.control.disclosures import Disclosure, DisclosureTotal
from avow.store.store import Store

#: Rows a worker counts between two flushes; they are points of the policy, so there are few.
_ROWS: Final = 500
RulebookOf = Callable[[str], Rulebook | None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A point at which another company takes in itself, let load on a day (UTC) under a version."""

    day: date
    point: str
    rulebook_id: str
    demonstration: bool


class PartyLoads:
    """Counts in memory; `flush` adds them to the disclosures of their day."""

    def __init__(self) -> None:
        self._counts: Counts[Loaded] = Counts(_ROWS, lambda row: row)

    def add(self, row: Loaded) -> None:
        """Count one page view."""
        self._counts.add(row)

    def flush(self, store: Store, rulebook_of: RulebookOf) -> None:
        """Add what was counted since the last flush; kept for the next one when the store does not take it."""
        self._counts.flush(lambda found: _keep(store, rulebook_of, found))


def _keep(store: Store, rulebook_of: RulebookOf, found: Mapping[Loaded, int]) -> None:
    books = {row: rulebook_of(row.rulebook_id) for row in found}
    wanted = [one for row, book in books.items() if book for one in _disclosures(book, row, found[row])]
    with store.control.transaction() as tx:
        for own_id, disclosure in sorted(
            wanted, key=itemgetter(0)
        ):  # in one order: two who add to the same rows then wait in turn
            disclosures.add_up(tx, disclosure, own_id)


def _disclosures(rulebook: Rulebook, row: Loaded, count: int) -> list[tuple[str, Disclosure]]:
    """Return the disclosures of a day: one for each purpose of the point, with every category that it can take in."""
    point = rulebook.points[row.point]
    letters = {letter for name in point.fields for letter in rulebook.data[name].categories}
    at_ms = int(datetime.combine(row.day, time(), UTC).timestamp() * 1000)
    made = []
    for purpose in sorted(point.purposes):
        of_what = f"load {row.day} {row.point} {purpose} {row.rulebook_id} {row.demonstration}"
        own_id = hashlib.blake2b(of_what.encode(), digest_size=16).hexdigest()
        to_whom = (point.collected_by or "", "".join(sorted(letters)), purpose, row.point, row.rulebook_id)
        made.append((own_id, Disclosure(at_ms, *to_whom, count=count, demonstration=row.demonstration)))
    return made


def collected(totals: tuple[DisclosureTotal, ...], rulebook_of: RulebookOf) -> dict[str, int]:
    """Return by point how many page views let another company's script take in; each has one total for each purpose."""
    views: dict[tuple[str, str], int] = {}
    for one in totals:
        rulebook = rulebook_of(one.rulebook_id)
        point = rulebook.points.get(one.point) if rulebook else None
        if point is not None and point.loads and point.collected_by == one.recipient:
            key = one.point, one.rulebook_id
            views[key] = max(views.get(key, 0), one.count)
    found: dict[str, int] = {}
    for (name, _), count in views.items():
        found[name] = found.get(name, 0) + count
    return found
