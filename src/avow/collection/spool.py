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
import os
import queue
import secrets
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import lz4.block  # type: ignore[import-untyped]  # ships no types
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from avow.definitions import SpoolFull

MAGIC: Final = b"AVOWSPL2"
#: Length of the ciphertext with its tag, big-endian.
FRAME_HEAD: Final = struct.Struct(">I")
#: Bytes before the sealed bytes of a frame. An earlier version, which did not pack, had a CRC-32 behind the length, and it
#: said nothing that the tag does not say.
_HEAD_BYTES: Final = {MAGIC: 4, b"AVOWSPL1": 8}
RECORD_HEAD: Final = struct.Struct(">I")
NONCE_BYTES: Final = 12
#: A frame head with this length ends a segment: its writer will append nothing more.
END_LENGTH: Final = 0xFFFF_FFFF

#: A segment is closed at this size, bytes; preallocated, so that a full disk shows before anything is written to it.
SEGMENT_BYTES: Final = 8 * 1024 * 1024
#: A segment with data is closed at this age, seconds, so that accepted bytes leave the spool soon after they are stored.
SEGMENT_SECONDS: Final = 3.0
#: Records that wait in memory for the next group, bytes; beyond it 503 is answered.
PENDING_BYTES: Final = 16 * 1024 * 1024
#: One group, bytes: bounds the frame and the reader's memory.
GROUP_BYTES: Final = 4 * 1024 * 1024
#: Groups begin so far apart at least, seconds: under load a sync for few records costs more than they do themselves.
GROUP_PAUSE_SECONDS: Final = 0.002
LOCK_NAME: Final = "writer.lock"


class SegmentKeys(Protocol):
    """Where the keys of segments live: created durably before the first frame, destroyed after the last is stored."""

    def create_key(self, scope: str, name: str) -> bytes:
        """Return a new 32-byte key, durable before it returns."""

    def get_key(self, scope: str, name: str) -> bytes | None:
        """Return the key, or None when it was destroyed."""

    def destroy_key(self, scope: str, name: str) -> None:
        """Destroy the key."""


@dataclass(slots=True)
class _Segment:
    """The segment being written: its descriptor, cipher, the offset of the next frame and of the last one."""

    name: str
    descriptor: int
    cipher: AESGCM
    offset: int
    opened: float
    synced: int = 0


_Done = Callable[[SpoolFull | None], None]


def _settle(future: asyncio.Future[None], full: SpoolFull | None) -> None:
    """Settle a future, unless its request was cancelled while it waited; the record is kept all the same."""
    if future.done():
        return
    if full is None:
        future.set_result(None)
    else:
        future.set_exception(full)


