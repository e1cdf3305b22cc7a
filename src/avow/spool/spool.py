"""The spool: the durable queue on disk between "accepted" and "stored". Format: docs/specs/spool.md.

One writer a worker process, one folder a writer, a new segment file every few seconds or megabytes. A group of records
becomes one frame: packed (LZ4), encrypted under the segment's own key, written and synced with one system call. Only
then are the appends of that group acknowledged, and the next group, which gathered meanwhile, is written.

The segment key lives in the key vault and is destroyed when the segment is drained: a copy of an old segment is noise.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import lz4.block  # type: ignore[import-untyped]  # ships no types
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from avow.definitions import SpoolFull, StoreUnavailable
from avow.spool.segments import (
    AHEAD,
    END_LENGTH,
    ENDING,
    FRAME_HEAD,
    GROUP_BYTES,
    LOCK_NAME,
    MAGIC,
    QUARANTINE,
    RECORD_HEAD,
    Chunk,
    SegmentKeys,
    nonce,
    read,
    remove,
    segments,
    sync_folder,
)

__all__ = ["Chunk", "SegmentKeys", "Spool", "read", "remove", "segments"]

log = logging.getLogger(__name__)

#: A segment is closed at this size, bytes; preallocated, so that a full disk shows before anything is written to it.
SEGMENT_BYTES: Final = 8 * 1024 * 1024
#: A segment with data is closed at this age, seconds, so that accepted bytes leave the spool soon after they are stored.
SEGMENT_SECONDS: Final = 3.0
#: Records that wait in memory for the next group, bytes; beyond it 503 is answered.
PENDING_BYTES: Final = 16 * 1024 * 1024
#: Groups begin so far apart at least, seconds: under load a sync for few records costs more than they do themselves.
GROUP_PAUSE_SECONDS: Final = 0.002
#: How long a group waits for a segment that cannot be made, seconds; then it is refused.
PATIENCE_SECONDS: Final = 5.0
#: What is wrong with the spool is logged once in so many seconds.
TELL_SECONDS: Final = 10.0


@dataclass(slots=True)
class _Segment:
    """A segment: its file, descriptor, cipher, the offset of the next frame. `opened` is when its first frame was due."""

    path: Path
    descriptor: int
    cipher: AESGCM
    offset: int = len(MAGIC)
    opened: float = 0.0

    @property
    def name(self) -> str:
        """Its name, which is that of its key and is bound into each frame."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class _Work:
    """Something for the writing thread: a frame for its offset, or b"" to end the segment at that offset."""

    segment: _Segment
    frame: bytes
    at: int


_Kept = TypeVar("_Kept")
#: Who is told, and of what; of SpoolFull in its place.
_Wait = tuple[Callable[[Any], None], Any]  # Any: the one takes the other, of whatever type


def _settle(future: asyncio.Future[None], full: SpoolFull | None) -> None:
    """Settle a future, unless its request was cancelled while it waited; the record is kept all the same."""
    if future.done():
        return
    if full is None:
        future.set_result(None)
    else:
        future.set_exception(full)


