"""The segments of the spool: their format, how they are found, read and removed. Format: docs/specs/spool.md.

    NAME.ahead      made ahead by a writer, holds nothing yet; of a writer that is gone it is a segment like the others
    NAME.segment    frames, one a group of records, then a mark of the end, or zeros where the writer ended before it
    NAME.drained    all of it is stored: its key is being destroyed, then it goes

A writer writes one segment at a time, one frame at a time. So a frame that cannot be read and has a whole one behind it, or
the mark of the end, was damaged after it had been acknowledged; the last one of a writer that is gone may never have been
whole. What is damaged is stepped over and counted, and what lies behind it is read.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import lz4.block  # type: ignore[import-untyped]  # ships no types
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC: Final = b"AVOWSPL2"
#: Length of the ciphertext with its tag, big-endian.
FRAME_HEAD: Final = struct.Struct(">I")
#: Bytes before the sealed bytes of a frame. An earlier version, which did not pack, had a CRC-32 behind the length, and it
#: said nothing that the tag does not say.
_HEAD_BYTES: Final = {MAGIC: 4, b"AVOWSPL1": 8}
RECORD_HEAD: Final = struct.Struct(">I")
NONCE_BYTES: Final = 12
#: The tag of AES-GCM, bytes: nothing sealed is shorter.
_TAG_BYTES: Final = 16
#: A frame head with this length ends a segment: its writer will append nothing more.
END_LENGTH: Final = 0xFFFF_FFFF
#: What there is of that head when only the first bytes of it were written: no frame, and no frame can be that long.
_CUT_ENDS: Final = frozenset({0xFF00_0000, 0xFFFF_0000, 0xFFFF_FF00})
#: One group, bytes: bounds the frame and the reader's memory.
GROUP_BYTES: Final = 4 * 1024 * 1024
#: Longest frame that is read, bytes: one append may be longer than a group.
_LONGEST: Final = GROUP_BYTES * 8
#: What a disk writes whole or not at all, bytes.
_SECTOR: Final = 512
#: A frame whose last bytes are zeros seems to end so many bytes earlier.
_ZEROS_OF_A_TAG: Final = 8

LOCK_NAME: Final = "writer.lock"
ENDING: Final = ".segment"
AHEAD: Final = ".ahead"
DRAINED: Final = ".drained"
#: The folder of segments that are not whole, or have no key: neither read again by themselves nor removed (`quarantine`).
QUARANTINE: Final = "quarantine"


class SegmentKeys(Protocol):
    """Where the keys of segments live: created durably before the first frame, destroyed after the last is stored."""

    def create_key(self, scope: str, name: str) -> bytes:
        """Return a new 32-byte key, durable before it returns."""

    def get_key(self, scope: str, name: str) -> bytes | None:
        """Return the key, or None when it was destroyed."""

    def destroy_key(self, scope: str, name: str) -> None:
        """Destroy the key."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a segment gave: the records' bytes, the offset to read on from, and whether the segment is finished.

    `damaged` counts the places that could not be read and were stepped over: a group each, or more where lengths are lost.
    """

    records: tuple[bytes, ...]
    offset: int
    finished: bool
    damaged: int = 0


def segments(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield every segment of every writer, oldest first, and whether nothing will be appended to it any more.

    That is so when its writer is gone, or has begun a later one. What a crash left behind is removed on the way: segments
    that were drained, and the empty folders of writers that are gone.
    """
    folders = (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    writers = sorted(path for path in folders if path.name != QUARANTINE)
    is_gone = {writer: _writer_is_gone(writer) for writer in writers}
    held = {path.stem for writer in writers if not is_gone[writer] for path in writer.iterdir()}
    for writer in writers:
        gone = is_gone[writer]
        if gone and not writer.is_dir():  # an erasure that looked at the spool meanwhile removed it
            continue
        if gone:
            for copied in [path for path in writer.iterdir() if path.stem in held and path.suffix in {ENDING, AHEAD}]:
                copied.unlink()  # put back by hand while its writer lives: to end it would destroy the key of both
            for made_ahead in writer.glob(f"*{AHEAD}"):
                made_ahead.rename(made_ahead.with_suffix(ENDING))
        found = sorted(writer.glob(f"*{ENDING}"))
        for path in found:
            yield path, gone or path != found[-1]
        if gone and not found and not any(writer.glob(f"*{DRAINED}")):
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

    `writer_is_gone`: nothing will be appended any more (`segments`). While that is not so, what cannot be read at the end is
    looked at again later, because the write may be under way.
    """
    records: list[bytes] = []
    size = damaged = 0
    with path.open("rb", buffering=1 << 20) as file:
        magic = file.read(len(MAGIC))
        frames = _Frames(file, AESGCM(key), path.stem.encode(), _HEAD_BYTES.get(magic, FRAME_HEAD.size), magic in _PLAIN)
        if magic not in _HEAD_BYTES and not offset:
            damaged = int(frames.next_after(len(MAGIC) - 1) is not None)
        offset = offset or len(MAGIC)
        while size < limit:
            length = frames.length(offset)
            if length == END_LENGTH:
                return Chunk(tuple(records), offset, finished=True, damaged=damaged)
            group = frames.opened(offset, length)
            if group is not None:
                records.extend(group)
                size += sum(map(len, group))
                offset += frames.head_bytes + length
                continue
            if not length and not writer_is_gone:  # the end, as it is most of the time
                return Chunk(tuple(records), offset, finished=False, damaged=damaged)
            following = frames.next_after(offset)
            if following is None:
                is_lost = writer_is_gone and frames.is_damaged(offset, length)
                return Chunk(tuple(records), offset, writer_is_gone, damaged + is_lost)
            damaged, offset = damaged + 1, following
    return Chunk(tuple(records), offset, finished=False, damaged=damaged)


#: Formats whose groups are not packed.
_PLAIN: Final = frozenset({b"AVOWSPL1"})


@dataclass(frozen=True, slots=True)
class _Frames:
    """The frames of an open segment."""

    file: BinaryIO
    cipher: AESGCM
    name: bytes
    head_bytes: int
    is_plain: bool

    def length(self, offset: int) -> int:
        """Return the length that a frame's head gives; 0 where there is none."""
        self.file.seek(offset)
        head = self.file.read(self.head_bytes)
        return int(FRAME_HEAD.unpack_from(head)[0]) if len(head) == self.head_bytes else 0

    def opened(self, offset: int, length: int) -> list[bytes] | None:
        """Return the records of the frame at an offset; None when it is cut, damaged, or none."""
        if not _TAG_BYTES <= length <= _LONGEST:
            return None
        self.file.seek(offset + self.head_bytes)
        return self._group(offset, self.file.read(length), length)

    def next_after(self, offset: int) -> int | None:
        """Return where the next whole frame, or the mark of the end, lies behind an offset; None when there is neither.

        Only read when something is wrong: a damaged length leaves nothing to go by but the frames themselves. Their first
        byte is 0, and something that could be a head, or nothing at all, follows each.
        """
        self.file.seek(offset)
        data = self.file.read()
        written = len(data.rstrip(b"\0"))
        at = data.find(b"\0", 1, written)
        while at >= 0:
            length = FRAME_HEAD.unpack_from(data, at)[0] if at + self.head_bytes <= len(data) else 0
            end = at + self.head_bytes + length
            if _TAG_BYTES <= length <= _LONGEST and end <= len(data) and _may_end(data, end, written):
                sealed = data[at + self.head_bytes : end]
                if self._group(offset + at, sealed, length) is not None:
                    return offset + at
            at = data.find(b"\0", at + 1, written)
        mark = data.rfind(FRAME_HEAD.pack(END_LENGTH), 1, written)
        return offset + mark if mark >= 0 and mark + FRAME_HEAD.size == written else None

    def is_damaged(self, offset: int, length: int) -> bool:
        """Return whether the last frame of a writer that is gone was whole once; else its write never ended.

        A write that was cut leaves sectors of zeros; a length of 0 is no frame, and a mark of the end that was cut is none.
        """
        if not length or length in _CUT_ENDS:
            return False
        if not _TAG_BYTES <= length <= _LONGEST:
            return True  # a head is written in one sector, and this one was another
        self.file.seek(offset)
        frame = self.file.read(self.head_bytes + length)
        starts = range(offset - offset % _SECTOR, offset + len(frame), _SECTOR)
        sectors = [frame[max(0, start - offset) : start - offset + _SECTOR] for start in starts]
        return all(one.rstrip(b"\0") for one in sectors)

    def _group(self, offset: int, sealed: bytes, length: int) -> list[bytes] | None:
        """Return the records of a sealed group; None when it is none."""
        if len(sealed) < length:
            return None
        try:
            plain = self.cipher.decrypt(nonce(offset), sealed, self.name)
            return list(_split(plain if self.is_plain else lz4.block.decompress(plain)))
        except (InvalidTag, lz4.block.LZ4BlockError, struct.error):
            return None


def _may_end(data: bytes, end: int, written: int) -> bool:
    """Return whether a frame may end here: a head follows, the mark of the end, or nothing."""
    if end >= written:
        return end - written <= _ZEROS_OF_A_TAG
    length = FRAME_HEAD.unpack_from(data, end)[0] if end + FRAME_HEAD.size <= len(data) else 0
    return length == END_LENGTH or _TAG_BYTES <= length <= _LONGEST


def _split(plain: bytes) -> Iterator[bytes]:
    """Yield the records of one group."""
    at = 0
    while at < len(plain):
        (length,) = RECORD_HEAD.unpack_from(plain, at)
        at += RECORD_HEAD.size
        yield plain[at : at + length]
        at += length


def nonce(offset: int) -> bytes:
    """Return the nonce of the frame at an offset: each segment has its own key and no offset is written twice."""
    return offset.to_bytes(NONCE_BYTES, "big")


def is_empty(path: Path) -> bool:
    """Return whether a segment holds nothing but its beginning and zeros."""
    return not path.read_bytes()[len(MAGIC) :].rstrip(b"\0")


def remove(path: Path, keys: SegmentKeys) -> None:
    """Remove a drained segment: its key first, so that no copy of the file can be read any more.

    It says that it is drained before it has no key, so that a crash in between is not taken for a key that was lost.
    """
    drained = path.rename(path.with_suffix(DRAINED))
    keys.destroy_key("segment", path.stem)
    drained.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):  # whoever looked meanwhile has removed the empty folder of a writer that is gone
        sync_folder(path.parent)


def finish_removals(folder: Path, keys: SegmentKeys) -> None:
    """Remove the segments of which a crash left the removal half done."""
    for drained in folder.glob(f"*/*{DRAINED}"):
        keys.destroy_key("segment", drained.stem)
        drained.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the creation or removal of a file in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
