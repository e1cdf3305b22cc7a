"""Following a server's log while the server writes it: each line once, through rotation, truncation and our own restarts.

The place that outlives a restart lies a few seconds of log time behind what was read: equal lines of one second are told apart by
counting them, so after a restart they are counted anew from there. What is read twice has the same id and is stored once.

    first time      -> at the end: what came before is for `avow import-log`
    file renamed    -> the old one is read to its end once the new one has a line; then the new one from its start
    file truncated  -> from its start
    old file gone   -> the new one from its start, and a warning: what was not read of the old one is lost
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from avow.collection.drain import Sink
from avow.collection.log_formats import LINE_BYTES
from avow.collection.server_log import Import
from avow.definitions import Event, Refusal

log = logging.getLogger(__name__)

#: Bytes read at once, and so the most that waits in memory.
CHUNK_BYTES: Final = 4 * 1024 * 1024
#: Log time that is read again after a restart, milliseconds.
AGAIN_MS: Final = 5_000


class Place(msgspec.Struct, frozen=True):
    """Where reading goes on: device and inode name the file whatever it is called; `offset` is the start of a line, bytes."""

    device: int
    inode: int
    offset: int


class Memory(Protocol):
    """Where places outlive the process."""

    def place(self, name: str) -> Place | None:
        """Return the place of this log, None before the first time."""

    def keep(self, name: str, place: Place) -> None:
        """Keep the place durably."""


@dataclass(slots=True)
class Follower:
    """One followed log. `intake` makes the records of a line's own day; `sink` keeps them, once each by their ids."""

    name: str
    path: Path
    intake: Callable[[], Import]
    sink: Sink
    memory: Memory
    _import: Import | None = None
    _at: Place | None = None
    _recent: deque[tuple[int, int]] = field(default_factory=deque)  # start of a batch, moment of its last line

    def once(self) -> bool:
        """Take in what the server wrote since; return whether there may be more to read at once.

        Raises what the sink raises; then nothing was moved on. A log that is not there is waited for.
        """
        try:
            with self.path.open("rb") as current:
                return self._step(current)
        except FileNotFoundError:
            return False

    def _step(self, current: BinaryIO) -> bool:
        here = os.fstat(current.fileno())
        at = self._at or self.memory.place(self.name)
        if at is None:
            self._go(Place(here.st_dev, here.st_ino, _last_line_end(current, here.st_size)))
            return False
        self._at = at
        if (at.device, at.inode) != (here.st_dev, here.st_ino):
            return self._rotated(at, here)
        if here.st_size < at.offset:  # copied and truncated
            self._go(Place(at.device, at.inode, 0))
        return self._read(current)

    def _rotated(self, at: Place, here: os.stat_result) -> bool:
        """Read the rest of the renamed file; go on with the new one when it has something and the old one has no more."""
        old = _named(self.path, at)
        if old is None:
            log.warning("server log %s: the file before is gone; what was not read of it is lost", self.name)
        else:
            with old.open("rb") as file:
                if self._read(file):
                    return True
        if here.st_size or old is None:
            self._go(Place(here.st_dev, here.st_ino, 0))
            return True
        return False

    def _read(self, file: BinaryIO) -> bool:
        """Take in the whole lines from the place on, at most a chunk of them."""
        at = self._at
        assert at is not None
        file.seek(at.offset)
        chunk = file.read(CHUNK_BYTES)
        end = chunk.rfind(b"\n") + 1
        if not end and len(chunk) <= LINE_BYTES:
            return False
        end = end or len(chunk)  # longer than any line that is read: counted as unreadable, in pieces
        records = self._records(chunk[:end])
        if records:
            self.sink.write(records)
            self._recent.append((at.offset, records[-1].collected_ms))
            while self._recent[0][1] < records[-1].collected_ms - AGAIN_MS:
                self._recent.popleft()
        self._at = Place(at.device, at.inode, at.offset + end)
        self.memory.keep(self.name, Place(at.device, at.inode, self._recent[0][0]) if self._recent else self._at)
        return end == CHUNK_BYTES or len(chunk) == CHUNK_BYTES

    def _records(self, chunk: bytes) -> list[Event]:
        """Return the records of some lines; none of those that the policy of their day does not allow."""
        if self._import is None:
            self._import = self.intake()
        found = list(self._import.records(chunk.splitlines(keepends=True)))
        refusal = next((one for one in found if isinstance(one, Refusal)), None)
        if refusal is not None:
            log.warning("server log %s: not taken in: %s (%s)", self.name, refusal.reason, refusal.rule)
        return [one for one in found if isinstance(one, Event)]

    def _go(self, place: Place) -> None:
        """Go on at another place."""
        self._recent.clear()
        self._at = place
        self.memory.keep(self.name, place)


def _last_line_end(file: BinaryIO, size: int) -> int:
    """Return the offset behind the last whole line: a line that is being written is read when it is whole."""
    start = max(0, size - LINE_BYTES)
    file.seek(start)
    return start + file.read(size - start).rfind(b"\n") + 1


def _named(path: Path, at: Place) -> Path | None:
    """Return the file of this place under the name that rotation gave it, beside the log; None when it is not there."""
    for candidate in sorted(path.parent.glob(f"{path.name}*")):
        try:
            found = candidate.stat()
        except FileNotFoundError:  # rotated again in this moment
            continue
        if (found.st_dev, found.st_ino) == (at.device, at.inode):
            return candidate
    return None