class Spool:
    """The writing side, one in each worker process; used from the event loop's thread only, which it never blocks.

    The loop encrypts a group, a thread of its own writes it and waits for the disk, and meanwhile the next group gathers:
    one hand-over to the thread and one back for a whole group. `append`'s future is done when the disk has it.

    A second thread makes the next segment ahead, its key in the vault and its place on the disk (`_Ahead`). While that takes
    long, because the vault is locked or the disk slow, the segment in hand is filled up; only then do groups wait, and after
    PATIENCE_SECONDS they are refused. Whatever goes wrong ends a group, never the spool.
    """

    def __init__(self, folder: Path, keys: SegmentKeys, limit_bytes: int) -> None:
        self._folder, self._lock = _new_writer_folder(folder)
        self._ahead = _Ahead(self._folder, keys, limit_bytes)
        self._pending: list[bytes] = []
        self._waits: list[_Wait] = []  # who is told of each that is pending
        self._pending_bytes = 0
        self._began = 0.0
        self._writing: list[_Wait] = []
        self._segment: _Segment | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._told = -TELL_SECONDS
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_durably, name="spool-sync", daemon=True)
        self._thread.start()

    def append(self, encoded: Sequence[bytes]) -> asyncio.Future[None]:
        """Queue the encoded records for the next group; the future is done when all of them are durable.

        Raises SpoolFull at once, or through the future when the disk refuses the write.
        """
        body = b"".join([part for record in encoded for part in (RECORD_HEAD.pack(len(record)), record)])
        future = asyncio.get_running_loop().create_future()
        self._queue(body, (partial(_settle, future), None))
        return future

    def append_then(self, record: bytes, done: Callable[[_Kept | SpoolFull], None], kept: _Kept) -> None:
        """Queue an encoded record; `done` gets `kept` when it is durable, or SpoolFull: at once when too many are waiting."""
        try:
            self._queue(RECORD_HEAD.pack(len(record)) + record, (done, kept))
        except SpoolFull as full:
            done(full)

    def oldest_seconds(self) -> float:
        """Return for how long the oldest group has been waiting for the disk or for a segment; 0 when none is."""
        is_busy = self._loop is not None and (self._writing or self._pending)
        return max(0.0, self._loop.time() - self._began) if is_busy and self._loop is not None else 0.0

    def _queue(self, body: bytes, wait: _Wait) -> None:
        """Add to the next group."""
        size = len(body)
        if self._pending_bytes + size > PENDING_BYTES:
            raise SpoolFull("the spool cannot take more records at the moment")
        pending = self._pending
        pending.append(body)
        self._waits.append(wait)
        self._pending_bytes += size
        if len(pending) == 1 and not self._writing:
            self._loop = asyncio.get_running_loop()
            self._write_soon(self._loop)

    def close(self) -> None:
        """End the segment and release the folder to the drain; call it when no append is waiting."""
        self._end_segment()
        self._work.put(None)
        self._thread.join()
        self._ahead.close()
        os.close(self._lock)

    def _write_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin the next group after the other requests that are ready now, and a pause after the group before it."""
        pause = self._began + GROUP_PAUSE_SECONDS - loop.time()
        if pause > 0:
            loop.call_later(pause, self._write_group)
        else:
            loop.call_soon(self._write_group)

    def _write_group(self) -> None:
        """Encrypt what is pending as one frame, and have the thread write it; without a segment, wait for one."""
        if self._writing or not self._pending:
            return
        assert self._loop is not None
        count, size = self._next_group()
        segment = self._segment_for(self._loop, size)
        if segment is None:
            return
        self._began = self._loop.time()
        bodies, self._pending = self._pending[:count], self._pending[count:]
        self._writing, self._waits = self._waits[:count], self._waits[count:]
        self._pending_bytes -= size
        is_handed_over = False
        try:
            frame = _frame(segment, b"".join(bodies))
            self._work.put(_Work(segment, frame, segment.offset))
            segment.offset += len(frame)
            is_handed_over = True
        finally:
            if not is_handed_over:  # a fault of ours: it ends this group, is seen in the log, and the next one goes on
                self._finish(SpoolFull("the group could not be sealed"))

    def _next_group(self) -> tuple[int, int]:
        """Return how many of what is pending make the next group, at most GROUP_BYTES long, and how many bytes they have."""
        if self._pending_bytes <= GROUP_BYTES:
            return len(self._pending), self._pending_bytes
        size = count = 0
        for body in self._pending:
            if count and size + len(body) > GROUP_BYTES:
                break
            size += len(body)
            count += 1
        return count, size

    def _write_durably(self) -> None:
        """In the thread: write group after group, and the ends of segments, in the order of the loop."""
        while (work := self._work.get()) is not None:
            error: Exception | None = None
            try:
                _carry_out(work)
            except Exception as caught:  # noqa: BLE001 - the thread's door: whatever a write raises is its group's answer
                error = caught
            if work.frame:
                assert self._loop is not None
                # The loop may have closed under a stopping worker; those clients got no acknowledgement, so nothing is owed.
                with contextlib.suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._finish, error)

    def _finish(self, error: Exception | None) -> None:
        """Acknowledge every append of the group, or refuse it; then begin the next group."""
        waiting, self._writing = self._writing, []
        full = None
        if error is not None:
            self._segment = None  # the thread ended it where its last whole frame ends
            full = SpoolFull(f"the spool cannot be written ({type(error).__name__})")
            self._tell(f"{full}; what came is refused")
        self._answer(iter(waiting), full)
        if self._pending and self._loop is not None:
            self._write_soon(self._loop)

    def _answer(self, waiting: Iterator[_Wait], full: SpoolFull | None) -> None:
        """Call what waits; one that raises keeps no answer from those behind it."""
        is_done = False
        try:
            for done, kept in waiting:
                done(kept if full is None else full)
            is_done = True
        finally:
            if not is_done and self._loop is not None:
                self._loop.call_soon(self._answer, waiting, full)

    def _segment_for(self, loop: asyncio.AbstractEventLoop, size: int) -> _Segment | None:
        """Return the segment that a group of this size goes to; None while it has to wait for one."""
        segment = self._segment
        has_room = segment is not None and (segment.offset == len(MAGIC) or segment.offset + size + 64 <= SEGMENT_BYTES)
        if segment is not None and has_room and loop.time() - segment.opened <= SEGMENT_SECONDS:
            return segment
        try:
            following = self._ahead.take()
        except SpoolFull as full:
            if not has_room:
                self._refuse_pending(full)
                return None
            following = None
        if following is not None:
            self._stop_waiting()
            self._end_segment()
            following.opened = loop.time()
            self._timer = loop.call_later(SEGMENT_SECONDS, self._end_idle, following)
            self._segment = following
            return following
        if has_room:
            return segment  # old, and there is no other yet: better than to let anybody wait
        if self._waiting is None:
            self._began = loop.time()
            self._waiting = loop.call_later(PATIENCE_SECONDS, self._refuse_pending, SpoolFull("the spool waits for a segment"))
            self._ahead.tell(partial(loop.call_soon_threadsafe, self._write_group))
        return None

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _refuse_pending(self, full: SpoolFull) -> None:
        """Refuse what has waited for a segment; anyone who comes now waits for the next one."""
        self._stop_waiting()
        waiting, self._waits, self._pending, self._pending_bytes = self._waits, [], [], 0
        self._tell(f"{full}; what came is refused")
        self._answer(iter(waiting), full)

    def _tell(self, what: str) -> None:
        """Log what is wrong, once in TELL_SECONDS: it may be wrong for each request."""
        if time.monotonic() - self._told > TELL_SECONDS:
            self._told = time.monotonic()
            log.warning("%s", what)

    def _end_idle(self, segment: _Segment) -> None:
        """End a segment that is old enough and not being written, so that its bytes can be drained away.

        Not before there is another one: without it the next group would have to wait.
        """
        if self._segment is segment:
            if (self._writing or not self._ahead.is_ready()) and self._loop is not None:
                self._timer = self._loop.call_later(0.1, self._end_idle, segment)
            else:
                self._end_segment()

    def _end_segment(self) -> None:
        """Have the thread mark the end behind the last frame."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._segment is not None:
            self._work.put(_Work(self._segment, b"", self._segment.offset))
            self._segment = None


