"""Segments that are not whole, or have no key: kept apart with whatever key they have, shown to staff, never taken for drained.

A damaged segment keeps its key, so that somebody may still look at what could not be read; all that could be is stored. It goes
30 days later, when staff discard it, or with the next deletion: nobody can say whose the bytes are that nobody can read.
A segment without a key waits for its key to come back, as when the vault of another day was in place.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from avow.definitions import moment
from avow.spool.segments import DRAINED, ENDING, QUARANTINE, SegmentKeys, remove, sync_folder
from avow.store.aside import Aside
from avow.store.control import set_aside

log = logging.getLogger(__name__)

#: The queue under which staff see these segments.
QUEUE: Final = "spool"
DAMAGED: Final = "damaged"
UNREADABLE: Final = "another-version"
NO_KEY: Final = "no-key"
#: How long such a segment is kept, and how many are: each takes some megabytes.
DAYS: Final = 30
MOST: Final = 64


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The quarantine of a spool's folder. Without `aside`, as in a spool without a store, nobody is shown anything."""

    spool: Path
    keys: SegmentKeys
    aside: Aside | None = None

    @property
    def folder(self) -> Path:
        """Where the segments lie."""
        return self.spool / QUARANTINE

    def put(self, path: Path, kind: str, now_ms: int) -> None:
        """Move a segment here, and show it to staff; a crash in between is mended by `look`."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        path.rename(self.folder / path.name)
        sync_folder(self.folder)
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile, as in `segments.remove`
            sync_folder(path.parent)
        if self.aside is not None:
            over = moment(now_ms).date() + timedelta(days=DAYS)
            self.aside.put(QUEUE, path.stem, kind, now_ms, delete_on=over)

    def look(self, now_ms: int, today: date, *, is_believed: bool) -> None:
        """Take segments back whose key has come back; destroy those that were discarded, whose time is over, or beyond MOST.

        By a clock that is not believed nobody's time is over. What is shown to staff is what lies here, whatever a crash left.
        """
        if not self.folder.is_dir():
            return
        for oldest in self._segments()[:-MOST]:
            log.warning("segment %s leaves the quarantine: more than %d are there", oldest.stem, MOST)
            self._destroy(oldest)  # what of it could be read is stored
        if self.aside is None:
            return
        for path in self._segments():
            with self.aside.control.reading() as tx:
                row = set_aside.find(tx, QUEUE, path.stem)
            if row is None:  # an older control store is in place, or `put` ended early: what lies here is shown, not lost
                kind = NO_KEY if self.keys.get_key("segment", path.stem) is None else DAMAGED
                self.aside.put(QUEUE, path.stem, kind, now_ms, delete_on=today + timedelta(days=DAYS))
            elif row.next_ms is None or (is_believed and row.delete_on is not None and row.delete_on <= today):
                self._destroy(path)
            elif (
                set_aside.is_due(row.next_ms, now_ms)
                and row.kind == NO_KEY
                and self.keys.get_key("segment", path.stem) is not None
            ):
                again = self.spool / f"{path.stem}-again"
                again.mkdir(mode=0o700, exist_ok=True)
                path.rename(again / path.name)
            elif set_aside.is_due(row.next_ms, now_ms):
                self.aside.put(QUEUE, path.stem, row.kind, now_ms)
        self.aside.only(QUEUE, [path.stem for path in self._segments()])

    def remaining(self, until_ms: int) -> int:
        """Return how many segments here were begun up to a moment and could still be read by somebody who has the vault."""
        return len([path for path in self._until(until_ms) if self.keys.get_key("segment", path.stem) is not None])

    def forget(self, until_ms: int) -> int:
        """Destroy what could still be read of segments begun up to a moment, for a deletion; return how many there were."""
        doomed = [path for path in self._until(until_ms) if self.keys.get_key("segment", path.stem) is not None]
        for path in doomed:
            log.warning("segment %s leaves the quarantine: somebody asked for deletion", path.stem)
            self._destroy(path)
        return len(doomed)

    def _until(self, until_ms: int) -> list[Path]:
        """Return the segments begun up to a moment; those whose removal began may have their key still."""
        found = [*self._segments(), *self.folder.glob(f"*{DRAINED}")]
        return [path for path in found if int(path.name.partition("-")[0]) // 1000 <= until_ms]

    def _segments(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{ENDING}"))

    def _destroy(self, path: Path) -> None:
        """Destroy the key, then the file, then what staff see of it; the next drain, and its `look`, finish what failed."""
        remove(path, self.keys)
        if self.aside is not None:
            self.aside.handled(QUEUE, path.stem)
