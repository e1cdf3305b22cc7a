"""Following a server's log while the server writes it: each line once, through rotation, truncation and our own restarts.

The place that outlives a restart lies a few seconds of log time behind what was read: equal lines of one second are told apart by
counting them, so after a restart they are counted again from there. What is read twice has the same id and is stored once.

    first time       -> at the end: what came before is for `avow import-log`
    file renamed     -> the old one is read to its end once the new one has a line; then those rotated after it; then the new one
    file compressed  -> the same: it is the first packed one next to the log that was not changed before what was read last
    file truncated   -> the rest of the copy that `copytruncate` left next to it, then from its start
    old file gone    -> the next one from its start, and a warning: what was not read of the old one is lost

A file is known by its inode and by how it begins, as a keyed hash: file systems give the inode of a removed file to the next one,
and a copy or a packed file has another inode and the same beginning.
"""

from __future__ import annotations

import contextlib
import gzip
import logging
import os
import re
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec

from avow.collection.drain import Sink
from avow.collection.logs.log_formats import LINE_BYTES
from avow.collection.logs.server_log import Import
from avow.definitions import Event, Refusal
from avow.store.control import Control, settings

log = logging.getLogger(__name__)

#: Bytes read at once, and so the most that waits in memory.
CHUNK_BYTES: Final = 4 * 1024 * 1024
#: Log time that is read again after a restart, milliseconds.
AGAIN_MS: Final = 5_000
#: Beginning of a file by which it is known again, bytes: the first lines, whose moments no other log has.
BEGINNING_BYTES: Final = 1024
#: What reading a damaged compressed file raises.
_DAMAGED: Final = (EOFError, gzip.BadGzipFile, zlib.error)
#: What rotation adds to a name: a number or a date. Another file that begins alike is looked at by its inode alone.
_NUMBERED: Final = re.compile(r"[.-]?[0-9][0-9._-]*(?:\.gz)?")


class Place(msgspec.Struct, frozen=True):
    """Where reading goes on: device and inode name the file whatever it is called; `offset` is the start of a line, bytes.

    `changed_ns` is when the file was changed last, as far as it was seen, nanoseconds since 1970; 0 for not known. `beginning` is
    the keyed hash of the file's first `beginning_bytes`, in hex; of none, for an empty file or a place of an earlier release.
    """

    device: int
    inode: int
    offset: int
    changed_ns: int = 0
    beginning: str = ""
    beginning_bytes: int = 0


Keyed = Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Places:
    """Where reading of each followed log goes on, in the control store."""

    control: Control

    def place(self, name: str) -> Place | None:
        """Return where reading goes on."""
        with self.control.reading() as tx:
            kept = settings.get(tx, f"server-log {name}")
        return msgspec.json.decode(kept, type=Place) if kept else None

    def keep(self, name: str, place: Place) -> None:
        """Keep where reading goes on."""
        with self.control.transaction() as tx:
            settings.put(tx, f"server-log {name}", msgspec.json.encode(place).decode())


