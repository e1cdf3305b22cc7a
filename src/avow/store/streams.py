"""Files that are sealed while they are written, and unsealed while they are read: of any size, in the memory of one chunk.

Each has a key of its own, drawn from the given one with a random salt, and is sealed in chunks of 64 KiB with AES-256-GCM; the
nonce counts the chunks and marks the last, so that none can be dropped, moved or cut off unseen (STREAM: Hoang, Reyhanitabar,
Rogaway and Vizár, 2015). Format: docs/specs/store.md, "Streams".
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from avow.store.sealing import KEY_BYTES, WHOLE_BYTES, unseal

MAGIC: Final = b"avow-stream-1\n"
#: Plain bytes in each chunk but the last, which has fewer or as many.
CHUNK_BYTES: Final = 64 * 1024
_SALT_BYTES: Final = 32
_TAG_BYTES: Final = 16
_COUNT_BYTES: Final = 11
HEAD_BYTES: Final = len(MAGIC) + _SALT_BYTES


class SealedWriter(io.RawIOBase):
    """Seals what is written to it into a file. `finish` writes the last chunk: without it the file cannot be read whole."""

    def __init__(self, file: IO[bytes], key: bytes, bound: bytes) -> None:
        super().__init__()
        salt = os.urandom(_SALT_BYTES)
        self._file, self._cipher, self._bound = file, _cipher(key, salt, bound), bound
        self._waiting, self._count = bytearray(), 0
        file.write(MAGIC + salt)

    def writable(self) -> bool:
        """Return True: `zipfile` and the like ask."""
        return True

    def write(self, plain: object, /) -> int:
        """Take bytes; what fills a chunk is sealed and written."""
        piece = memoryview(plain)  # type: ignore[arg-type] # whatever holds bytes, as io.RawIOBase says
        self._waiting += piece
        while len(self._waiting) > CHUNK_BYTES:  # a full one may be the last
            self._put(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return piece.nbytes

    def finish(self) -> None:
        """Write the last chunk; the caller makes the file durable."""
        self._put(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _put(self, plain: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._count, is_last=is_last), plain, self._bound))
        self._count += 1


def is_stream(file: IO[bytes]) -> bool:
    """Return whether a file that is at its start holds a stream; it is at its start again."""
    found = file.read(len(MAGIC)) == MAGIC
    file.seek(0)
    return found


def plain_size(sealed_bytes: int) -> int:
    """Return how many plain bytes a stream of this size holds."""
    body = sealed_bytes - HEAD_BYTES
    chunks = max(1, -(-body // (CHUNK_BYTES + _TAG_BYTES)))
    return body - chunks * _TAG_BYTES


def read(file: IO[bytes], key: bytes, bound: bytes) -> Iterator[bytes]:
    """Yield the plain bytes of a stream, chunk by chunk. Raises InvalidTag when anything was changed, or the end is missing."""
    head = file.read(HEAD_BYTES)
    if not head.startswith(MAGIC) or len(head) != HEAD_BYTES:
        raise InvalidTag
    cipher, count = _cipher(key, head[len(MAGIC) :], bound), 0
    sealed = file.read(CHUNK_BYTES + _TAG_BYTES)
    is_last = False
    while not is_last:
        following = file.read(CHUNK_BYTES + _TAG_BYTES)
        is_last = not following
        yield cipher.decrypt(_nonce(count, is_last=is_last), sealed, bound)
        sealed, count = following, count + 1


class Plain:
    """A sealed file to read: `size` is that of what is in it, and iterating yields that; it is closed at the end.

    What an earlier version sealed as a whole, bound to `whole`, is read as well, into memory: it was made there.
    """

    def __init__(self, file: IO[bytes], key: bytes, bound: bytes, whole: bytes) -> None:
        self._file, self._key, self._bound, self._whole = file, key, bound, whole
        self._is_stream, sealed = is_stream(file), os.fstat(file.fileno()).st_size
        self.size = plain_size(sealed) if self._is_stream else sealed - WHOLE_BYTES

    def __iter__(self) -> Iterator[bytes]:
        """Yield what is in the file. Raises InvalidTag when it was changed, or its end is missing."""
        with self._file as file:
            if self._is_stream:
                yield from read(file, self._key, self._bound)
            else:
                yield unseal(self._key, file.read(), self._whole)

    def close(self) -> None:
        """Close the file of which nothing more is read; safe to repeat."""
        self._file.close()


def _cipher(key: bytes, salt: bytes, bound: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"avow sealed stream\n" + bound).derive(key))


def _nonce(count: int, *, is_last: bool) -> bytes:
    return count.to_bytes(_COUNT_BYTES, "big") + bytes([is_last])
