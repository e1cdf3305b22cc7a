"""A part of a deletion: what a person sent by the collection points that they named, and nothing else of theirs.

What a rule keeps of it is kept first, as of a whole deletion. Then the keys of its retention classes are destroyed, in one
transaction with the tombstones by which nothing of it comes back; the keys of the rest stay. What came before there were classes
is under its person's own key, which is of everything: of that the rows are removed.
Rule: 11 CCR 7022(b)(1), (f), (g). Why: decision 0087.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from avow.definitions import Identifier, IdentifierKind, local_date
from avow.gate import classes
from avow.policy.rulebook import retention_classes
from avow.rights.execution import Target
from avow.rights.keeping import Keeper, KeptRecords
from avow.rights.outcomes import Erasure, Outcome
from avow.rights.targets import NAMED
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class NamedForms:
    """The forms of some collection points; `keeper` keeps what rules name of them, None where no version keeps anything."""

    store: Store
    keeper: Keeper | None
    points: tuple[str, ...]
    name: str = NAMED

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Keep what rules name of these forms, destroy the keys of the rest and remove it with its files.

        None while rows of it may still lie on the disk. Rule: 11 CCR 7022(b)(1), (f), (g).
        """
        keeper, people = self.keeper, _named(erasure)
        with self.store.vault.no_batch():  # what is kept is kept, and nothing is stored in between
            found = self._held(people)
            if keeper is not None and found:
                today = local_date(erasure.planned_ms, keeper.versions.timezone)
                keeper.keep(erasure.identifiers, today, now_ms, frozenset(self.points), erasure.withheld)
            self.store.vault.end_classes(people, self._classes(people), now_ms)
        self.store.erase_submissions(found)
        if self._is_purging(erasure):
            return None
        count = erasure.located.counts.get(self.name, len(found))
        lines = keeper.lines(erasure.identifiers) if keeper is not None else ()
        kept = tuple(one for one in lines if one.point in self.points)
        return Outcome(self.name, "erased" if count else "nothing held", count, kept=kept)

    def remaining(self, erasure: Erasure) -> int:
        """Search again. Rule: 11 CCR 7022(b)(1)."""
        return len(self._held(_named(erasure))) + self._is_purging(erasure)

    def _is_purging(self, erasure: Erasure) -> bool:
        return self.store.vault.is_purging(map(bytes.fromhex, erasure.located.subjects))

    def _classes(self, people: Sequence[Identifier]) -> frozenset[str]:
        """Return the classes of these points: those in which something is, and those of what may be on its way."""
        own = (one.name for one in self.store.vault.classes_of(people))
        every = classes.at(self.keeper.versions, self.points) if self.keeper is not None else frozenset(self.points)
        return every.union(name for name in own if retention_classes.point_of(name) in self.points)

    def _held(self, people: Sequence[Identifier]) -> list[str]:
        """Return the forms of these points that an address of the person finds."""
        held = (form for person in people for point in self.points for form in self.store.submissions_of(person, point))
        return sorted({form.record_id for form in held})


def of_points(store: Store, everywhere: Sequence[Target], points: tuple[str, ...]) -> tuple[NamedForms]:
    """Return the places of a deletion that names collection points, of those of a whole one. Rule: 11 CCR 7022(g)."""
    keeper = next((one.keeper for one in everywhere if isinstance(one, KeptRecords)), None)
    return (NamedForms(store, keeper, points),)


def _named(erasure: Erasure) -> list[Identifier]:
    """Return by what somebody's forms are found; a browser's number finds none."""
    return [one for one in erasure.identifiers if one.kind is not IdentifierKind.VISITOR]
