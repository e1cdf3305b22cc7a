"""Following a server's log while the server writes it: each line once, through rotation, truncation and our own restarts.

The place that outlives a restart lies a few seconds of log time behind what was read: equal lines of one second are told apart by
counting them, so after a restart they are counted anew from there. What is read twice has the same id and is stored once.

A file system gives the inode of a file that is gone to the next new one, and a truncated file keeps its own. So a file is the
one that was read only when it also begins as that one did.

    first time       -> at the end: what came before is for `avow import-log`
    file renamed     -> the old one is read to its end once the new one has a line; then those rotated after it; then the new one
    file compressed  -> the same: it is the first packed one beside the log that was not changed before what was read last
    file truncated   -> the copy that was made of it is read to its end, if there is one; then from its start
    old file gone    -> the next one from its start, and a warning: what was not read of the old one is lost
"""

from __future__ import annotations

import contextlib
import gzip
import logging
import os
import re
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

import msgspec

from avow.collection.drain import Sink
from avow.collection.log_formats import LINE_BYTES
from avow.collection.server_log import Import
from avow.definitions import Event, Refusal

log = logging.getLogger(__name__)

#: Bytes read at once, and so the most that waits in memory.
CHUNK_BYTES: Final = 4 * 1024 * 1024
#: Bytes at a file's beginning that tell it from another: a few lines.
HEAD_BYTES: Final = 1024
#: Log time that is read again after a restart, milliseconds.
AGAIN_MS: Final = 5_000
#: What rotation adds to a name: a number or a date. Another file that begins alike is looked at by its inode alone.
_NUMBERED: Final = re.compile(r"[.-]?[0-9][0-9._-]*(?:\.gz)?")


class Place(msgspec.Struct, frozen=True):
    """Where reading goes on: device and inode name the file whatever it is called; `offset` is the start of a line, bytes.

    `changed_ns` is when the file was changed last, as far as it was seen, nanoseconds since 1970; 0 for not known. `head` is a
    keyed hash of its first `hashed` bytes, hex; 0 bytes where nothing was read of it.
    """

    device: int
    inode: int
    offset: int
    changed_ns: int = 0
    head: str = ""
    hashed: int = 0


class Memory(Protocol):
    """Where places outlive the process."""

    def place(self, name: str) -> Place | None:
        """Return the place of this log, None before the first time."""

    def keep(self, name: str, place: Place) -> None:
        """Keep the place durably."""


