"""Reading the event engine's compressed files block by block, without the engine, replaced parts included.

A file is a row of blocks: 16 bytes checksum, 1 byte method, 4 bytes compressed size (these 9 header bytes included), 4
bytes plain size, then the compressed bytes. Methods: 0x82 LZ4, 0x90 ZSTD, 0x02 none. Others carry numbers, not text.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import lz4.block  # type: ignore[import-untyped]  # ships no types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHECKSUM: Final = 16
_HEADER: Final = struct.Struct("<BII")
_LZ4, _ZSTD, _NONE = 0x82, 0x90, 0x02
#: No block is larger: the engine writes 1 MB at a time.
_MAX_BLOCK: Final = 64 << 20


def contents(path: Path) -> Iterator[bytes]:
    """Return the plain content of each block of a file; nothing for a file that is not made of blocks."""
    with path.open("rb") as file:
        while head := file.read(_CHECKSUM + _HEADER.size):
            if len(head) < _CHECKSUM + _HEADER.size:
                return
            method, packed_size, plain_size = _HEADER.unpack_from(head, _CHECKSUM)
            if method not in (_LZ4, _ZSTD, _NONE) or not _HEADER.size <= packed_size <= _MAX_BLOCK or plain_size > _MAX_BLOCK:
                return
            plain = _plain(method, file.read(packed_size - _HEADER.size), plain_size)
            if plain is None:
                return
            yield plain


def _plain(method: int, packed: bytes, plain_size: int) -> bytes | None:
    """Return a block's content, or None when these bytes only looked like a block."""
    if method == _NONE:
        return packed if len(packed) == plain_size else None
    try:
        if method == _LZ4:
            return bytes(lz4.block.decompress(packed, uncompressed_size=plain_size))
        return bytes(zstd.decompress(packed))
    except (lz4.block.LZ4BlockError, zstd.ZstdError):
        return None