@dataclass(slots=True)
class Follower:
    """One followed log. `intake` makes the records of a line's own day; `sink` keeps them, once each by their ids.

    `keyed` is a secret of the installation: nothing of a line can be guessed from what is remembered of a file's beginning.
    `passed_over` is told how many lines could not be read, once the others are kept; nothing of those lines.
    """

    name: str
    path: Path
    intake: Callable[[], Import]
    sink: Sink
    memory: Places
    keyed: Keyed
    passed_over: Callable[[int], None]
    _import: Import | None = None
    _at: Place | None = None
    _recent: deque[tuple[int, int]] = field(default_factory=deque)  # start of a batch, moment of its last line

    def once(self) -> bool:
        """Take in what the server wrote since; return whether there may be more to read at once.

        Raises what the sink or the memory raises; the next call goes on where a restart would. What failed may have kept its
        lines all the same: read again from there, equal lines are numbered as they were. A log that is not there is waited for.
        """
        is_done = False
        try:
            with self.path.open("rb") as current:
                is_more = self._step(current)
            is_done = True
        except FileNotFoundError:
            return False
        else:
            return is_more
        finally:
            if not is_done:
                self._import = self._at = None
                self._recent.clear()

    def _step(self, current: BinaryIO) -> bool:
        here = os.fstat(current.fileno())
        at = self._at or self.memory.place(self.name)
        if at is None:
            self._go(here, current, _last_line_end(current, here.st_size))
            return False
        self._at = at
        is_there = (at.device, at.inode) == (here.st_dev, here.st_ino)
        if is_there and here.st_size >= at.offset and self._begins(current, at):
            return self._read(current, here.st_mtime_ns)
        if is_there and not at.beginning_bytes:  # truncated, and nothing is known by which a copy could be told
            self._go(here, current)
            return True
        return self._rotated(at, here, current)

    def _rotated(self, at: Place, here: os.stat_result, current: BinaryIO) -> bool:
        """Read the rest of the file before; go on with the next one when it has something and the old one has no more."""
        beside = _rotated_files(self.path, here)
        old = self._file_before(at, beside)
        try:
            if old is not None and self._read_on(old):
                return True
            if old is None and (at.device, at.inode) != (here.st_dev, here.st_ino):
                log.warning("server log %s: the file before is gone; what was not read of it is lost", self.name)
        except _DAMAGED:
            log.warning("server log %s: a compressed file is damaged; what was not read of it is lost", self.name)
        since = old.stat.st_mtime_ns if old else at.changed_ns
        following = next((one for one in beside if since and one.is_numbered and one.stat.st_mtime_ns > since), None)
        if following is None and not here.st_size and old is not None and not old.is_packed:
            return False  # somebody may still write into the old one; nobody does into a packed one
        if following is None:
            self._go(here, current)
            return True
        with following.opened() as file:
            self._go(following.stat, file)
        return True

    def _file_before(self, at: Place, beside: Sequence[_Rotated]) -> _Rotated | None:
        """Return the file that was read last: by its inode, or as a copy or packed, and by how it begins."""
        own = [one for one in beside if (one.stat.st_dev, one.stat.st_ino) == (at.device, at.inode)]
        later = [one for one in beside if one.is_numbered and at.changed_ns and one.stat.st_mtime_ns >= at.changed_ns]
        copies = [one for one in later if one.is_packed or (at.beginning_bytes and one.stat.st_size >= at.offset)]
        for one in [*own, *copies]:
            try:
                with one.opened() as file:
                    if self._begins(file, at):
                        return one
            except FileNotFoundError:  # rotated again in this moment
                continue
            except _DAMAGED:
                return one  # the first that can be it; what is wrong with it is said when it is read
        return None

    def _begins(self, file: BinaryIO, at: Place) -> bool:
        """Return whether a file begins as that of a place did."""
        return self._beginning(file, at.beginning_bytes) == (at.beginning, at.beginning_bytes)

    def _beginning(self, file: BinaryIO, most: int) -> tuple[str, int]:
        """Return the keyed hash of a file's first bytes, and how many there are of `most`."""
        file.seek(0)
        start = file.read(most)
        return self.keyed(b"beginning of a server log", start).hex() if start else "", len(start)

    def _read_on(self, old: _Rotated) -> bool:
        """Take in a chunk of a rotated file, or a packed one whole: it is unpacked once. Return whether there is more."""
        with old.opened() as file:
            while self._read(file, old.stat.st_mtime_ns):
                if not old.is_packed:
                    return True
        return False

    def _read(self, file: BinaryIO, changed_ns: int) -> bool:
        """Take in the whole lines from the place on, at most a chunk of them."""
        at = self._at
        assert at is not None
        beginning = at.beginning, at.beginning_bytes
        if at.beginning_bytes < BEGINNING_BYTES:  # before the place is sought: a packed file is unpacked once
            beginning = self._beginning(file, BEGINNING_BYTES)
        file.seek(at.offset)
        chunk = file.read(CHUNK_BYTES)
        end = chunk.rfind(b"\n") + 1
        if not end and len(chunk) <= LINE_BYTES:
            return False
        end = end or len(chunk)  # longer than any line that is read: counted as unreadable, in pieces
        records, unreadable = self._records(chunk[:end])
        if records:
            self.sink.write(records)
            self._recent.append((at.offset, records[-1].collected_ms))
            while self._recent[0][1] < records[-1].collected_ms - AGAIN_MS:
                self._recent.popleft()
        self._at = Place(at.device, at.inode, at.offset + end, changed_ns, *beginning)
        kept = self._recent[0][0] if self._recent else self._at.offset
        self.memory.keep(self.name, msgspec.structs.replace(self._at, offset=kept))
        if unreadable:
            self.passed_over(unreadable)
        return end == CHUNK_BYTES or len(chunk) == CHUNK_BYTES

    def _records(self, chunk: bytes) -> tuple[list[Event], int]:
        """Return the records of lines, none of those that the policy of their day does not allow; how many are unreadable."""
        if self._import is None:
            self._import = self.intake()
        before = self._import.unreadable
        found = list(self._import.records(chunk.splitlines(keepends=True)))
        refusal = next((one for one in found if isinstance(one, Refusal)), None)
        if refusal is not None:
            log.warning("server log %s: not taken in: %s (%s)", self.name, refusal.reason, refusal.rule)
        return [one for one in found if isinstance(one, Event)], self._import.unreadable - before

    def _go(self, stat: os.stat_result, file: BinaryIO, offset: int = 0) -> None:
        """Go on at a place of another file."""
        self._recent.clear()
        try:
            beginning = self._beginning(file, BEGINNING_BYTES)
        except _DAMAGED:  # said when it is read
            beginning = "", 0
        self._at = Place(stat.st_dev, stat.st_ino, offset, stat.st_mtime_ns, *beginning)
        self.memory.keep(self.name, self._at)


def _last_line_end(file: BinaryIO, size: int) -> int:
    """Return the offset behind the last whole line: a line that is being written is read when it is whole."""
    start = max(0, size - LINE_BYTES)
    file.seek(start)
    return start + file.read(size - start).rfind(b"\n") + 1


@dataclass(frozen=True, slots=True)
class _Rotated:
    """A file next to the log, under the name that rotation gave it."""

    path: Path
    stat: os.stat_result
    is_numbered: bool

    @property
    def is_packed(self) -> bool:
        """Return whether it was compressed; gzip and logrotate keep the time of the last change."""
        return self.is_numbered and self.path.suffix == ".gz"

    def opened(self) -> BinaryIO:
        """Return the file opened at its start, unpacked where it is packed."""
        return cast("BinaryIO", gzip.open(self.path)) if self.is_packed else self.path.open("rb")  # cast: reads and seeks alike


def _rotated_files(path: Path, here: os.stat_result) -> list[_Rotated]:
    """Return the files that rotation left next to a log, the one that was changed last at the end."""
    found = []
    for candidate in path.parent.glob(f"{path.name}*"):
        with contextlib.suppress(FileNotFoundError):  # rotated again in this moment
            is_numbered = _NUMBERED.fullmatch(candidate.name.removeprefix(path.name)) is not None
            one = _Rotated(candidate, candidate.stat(), is_numbered)
            if (one.stat.st_dev, one.stat.st_ino) != (here.st_dev, here.st_ino):
                found.append(one)
    return sorted(found, key=lambda one: one.stat.st_mtime_ns)
