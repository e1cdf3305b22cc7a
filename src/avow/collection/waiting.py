"""What is accepted and not stored yet, or cannot be: how much of it may be of these people, and its end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from avow.collection.drain import decoded
from avow.collection.one_by_one import set_aside_of
from avow.collection.quarantine import Quarantine
from avow.definitions import Identifier
from avow.spool import spool
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class Waiting:
    """The spool's folder, its quarantine, and the records that were set aside."""

    folder: Path
    store: Store

    def left(self, people: Sequence[Identifier], before_ms: int, points: Collection[str] | None = None) -> tuple[int, int]:
        """Return how many segments were begun before a moment, and how much else of these people waits, or may be theirs.

        `points`: of what came by these collection points alone; None for all.
        """
        begun = sum(int(path.name.partition("-")[0]) // 1000 <= before_ms for path, _ in spool.segments(self.folder))
        aside = len(set_aside_of(self.store.aside, people, decoded, points))
        return begun, self._quarantine.remaining(before_ms) + aside

    def forget(self, people: Sequence[Identifier], before_ms: int, points: Collection[str] | None = None) -> None:
        """Destroy what was quarantined of that time, and what was set aside of these people: no drain will store it."""
        self._quarantine.forget(before_ms)
        self.store.aside.forget(set_aside_of(self.store.aside, people, decoded, points))

    @property
    def _quarantine(self) -> Quarantine:
        return Quarantine(self.folder, self.store.vault, self.store.aside)