class Spool:
    """The writing side, one in each worker process; used from the event loop's thread only.

    The loop encrypts a group, a thread of its own writes it and waits for the disk, and meanwhile the next group gathers:
    one hand-over to the thread and one back for a whole group. `append`'s future is done when the disk has it.
    """

    def __init__(self, folder: Path, keys: SegmentKeys, limit_bytes: int) -> None:
        self._folder, self._lock = _new_writer_folder(folder)
        self._keys = keys
        self._limit_bytes = limit_bytes
        self._pending: list[tuple[bytes, _Done]] = []
        self._pending_bytes = 0
        self._began = 0.0
        self._writing: list[_Done] = []
        self._segment: _Segment | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: queue.SimpleQueue[tuple[int, bytes, int] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_durably, name="spool-sync", daemon=True)
        self._thread.start()

    def append(self, encoded: Sequence[bytes]) -> asyncio.Future[None]:
        """Queue the encoded records for the next group; the future is done when all of them are durable.

        Raises SpoolFull at once, or through the future when the disk refuses the write.
        """
        body = b"".join([part for record in encoded for part in (RECORD_HEAD.pack(len(record)), record)])
        future = asyncio.get_running_loop().create_future()
        self._queue(body, partial(_settle, future))
        return future

    def append_then(self, record: bytes, done: _Done) -> None:
        """Queue an encoded record; `done` is called when it is durable, or with what the disk refused.

        Raises SpoolFull when too many are waiting.
        """
        self._queue(RECORD_HEAD.pack(len(record)) + record, done)

    def _queue(self, body: bytes, done: _Done) -> None:
        """Add to the next group."""
        size = len(body)
        if self._pending_bytes + size > PENDING_BYTES:
            raise SpoolFull("the spool cannot take more records at the moment")
        pending = self._pending
        pending.append((body, done))
        self._pending_bytes += size
        if len(pending) == 1 and not self._writing:
            self._loop = asyncio.get_running_loop()
            self._write_soon(self._loop)

    def close(self) -> None:
        """End the segment and release the folder to the drain; call it when no append is waiting."""
        self._end_segment()
        self._work.put(None)
        self._thread.join()
        os.close(self._lock)

    def _write_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin the next group after the other requests that are ready now, and a pause after the group before it."""
        pause = self._began + GROUP_PAUSE_SECONDS - loop.time()
        if pause > 0:
            loop.call_later(pause, self._write_group)
        else:
            loop.call_soon(self._write_group)

    def _write_group(self) -> None:
        """Encrypt what is pending as one frame, and have the thread write it."""
        if self._writing or not self._pending:
            return
        assert self._loop is not None
        self._began = self._loop.time()
        bodies, self._writing = self._take_group()
        try:
            segment = self._segment_for(sum(map(len, bodies)))
        except (OSError, SpoolFull) as error:
            self._finish(error)
        else:
            frame = _frame(segment, b"".join(bodies))
            segment.synced, segment.offset = segment.offset, segment.offset + len(frame)
            self._work.put((segment.descriptor, frame, segment.synced))

    def _take_group(self) -> tuple[list[bytes], list[_Done]]:
        """Return the next group, at most GROUP_BYTES long."""
        size = count = 0
        for body, _ in self._pending:
            if count and size + len(body) > GROUP_BYTES:
                break
            size += len(body)
            count += 1
        group, self._pending = self._pending[:count], self._pending[count:]
        self._pending_bytes -= size
        return [body for body, _ in group], [done for _, done in group]

    def _write_durably(self) -> None:
        """In the thread: write group after group."""
        while (work := self._work.get()) is not None:
            error: OSError | None = None
            try:
                _write(*work)
            except OSError as caught:
                error = caught
            assert self._loop is not None
            # The loop may have closed under a stopping worker; those clients got no acknowledgement, so nothing is owed.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._finish, error)

    def _finish(self, error: OSError | SpoolFull | None) -> None:
        """Acknowledge every append of the group, or refuse it; then begin the next group."""
        waiting, self._writing = self._writing, []
        full = None
        if error is not None:
            self._abandon_segment()
            full = SpoolFull(f"the spool cannot be written ({type(error).__name__})")
        for done in waiting:
            done(full)
        if self._pending and self._loop is not None:
            self._write_soon(self._loop)

    def _segment_for(self, size: int) -> _Segment:
        """Return the current segment, or a new one when it is full or old."""
        segment = self._segment
        if segment and (segment.offset + size + 64 > SEGMENT_BYTES or time.monotonic() - segment.opened > SEGMENT_SECONDS):
            self._end_segment()
            segment = None
        if segment is None:
            segment = self._segment = self._open_segment(max(SEGMENT_BYTES, size + 64))
            assert self._loop is not None
            self._timer = self._loop.call_later(SEGMENT_SECONDS, self._end_idle, segment)
        return segment

    def _open_segment(self, size: int) -> _Segment:
        """Create a preallocated segment; its key is durable in the vault before the file exists."""
        used = sum(_size_on_disk(path) for path in self._folder.parent.glob("*/*.segment"))
        if used + size > self._limit_bytes:
            raise SpoolFull("the spool has reached its limit on disk")
        name = f"{time.time_ns() // 1000:016d}-{secrets.token_hex(8)}"
        cipher = AESGCM(self._keys.create_key("segment", name))
        descriptor = os.open(self._folder / f"{name}.segment", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
            os.pwrite(descriptor, MAGIC, 0)
            os.fsync(descriptor)
            _fsync_folder(self._folder)
        except OSError:
            os.close(descriptor)
            (self._folder / f"{name}.segment").unlink(missing_ok=True)
            raise
        return _Segment(name, descriptor, cipher, len(MAGIC), time.monotonic())

    def _end_idle(self, segment: _Segment) -> None:
        """End a segment that is old enough and not being written, so that its bytes can be drained away."""
        if self._segment is segment:
            if self._writing and self._loop is not None:
                self._timer = self._loop.call_later(0.1, self._end_idle, segment)
            else:
                self._end_segment()

    def _end_segment(self) -> None:
        """Mark the end; not synced, because a lost mark only means that the drain waits for the folder's lock."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._segment is None:
            return
        with contextlib.suppress(OSError):
            os.pwrite(self._segment.descriptor, FRAME_HEAD.pack(END_LENGTH), self._segment.offset)
        os.close(self._segment.descriptor)
        self._segment = None

    def _abandon_segment(self) -> None:
        """After a failed write: cut the frame that was not acknowledged and go on in a new segment.

        Never go on in this one: its next frame would be sealed with a nonce that may have been used.
        """
        if self._segment is None:
            return
        with contextlib.suppress(OSError):
            os.ftruncate(self._segment.descriptor, self._segment.synced)
        self._segment.offset = self._segment.synced
        self._end_segment()


