"""The places of an installation that hold personal information, as targets of a plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from avow.definitions import Identifier, IdentifierKind
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.outcomes import Erasure, Outcome
from avow.rights.plan import KEPT
from avow.rights.states import State, Step
from avow.store.store import Store

VAULT: Final = "key vault"
EVENTS: Final = "event store"
RECORDINGS: Final = "session recordings"
CONTROL: Final = "control store"
FILES: Final = "files"
SPOOL: Final = "spool"
#: What of somebody came by the collection points that they named to be deleted, and nothing else.
NAMED: Final = "what was named"
#: Every place of an installation, as plans name them.
NAMES: Final = (KEPT, VAULT, EVENTS, RECORDINGS, CONTROL, FILES, SPOOL)


@dataclass(frozen=True, slots=True)
class KeyVault:
    """First of what is destroyed: the keys. From here on nothing can be read, whatever happens to the other steps.

    `kept` holds while they are destroyed: what rules keep is kept by then, and nothing comes in between.
    """

    store: Store
    kept: Callable[[Erasure, int], AbstractContextManager[None]]
    name: str = VAULT

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome:
        """Destroy the keys and write the tombstones. Rule: 11 CCR 7022(b)(1)."""
        with self.kept(erasure, now_ms):
            self.store.erase(erasure.identifiers, now_ms)
        return Outcome(self.name, "keys destroyed; nothing can be read any more", len(erasure.located.subjects))

    def remaining(self, erasure: Erasure) -> int:
        """Return how many of the keys are still there. Rule: 11 CCR 7022(b)(1)."""
        return len(self.store.vault.keys_of(map(bytes.fromhex, erasure.located.subjects)))


@dataclass(frozen=True, slots=True)
class Rows:
    """Event store, recordings or control store: the purge job removes the rows in batches; this waits until they are gone."""

    store: Store
    name: str

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Say how many rows went, once a search finds none and the purge is through with these people.

        It ends when their bytes have left the disk, which a search for rows does not see. Rule: 11 CCR 7022(b)(1).
        """
        del now_ms
        subjects = [bytes.fromhex(one) for one in erasure.located.subjects]
        if self.remaining(erasure) or self.store.vault.is_purging(subjects):
            return None
        return Outcome(self.name, "erased", erasure.located.counts.get(self.name, 0))

    def remaining(self, erasure: Erasure) -> int:
        """Search again. Rule: 11 CCR 7022(b)(1)."""
        left = self.store.remaining_of(map(bytes.fromhex, erasure.located.subjects))
        own = {EVENTS: left.events + left.visits, RECORDINGS: left.recordings}
        return own.get(self.name, left.total - sum(own.values()))


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """Files that this person sent, and archives and messages of their earlier consumer requests."""

    store: Store
    cases: Cases
    name: str = FILES

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Destroy the keys of earlier, closed requests of the same address, and what they sealed; wait for the purge."""
        del now_ms
        if self._sent(erasure):
            return None  # the purge job removes files with the rows that name them
        count = self.forget_earlier(erasure) + erasure.located.counts.get(FILES, 0)
        return Outcome(self.name, "erased" if count else "nothing held", count)

    def remaining(self, erasure: Erasure) -> int:
        """Search again. Rule: 11 CCR 7022(b)(1)."""
        return len(self._earlier(erasure)) + self._sent(erasure)

    def forget_earlier(self, erasure: Erasure) -> int:
        """Destroy the keys of earlier, closed requests of the same address, and what they sealed; return how many."""
        earlier = self._earlier(erasure)
        for case in earlier:
            self.cases.forget_contact(case.request_id)
        return len(earlier)

    def _sent(self, erasure: Erasure) -> int:
        """Return how many files of these people are left."""
        return self.store.remaining_files(map(bytes.fromhex, erasure.located.subjects))

    def _earlier(self, erasure: Erasure) -> list[Case]:
        """Return closed requests with the address of these people; a browser's number proves nothing of another's address.

        Rule: 11 CCR 7060, 7062: who shares a browser with somebody has not proved to be them.
        """
        wanted = {one for one in erasure.identifiers if one.kind is IdentifierKind.EMAIL}
        closed = (case for case in self.cases.about(wanted) if case.state is State.CLOSED and not _is_ending(case))
        return [case for case in closed if case.contact and wanted & set(case.contact.identifiers())]


def _is_ending(case: Case) -> bool:
    """Return whether a withdrawn consent still ends something by the contact of its request, a week after it was confirmed."""
    applied = case.entry(Step.APPLIED)
    return applied is not None and bool(applied.detail.get("ends"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the room of collection says of what is accepted and not stored (`collection.waiting`): for whom, begun before when.

    Of all collection points for None, else of these. `left` counts what is left of it, segments first; `forget` destroys what no
    drain will ever store.
    """

    left: Callable[[Sequence[Identifier], int, Collection[str] | None], tuple[int, int]]
    forget: Callable[[Sequence[Identifier], int, Collection[str] | None], None]


@dataclass(frozen=True, slots=True)
class SpoolTarget:
    """The spool: whatever waited in it when the plan was made is drained, past the tombstones, and its files are gone.

    What of it could not be read, or not be stored, waits for nobody: it is these people's, or may be, and is destroyed.
    """

    waiting: Waiting
    name: str = SPOOL

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Wait until every segment that was begun before the keys were destroyed is drained and removed.

        Rule: 11 CCR 7022(b)(1).
        """
        del now_ms
        if self.waiting.left(erasure.identifiers, erasure.planned_ms, None)[0]:
            return None
        self.waiting.forget(erasure.identifiers, erasure.planned_ms, None)
        return Outcome(self.name, "drained; segments and their keys removed", 0)

    def remaining(self, erasure: Erasure) -> int:
        """Return how much of that is left. Rule: 11 CCR 7022(b)(1)."""
        return sum(self.waiting.left(erasure.identifiers, erasure.planned_ms, None))
