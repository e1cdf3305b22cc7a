"""Searching an installation for what must not be there: canaries, in every file, in every form they could take.

A canary is a string that only one place could have brought in: an invented address, a visitor id. Each file is searched
as it lies on the disk and, where it is compressed (gzip, the event engine's blocks), as it reads. Deleted pages, write-
ahead logs, replaced parts of tables and left-over temporary files are files like any other.
"""

from __future__ import annotations

import base64
import gzip
import os
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from avow import addresses
from avow.assurance import blocks
from avow.definitions import AvowError

#: Bytes searched at once; zeros are passed over in pieces of this size.
_CHUNK: Final = 256 << 10
#: Characters. A shorter canary would be found by accident: base64 out of step shows only 6 of 8 bytes of it.
SHORTEST: Final = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Where a canary was found: the file below the folder, which canary (never the canary itself), how often, in what form."""

    path: str
    canary: int
    count: int
    form: str


@dataclass(frozen=True, slots=True)
class Residue:
    """What was searched and what was found."""

    files: int
    bytes: int
    found: tuple[Found, ...]


def residue(folder: Path, canaries: Sequence[str]) -> Residue:
    """Search every file below `folder` for each canary. Raises AvowError for a canary too short to mean anything.

    Safe on a running installation: a file or folder that disappears while it is searched is gone. Sealed bytes are searched as
    they lie; what a destroyed key sealed cannot be read by anybody, this search included.
    """
    short = [index for index, canary in enumerate(canaries) if len(canary) < SHORTEST]
    if short:
        raise AvowError(f"canary {short[0] + 1} has fewer than {SHORTEST} characters; use longer ones")
    needles = [needle for index, canary in enumerate(canaries) for needle in _forms(index, canary)]
    files, size, found = 0, 0, []
    for path in sorted(Path(place) / name for place, _, names in os.walk(folder) for name in names):
        try:
            if path.is_symlink() or not path.is_file():
                continue
            size += path.stat().st_size
            files += 1
            found += _search(path, str(path.relative_to(folder)), needles)
        except FileNotFoundError:  # merged, drained or rotated away meanwhile
            continue
    return Residue(files, size, tuple(found))


@dataclass(frozen=True, slots=True)
class _Needle:
    """The bytes of one form of a canary."""

    canary: int
    form: str
    content: bytes


def _forms(index: int, canary: str) -> Iterator[_Needle]:
    """Return the forms in which a canary may lie in a file, each once."""
    seen: set[bytes] = set()
    for form, content in _written(canary):
        if content and content not in seen:
            seen.add(content)
            yield _Needle(index, form, content)


def _written(canary: str) -> Iterator[tuple[str, bytes]]:
    """Return a canary as programs write it."""
    for text in dict.fromkeys(form for one in _spelled(canary) for form in (one, one.lower(), one.upper())):
        plain = text.encode()
        yield "utf-8", plain
        yield "utf-16", text.encode("utf-16-le")
        yield "utf-16", text.encode("utf-16-be")
        yield "hex", plain.hex().encode()
        yield "hex", plain.hex().upper().encode()
        yield "url", urllib.parse.quote(text, safe="").encode()
        yield "url", urllib.parse.quote_plus(text).encode()
        yield "json", text.encode("unicode_escape")
        if len(_unhexed(text)) >= SHORTEST:
            yield "binary", _unhexed(text)
        for offset in range(3):
            yield from (("base64", middle) for middle in _base64_middles(plain, offset))


def _spelled(canary: str) -> tuple[str, ...]:
    """Return a canary as it was given, and an e-mail address in its one form and those of earlier versions."""
    address = addresses.address_of(canary)
    return (canary, address, *addresses.earlier(address)) if address else (canary,)


def _unhexed(text: str) -> bytes:
    """Return the bytes that a canary of hex digits stands for, or nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _base64_middles(plain: bytes, offset: int) -> Iterator[bytes]:
    """Return the part of the base64 text that does not depend on the neighbours, for one of three alignments."""
    lead = -offset % 3
    whole = plain[lead : lead + (len(plain) - lead) // 3 * 3]
    yield base64.b64encode(whole)
    yield base64.urlsafe_b64encode(whole)


def _search(path: Path, name: str, needles: Iterable[_Needle]) -> list[Found]:
    """Return what one file holds, as it lies and as it reads decompressed."""
    needles = list(needles)
    overlap = max((len(needle.content) for needle in needles), default=1) - 1
    counts: dict[tuple[int, str], int] = {}
    for label, pieces in (("", _raw(path)), (" in gzip", _gunzipped(path)), (" in a table's part", blocks.contents(path))):
        for piece, fresh_from in _overlapping(pieces, overlap):
            for needle in needles:
                # What lies wholly in the overlap was counted with the piece before.
                count = _count(piece, needle.content, fresh_from)
                if count:
                    key = (needle.canary, needle.form + label)
                    counts[key] = counts.get(key, 0) + count
    return [Found(name, canary, count, form) for (canary, form), count in counts.items()]


def _count(piece: bytes, needle: bytes, fresh_from: int) -> int:
    """Count a needle in a piece, except where it ends inside the first `fresh_from` bytes."""
    return piece.count(needle, max(0, fresh_from - len(needle) + 1))


def _overlapping(pieces: Iterator[bytes], overlap: int) -> Iterator[tuple[bytes, int]]:
    """Return pieces with the end of the one before in front, and how long that is.

    What is zeros alone is left out: nothing lies in it, and most of a running installation's files is the space that the spool
    holds ready for what is still to come.
    """
    tail = b""
    for piece in pieces:
        joined = tail + piece
        if joined != bytes(len(joined)):
            yield joined, len(tail)
        tail = joined[-overlap:] if overlap else b""


def _raw(path: Path) -> Iterator[bytes]:
    """Return a file as it lies."""
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


def _gunzipped(path: Path) -> Iterator[bytes]:
    """Return what a gzip file reads; nothing for any other file, and what could be read of a damaged one."""
    with path.open("rb") as file:
        if file.read(3) != b"\x1f\x8b\x08":
            return
    try:
        with gzip.open(path) as file:
            while piece := file.read(_CHUNK):
                yield piece
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return
