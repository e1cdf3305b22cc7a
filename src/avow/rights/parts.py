"""A part of a deletion: what a person sent by the collection points that they named, and nothing else of theirs.

What a rule keeps of it is kept first, as of a whole deletion; the person's keys stay, for the rest is under them.
Rule: 11 CCR 7022(b)(1), (f), (g).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import IdentifierKind, local_date
from avow.rights.execution import Target
from avow.rights.keeping import Keeper, KeptRecords
from avow.rights.outcomes import Erasure, Outcome
from avow.store.store import Store

#: What plans and letters call it.
NAMED: Final = "what was named"


@dataclass(frozen=True, slots=True)
class NamedForms:
    """The forms of some collection points; `keeper` keeps what rules name of them, None where no version keeps anything."""

    store: Store
    keeper: Keeper | None
    points: tuple[str, ...]
    name: str = NAMED

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome:
        """Keep what rules name of these forms, and remove them with their files. Rule: 11 CCR 7022(b)(1), (f), (g)."""
        found, keeper = self._held(erasure), self.keeper
        if keeper is not None and found:
            today = local_date(erasure.planned_ms, keeper.versions.timezone)
            keeper.keep(erasure.identifiers, today, now_ms, frozenset(self.points), erasure.withheld)
        self.store.erase_submissions(found)
        lines = keeper.lines(erasure.identifiers) if keeper is not None else ()
        kept = tuple(one for one in lines if one.point in self.points)
        return Outcome(self.name, "erased" if found else "nothing held", len(found), kept=kept)

    def remaining(self, erasure: Erasure) -> int:
        """Search again. Rule: 11 CCR 7022(b)(1)."""
        return len(self._held(erasure))

    def _held(self, erasure: Erasure) -> list[str]:
        """Return the forms of these points that an address of the person finds; a browser's number finds none."""
        people = [one for one in erasure.identifiers if one.kind is not IdentifierKind.VISITOR]
        held = (form for person in people for point in self.points for form in self.store.submissions_of(person, point))
        return sorted({form.record_id for form in held})


def of_points(store: Store, everywhere: Sequence[Target], points: tuple[str, ...]) -> tuple[NamedForms]:
    """Return the places of a deletion that names collection points, of those of a whole one. Rule: 11 CCR 7022(g)."""
    keeper = next((one.keeper for one in everywhere if isinstance(one, KeptRecords)), None)
    return (NamedForms(store, keeper, points),)
