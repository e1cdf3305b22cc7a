"""A part of a deletion: what came of a person by the collection points that they named, and nothing else of theirs.

What they wrote there with its files, what their browsers told and showed, subscriptions that wait, messages and mailings of these
points, and whose what went to others was. What a rule keeps of it is kept in the lock in which it is erased, as of a whole
deletion. The keys of its retention classes are destroyed; the person's own stays, for the rest is under it: of what is under that
the rows are removed. Marks say for good that it is gone: of a spool, a feed, a backup.
Rule: 11 CCR 7022(b)(1), (d), (f), (g), (h). Why: decisions 0087, 0089.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from avow.definitions import local_date
from avow.gate import classes
from avow.policy.rulebook import retention_classes
from avow.rights.execution import Target
from avow.rights.keeping import KeptRecords
from avow.rights.outcomes import Erasure, Outcome
from avow.rights.targets import NAMED, SealedFiles
from avow.store import named_points
from avow.store.named_points import Part
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class NamedPoints:
    """What came by some collection points; `kept` keeps what rules name of it, `files` has the answers of earlier requests."""

    store: Store
    kept: KeptRecords
    files: SealedFiles | None
    points: tuple[str, ...]
    name: str = NAMED

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Keep what rules name of these points, destroy the keys of the rest and remove it.

        None while what was accepted before is not stored, and while rows of it may still lie on the disk.
        Rule: 11 CCR 7022(b)(1), (f), (g).
        """
        keeper, people = self.kept.keeper, erasure.identifiers
        waiting = self.kept.waiting
        if waiting.left(people, erasure.planned_ms, self.points)[0]:
            return None
        today = local_date(erasure.planned_ms, keeper.versions.timezone)

        def keep() -> None:
            keeper.keep(people, today, now_ms, frozenset(self.points), erasure.withheld)

        gone = named_points.erase(self._part(erasure), self.store, keep).total
        waiting.forget(people, erasure.planned_ms, self.points)  # what no drain will store
        answers = self.files.forget_earlier(erasure) if self.files is not None else 0
        if self._is_purging(erasure):
            return None
        count = max(
            gone + answers, erasure.located.counts.get(self.name, 0)
        )  # found before anything was done, however often tried
        kept = tuple(one for one in keeper.lines(people) if one.point in self.points)
        return Outcome(self.name, "erased" if count else "nothing held", count, kept=kept)

    def remaining(self, erasure: Erasure) -> int:
        """Search again. Rule: 11 CCR 7022(b)(1)."""
        waiting = sum(self.kept.waiting.left(erasure.identifiers, erasure.planned_ms, self.points))
        return named_points.left(self._part(erasure), self.store) + waiting + self._is_purging(erasure)

    def _is_purging(self, erasure: Erasure) -> bool:
        return self.store.vault.is_purging(map(bytes.fromhex, erasure.located.subjects))

    def _part(self, erasure: Erasure) -> Part:
        people, until_ms = tuple(erasure.identifiers), erasure.planned_ms
        part = Part(people, self.points, until_ms)
        own = (one.name for one in self.store.vault.classes_of(part.addresses))  # also of what is on its way, of every version
        every = classes.at(self.kept.keeper.versions, self.points)
        return Part(people, self.points, until_ms, every.union(n for n in own if retention_classes.point_of(n) in self.points))


def of_points(store: Store, everywhere: Sequence[Target], points: tuple[str, ...]) -> tuple[NamedPoints]:
    """Return the places of a deletion that names collection points, of those of a whole one. Rule: 11 CCR 7022(g)."""
    kept = next(one for one in everywhere if isinstance(one, KeptRecords))
    files = next((one for one in everywhere if isinstance(one, SealedFiles)), None)
    return (NamedPoints(store, kept, files, points),)