def _size_on_disk(path: Path) -> int:
    """Return the bytes that a segment takes; none when the drain removed it a moment ago."""
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def _frame(segment: _Segment, plain: bytes) -> bytes:
    """Return a frame, packed and encrypted for the segment's offset."""
    sealed = segment.cipher.encrypt(_nonce(segment.offset), lz4.block.compress(plain), segment.name.encode())
    return FRAME_HEAD.pack(len(sealed)) + sealed


def _write(descriptor: int, frame: bytes, at: int) -> None:
    """Write a frame at an offset; it is on the disk when this returns (pwritev2(2), RWF_DSYNC)."""
    view = memoryview(frame)
    while view:  # pwritev may write less than asked for
        written = os.pwritev(descriptor, [view], at, os.RWF_DSYNC)
        view, at = view[written:], at + written


def _nonce(offset: int) -> bytes:
    """Return the nonce of the frame at an offset: each segment has its own key and no offset is written twice."""
    return offset.to_bytes(NONCE_BYTES, "big")


def _new_writer_folder(folder: Path) -> tuple[Path, int]:
    """Return a folder for one writer, and the descriptor that holds its lock as long as this process lives.

    Made under a name that the drain does not look at, locked, then renamed: the drain never sees it without its lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"{time.time_ns() // 1_000_000:013d}-{os.getpid()}-{secrets.token_hex(3)}"
    fresh = folder / f".{final.name}"
    fresh.mkdir()
    lock = os.open(fresh / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    fresh.rename(final)
    _fsync_folder(folder)
    return final, lock


def _fsync_folder(folder: Path) -> None:
    """Make the creation or removal of a file in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a segment gave: the records' bytes, the offset to read on from, and whether the segment is finished."""

    records: tuple[bytes, ...]
    offset: int
    finished: bool


def segments(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield every segment of every writer, oldest first, and whether its writer is gone.

    Folders of writers that are gone and empty are removed on the way.
    """
    for writer in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        found = sorted(writer.glob("*.segment"))
        gone = _writer_is_gone(writer)
        for path in found:
            yield path, gone
        if gone and not found:
            (writer / LOCK_NAME).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # a file that is not ours keeps the folder; nothing of ours is in it
                writer.rmdir()


def _writer_is_gone(writer: Path) -> bool:
    """Return whether the folder's writer has ended, by the lock that the kernel drops with its process."""
    try:
        descriptor = os.open(writer / LOCK_NAME, os.O_RDWR)
    except FileNotFoundError:  # a copy put back by hand: nobody writes there
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def read(path: Path, key: bytes, offset: int, *, writer_is_gone: bool, limit: int) -> Chunk:
    """Read whole, intact frames from the offset on, until they hold `limit` bytes of records.

    A frame that is cut or damaged was never acknowledged: it ends the segment when its writer is gone, and is looked
    at again later while the writer lives (the write may be under way).
    """
    records: list[bytes] = []
    cipher, name = AESGCM(key), path.stem.encode()
    size = 0
    with path.open("rb", buffering=1 << 20) as file:
        magic = file.read(len(MAGIC))
        head_bytes = _HEAD_BYTES.get(magic)
        if head_bytes is None:
            return Chunk((), 0, writer_is_gone)
        offset = offset or len(MAGIC)
        file.seek(offset)
        while size < limit:
            head = file.read(head_bytes)
            length = FRAME_HEAD.unpack_from(head)[0] if len(head) == head_bytes else 0
            if length == END_LENGTH:
                return Chunk(tuple(records), offset, finished=True)
            sealed = file.read(length) if 0 < length <= GROUP_BYTES * 8 else b""
            if not sealed or len(sealed) < length:
                return Chunk(tuple(records), offset, writer_is_gone)
            try:
                plain = cipher.decrypt(_nonce(offset), sealed, name)
            except InvalidTag:
                return Chunk(tuple(records), offset, writer_is_gone)
            group = lz4.block.decompress(plain) if magic == MAGIC else plain
            records.extend(_split(group))
            size += len(group)
            offset += head_bytes + length
    return Chunk(tuple(records), offset, finished=False)


def _split(plain: bytes) -> Iterator[bytes]:
    """Yield the records of one group."""
    at = 0
    while at < len(plain):
        (length,) = RECORD_HEAD.unpack_from(plain, at)
        at += RECORD_HEAD.size
        yield plain[at : at + length]
        at += length


def remove(path: Path, keys: SegmentKeys) -> None:
    """Remove a drained segment: its key first, so that no copy of the file can be read any more."""
    keys.destroy_key("segment", path.stem)
    path.unlink(missing_ok=True)
    _fsync_folder(path.parent)
