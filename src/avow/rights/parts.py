"""A part of a deletion: what came of a person by the collection points that they named, and nothing else of theirs.

What they wrote there with its files, what their browsers told and showed, subscriptions that wait, messages and mailings of these
points, and whose what went to others was. What a rule keeps of it is kept in the lock in which it is erased, as of a whole
deletion; the person's keys stay, for the rest is under them. Marks say for good that it is gone: of a spool, a feed, a backup.
Rule: 11 CCR 7022(b)(1), (d), (f), (g), (h).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import local_date
from avow.rights.execution import Target
from avow.rights.keeping import KeptRecords
from avow.rights.outcomes import Erasure, Outcome
from avow.rights.targets import SealedFiles
from avow.store import named_points
from avow.store.named_points import Part
from avow.store.store import Store

#: What plans and letters call it.
NAMED: Final = "what was named"


@dataclass(frozen=True, slots=True)
class NamedPoints:
    """What came by some collection points; `kept` keeps what rules name of it, `files` has the answers of earlier requests."""

    store: Store
    kept: KeptRecords
    files: SealedFiles | None
    points: tuple[str, ...]
    name: str = NAMED

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Keep what rules name of these points, and erase the rest; None while what was accepted before is not stored.

        Rule: 11 CCR 7022(b)(1), (f), (g).
        """
        keeper, people = self.kept.keeper, erasure.identifiers
        if self.kept.waiting.left(people, erasure.planned_ms)[0]:
            return None
        today = local_date(erasure.planned_ms, keeper.versions.timezone)

        def keep() -> None:
            keeper.keep(people, today, now_ms, frozenset(self.points), erasure.withheld)

        gone = named_points.erase(self._part(erasure), self.store, keep)
        answers = self.files.forget_earlier(erasure) if self.files is not None else 0
        kept = tuple(one for one in keeper.lines(people) if one.point in self.points)
        return Outcome(self.name, "erased" if gone.total + answers else "nothing held", gone.total + answers, kept=kept)

    def remaining(self, erasure: Erasure) -> int:
        """Search again. Rule: 11 CCR 7022(b)(1)."""
        return named_points.left(self._part(erasure), self.store)

    def _part(self, erasure: Erasure) -> Part:
        return Part(tuple(erasure.identifiers), self.points, erasure.planned_ms)


def of_points(store: Store, everywhere: Sequence[Target], points: tuple[str, ...]) -> tuple[NamedPoints]:
    """Return the places of a deletion that names collection points, of those of a whole one. Rule: 11 CCR 7022(g)."""
    kept = next(one for one in everywhere if isinstance(one, KeptRecords))
    files = next((one for one in everywhere if isinstance(one, SealedFiles)), None)
    return (NamedPoints(store, kept, files, points),)