@dataclass(slots=True)
class Follower:
    """One followed log. `intake` makes the records of a line's own day; `sink` keeps them, once each by their ids.

    `keyed` is a secret of the installation: what stands in a log names people, so no plain hash of it is kept.
    """

    name: str
    path: Path
    intake: Callable[[], Import]
    sink: Sink
    memory: Memory
    keyed: Callable[[bytes, bytes], bytes]
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
            offset = _last_line_end(current, here.st_size)
            self._go(Place(here.st_dev, here.st_ino, offset, here.st_mtime_ns, *self._head(current, offset)))
            return False
        self._at = at
        is_same = (at.device, at.inode) == (here.st_dev, here.st_ino) and here.st_size >= at.offset
        if not is_same or not self._begins_as(at, current):
            return self._rotated(at, here)
        return self._read(current, here.st_mtime_ns)

    def _rotated(self, at: Place, here: os.stat_result) -> bool:
        """Read the rest of the renamed file; go on with the next one when it has something and the old one has no more."""
        beside = _rotated_files(self.path, here)
        old = next((one for one in beside if self._is_old(one, at)), None)
        try:
            if old is None:
                log.warning("server log %s: the file before is gone; what was not read of it is lost", self.name)
            elif self._read_on(old):
                return True
        except (EOFError, gzip.BadGzipFile, zlib.error):
            log.warning("server log %s: a compressed file is damaged; what was not read of it is lost", self.name)
        since = old.stat.st_mtime_ns if old else at.changed_ns
        following = next((one.stat for one in beside if since and one.is_numbered and one.stat.st_mtime_ns > since), here)
        if following.st_size or old is None or old.is_packed:  # nobody writes into a packed one any more
            self._go(Place(following.st_dev, following.st_ino, 0, following.st_mtime_ns))
            return True
        return False

    def _is_old(self, one: _Rotated, at: Place) -> bool:
        """Return whether a file beside the log is the one that was read: renamed, or copied or packed since then."""
        is_renamed = (one.stat.st_dev, one.stat.st_ino) == (at.device, at.inode)
        if not is_renamed and not (one.is_numbered and at.changed_ns and one.stat.st_mtime_ns >= at.changed_ns):
            return False
        if not at.hashed:
            return is_renamed or one.is_packed
        with contextlib.suppress(OSError, EOFError, zlib.error), one.open() as file:
            return self._begins_as(at, file)
        return False

    def _begins_as(self, at: Place, file: BinaryIO) -> bool:
        """Return whether a file begins as the one that was read; any does where nothing was read of it."""
        return not at.hashed or self._head(file, at.hashed) == (at.head, at.hashed)

    def _head(self, file: BinaryIO, offset: int) -> tuple[str, int]:
        """Return the keyed hash of a file's beginning, at most up to the offset, and of how many bytes it is."""
        file.seek(0)
        head = file.read(min(offset, HEAD_BYTES))
        return (self.keyed(b"beginning of a server log", head).hex() if head else ""), len(head)

    def _read_on(self, old: _Rotated) -> bool:
        """Take in a chunk of a rotated file, or a packed one whole: it is unpacked once. Return whether there is more."""
        with old.open() as file:
            if not old.is_packed:
                return self._read(file, old.stat.st_mtime_ns)
            while self._read(file, old.stat.st_mtime_ns):
                pass
        return False

    def _read(self, file: BinaryIO, changed_ns: int) -> bool:
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
        head = (at.head, at.hashed) if at.hashed == HEAD_BYTES else self._head(file, at.offset + end)
        self._at = Place(at.device, at.inode, at.offset + end, changed_ns, *head)
        kept = self._recent[0][0] if self._recent else self._at.offset
        self.memory.keep(self.name, Place(at.device, at.inode, kept, changed_ns, *head))
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
        """Go on at a place of another file."""
        self._recent.clear()
        self._at = place
        self.memory.keep(self.name, place)


def _last_line_end(file: BinaryIO, size: int) -> int:
    """Return the offset behind the last whole line: a line that is being written is read when it is whole."""
    start = max(0, size - LINE_BYTES)
    file.seek(start)
    return start + file.read(size - start).rfind(b"\n") + 1


@dataclass(frozen=True, slots=True)
class _Rotated:
    """A file beside the log, under the name that rotation gave it."""

    path: Path
    stat: os.stat_result
    is_numbered: bool

    @property
    def is_packed(self) -> bool:
        """Return whether it was compressed; gzip and logrotate keep the time of the last change."""
        return self.is_numbered and self.path.suffix == ".gz"

    def open(self) -> BinaryIO:
        """Open it for reading its lines, unpacked."""
        return (
            cast("BinaryIO", gzip.open(self.path)) if self.is_packed else self.path.open("rb")
        )  # cast: it reads and seeks as files do


def _rotated_files(path: Path, here: os.stat_result) -> list[_Rotated]:
    """Return the files that rotation left beside a log, the one that was changed last at the end."""
    found = []
    for candidate in path.parent.glob(f"{path.name}*"):
        with contextlib.suppress(FileNotFoundError):  # rotated again in this moment
            is_numbered = _NUMBERED.fullmatch(candidate.name.removeprefix(path.name)) is not None
            one = _Rotated(candidate, candidate.stat(), is_numbered)
            if (one.stat.st_dev, one.stat.st_ino) != (here.st_dev, here.st_ino):
                found.append(one)
    return sorted(found, key=lambda one: one.stat.st_mtime_ns)