class _Ahead:
    """Makes the next segment before it is needed, in a thread of its own: vaults and disks stumble, and nobody waits for them.

    It lies next to the others under another ending, which the drain passes by while the writer lives.
    """

    def __init__(self, folder: Path, keys: SegmentKeys, limit_bytes: int) -> None:
        self._folder, self._keys, self._limit_bytes = folder, keys, limit_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool-ahead")
        self._next: Future[_Segment] = self._thread.submit(self._make)

    def is_ready(self) -> bool:
        """Return whether the next segment is there; one that could not be made is tried again."""
        if self._next.done() and self._next.exception() is not None:
            self._next = self._thread.submit(self._make)
        return self._next.done()

    def take(self) -> _Segment | None:
        """Return the segment made ahead, and begin the next; None while it is being made. Raises SpoolFull: try again later."""
        if not self._next.done():
            return None
        made, self._next = self._next, self._thread.submit(self._make)
        error = made.exception()  # of whatever kind: nothing that a vault or a disk raises may stop the spool
        if error is not None:
            reason = str(error) if isinstance(error, SpoolFull) else f"no segment can be made ({type(error).__name__})"
            raise SpoolFull(reason) from error
        return made.result()

    def tell(self, ready: Callable[[], object]) -> None:
        """Have `ready` called when the segment is made, or cannot be."""

        def call(_made: Future[_Segment]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop closed under a stopping worker
                ready()

        self._next.add_done_callback(call)

    def close(self) -> None:
        """Remove the segment that nobody needs any more, its key first."""
        self._thread.shutdown(wait=True)
        if self._next.exception() is None:
            made = self._next.result()
            os.close(made.descriptor)
            with contextlib.suppress(OSError, StoreUnavailable):  # else the drain does it, as for a writer that was killed
                self._keys.destroy_key("segment", made.name)
                made.path.unlink(missing_ok=True)

    def _make(self) -> _Segment:
        """Create a preallocated segment; its key is durable in the vault before the file exists."""
        used = sum(_size_on_disk(path) for path in _taken(self._folder.parent))
        if used + SEGMENT_BYTES > self._limit_bytes:
            raise SpoolFull("the spool has reached its limit on disk")
        name = f"{time.time_ns() // 1000:016d}-{secrets.token_hex(8)}"
        cipher = AESGCM(self._keys.create_key("segment", name))
        path, descriptor = self._folder / f"{name}{AHEAD}", -1
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            os.posix_fallocate(descriptor, 0, SEGMENT_BYTES)
            os.pwrite(descriptor, MAGIC, 0)
            os.fsync(descriptor)
            sync_folder(self._folder)
        except OSError:
            if descriptor >= 0:
                os.close(descriptor)
            path.unlink(missing_ok=True)
            with contextlib.suppress(StoreUnavailable):
                self._keys.destroy_key("segment", name)
            raise
        return _Segment(path, descriptor, cipher)


def _carry_out(work: _Work) -> None:
    """Write a frame durably, or the end of a segment; after a write that failed, cut it off and end the segment there.

    Never go on in that segment: its next frame would be sealed with a nonce that may have been used. The mark of the end
    is not synced, because a lost one only means that the drain waits for the folder's lock.
    """
    segment, is_written = work.segment, False
    try:
        if work.at == len(MAGIC):  # its first frame, or the end of one without any: from here on the drain looks at it
            segment.path = segment.path.rename(segment.path.with_suffix(ENDING))
        if work.frame:
            _write(segment.descriptor, work.frame, work.at)
            is_written = True
    finally:
        if not is_written:
            if work.frame:
                with contextlib.suppress(OSError):
                    os.ftruncate(segment.descriptor, work.at)
            with contextlib.suppress(OSError):
                os.pwrite(segment.descriptor, FRAME_HEAD.pack(END_LENGTH), work.at)
                os.ftruncate(segment.descriptor, work.at + FRAME_HEAD.size)  # it takes what it holds, however long it waits
            os.close(segment.descriptor)


@dataclass(frozen=True, slots=True)
class Held:
    """What lies in a spool's folder: segments that wait, when the oldest was last written (seconds since 1970), bytes of all."""

    segments: int
    oldest: float | None
    bytes: int


def held(folder: Path) -> Held:
    """Return what lies in a spool's folder; for monitors, it takes no part in writing or draining."""
    segments, oldest, size = 0, None, 0
    for path in _taken(folder):
        with contextlib.suppress(FileNotFoundError):  # drained a moment ago
            found = path.stat()
            size += found.st_blocks * 512
            if path.suffix == ENDING:  # one made ahead waits for records, not for the drain
                segments += 1
                oldest = found.st_mtime if oldest is None else min(oldest, found.st_mtime)
    return Held(segments, oldest, size)


def _taken(folder: Path) -> Iterator[Path]:
    """Yield every file of the spool that takes its room; what is in quarantine has a limit of its own."""
    for writer in folder.iterdir():
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # the drain removed it a moment ago
            if writer.name != QUARANTINE:
                yield from (path for path in writer.iterdir() if path.name.endswith((ENDING, AHEAD)))


def _size_on_disk(path: Path) -> int:
    """Return the bytes that a segment takes; none when the drain removed it a moment ago."""
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def _frame(segment: _Segment, plain: bytes) -> bytes:
    """Return a frame, packed and encrypted for the segment's offset."""
    sealed = segment.cipher.encrypt(nonce(segment.offset), lz4.block.compress(plain), segment.name.encode())
    return FRAME_HEAD.pack(len(sealed)) + sealed


def _write(descriptor: int, frame: bytes, at: int) -> None:
    """Write a frame at an offset; it is on the disk when this returns (pwritev2(2), RWF_DSYNC)."""
    view = memoryview(frame)
    while view:  # pwritev may write less than asked for
        written = os.pwritev(descriptor, [view], at, os.RWF_DSYNC)
        view, at = view[written:], at + written


def _new_writer_folder(folder: Path) -> tuple[Path, int]:
    """Return a folder for one writer, and the descriptor that holds its lock as long as this process lives.

    Made under a name that the drain does not look at, locked, then renamed: the drain never sees it without its lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"{time.time_ns() // 1_000_000:013d}-{os.getpid()}-{secrets.token_hex(3)}"
    fresh = folder / f".{final.name}"
    with contextlib.ExitStack() as undone:  # a folder whose lock a living process holds, and in which nobody writes, would stay
        undone.callback(_remove_unused, fresh, final)
        fresh.mkdir()
        lock = os.open(fresh / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        undone.callback(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        fresh.rename(final)
        sync_folder(folder)
        undone.pop_all()
    return final, lock


def _remove_unused(*folders: Path) -> None:
    """Remove a writer's folder in which nothing was written, under whichever of its names it is."""
    for folder in folders:
        with contextlib.suppress(OSError):  # not there; or the disk refuses this too, and what is left holds nothing
            (folder / LOCK_NAME).unlink(missing_ok=True)
            folder.rmdir()
