"""Searching an installation for what must not be there: canaries, in every file, in every form they could take.

A canary is a string that only one place could have brought in: an invented address, a visitor id. Each file is searched
as it lies on the disk and, where it is compressed (gzip, the event engine's blocks), as it reads. Deleted pages, write-
ahead logs, replaced parts of tables and left-over temporary files are files like any other.

Canaries of many people are looked for at once (`Patterns`), and a search may stop after any file and go on behind it.
"""

from __future__ import annotations

import base64
import gzip
import stat
import urllib.parse
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from avow import addresses
from avow.assurance import blocks
from avow.assurance.patterns import Patterns
from avow.definitions import AvowError

#: Bytes searched at once; zeros are passed over in pieces of this size.
_CHUNK: Final = 256 << 10
#: Characters. A shorter canary would be found by accident: base64 out of step shows only 6 of 8 bytes of it.
SHORTEST: Final = 8
#: Folders within each other; what lies deeper is not searched, and counted as what cannot be read.
_DEEPEST: Final = 100
_UNKNOWN: Final = -1
#: Where a file lies below its folder.
Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Where a canary was found: the file below the folder, which canary (never the canary itself), how often, in what form."""

    path: str
    canary: int
    count: int
    form: str


@dataclass(frozen=True, slots=True)
class Residue:
    """What was searched and what was found; `unreadable` files and folders were not searched."""

    files: int
    bytes: int
    found: tuple[Found, ...]
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Searched:
    """One file that was searched, or could not be (`is_readable`)."""

    parts: Parts
    bytes: int
    found: tuple[Found, ...]
    is_readable: bool = True


def residue(folder: Path, canaries: Sequence[str]) -> Residue:
    """Search every file below `folder` for each canary. Raises AvowError for a canary too short to mean anything.

    Safe on a running installation: a file or folder that disappears while it is searched is gone, and one that cannot be read is
    counted. Sealed bytes are searched as they lie; what a destroyed key sealed cannot be read by anybody, this search included.
    """
    short = [index for index, canary in enumerate(canaries) if len(canary) < SHORTEST]
    if short:
        raise AvowError(f"canary {short[0] + 1} has fewer than {SHORTEST} characters; use longer ones")
    all_searched = list(Search(canaries).below(folder))
    read = [one for one in all_searched if one.is_readable]
    found = tuple(found for one in read for found in one.found)
    return Residue(len(read), sum(one.bytes for one in read), found, len(all_searched) - len(read))


class Search:
    """A search for canaries, each of SHORTEST characters or more; in memory are these, in each of their forms, and a piece."""

    def __init__(self, canaries: Sequence[str], is_over: Callable[[], bool] = lambda: False) -> None:
        """`is_over` is asked between two pieces, and ends the search where it stands."""
        needles = [needle for index, canary in enumerate(canaries) for needle in _forms(index, canary)]
        self._needles, self._is_over = needles, is_over
        self._patterns = Patterns([needle.content for needle in needles])

    def below(self, folder: Path, after: Parts = ()) -> Iterator[Searched]:
        """Search the files below a folder in the order of their paths, from behind `after` on; () for all of them.

        Each is yielded once it is searched. One that is gone meanwhile is passed by, and so is the one in hand when it is over.
        """
        for parts, path in _files(folder, (), after):
            if self._is_over():
                return
            if path is None:
                yield Searched(parts, 0, (), is_readable=False)
                continue
            try:
                size, found = path.stat().st_size, self._file(path, "/".join(parts))
            except FileNotFoundError:  # merged, drained or rotated away meanwhile
                continue
            except OSError:
                yield Searched(parts, 0, (), is_readable=False)
                continue
            if found is None:
                return
            yield Searched(parts, size, found)

    def _file(self, path: Path, name: str) -> tuple[Found, ...] | None:
        """Return what one file holds, as it lies and as it reads decompressed; None once the search is over."""
        overlap = self._patterns.longest - 1
        counts: dict[tuple[int, str], int] = {}
        for label, pieces in (("", _raw(path)), (" in gzip", _gunzipped(path)), (" in a table's part", blocks.contents(path))):
            for piece, fresh_from in _overlapping(pieces, overlap):
                if self._is_over():
                    return None
                for number, start in self._patterns.found(piece):
                    needle = self._needles[number]
                    # What lies wholly in the overlap was counted with the piece before.
                    if start + len(needle.content) > fresh_from:
                        key = (needle.canary, needle.form + label)
                        counts[key] = counts.get(key, 0) + 1
        return tuple(Found(name, canary, count, form) for (canary, form), count in counts.items())


def _files(folder: Path, above: Parts, after: Parts) -> Iterator[tuple[Parts, Path | None]]:
    """Yield the files below a folder whose path comes behind `after`, in order; no path for what cannot be listed.

    The names of a folder are in memory for each level. A link is not followed: it leads somewhere else, or to what is searched.
    """
    entries: Sequence[Path] | None = None
    with suppress(OSError):
        entries = _listed(folder, is_below=bool(above))
    if entries is None or len(above) > _DEEPEST:
        if not above or above > after:
            yield above, None
        return
    for path in entries:
        parts = (*above, path.name)
        if parts < after[: len(parts)]:
            continue
        mode = _mode(path)
        if stat.S_ISDIR(mode):
            yield from _files(path, parts, after)
        elif parts > after and (mode == _UNKNOWN or stat.S_ISREG(mode)):
            yield parts, path if mode != _UNKNOWN else None


def _listed(folder: Path, *, is_below: bool) -> Sequence[Path]:
    """Return what is in a folder, in order: nothing in one that is gone meanwhile. Raises OSError for one that cannot be listed.

    `is_below`: it was seen in another. One that was asked for and is not there was not searched.
    """
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        if is_below:
            return ()
        raise


def _mode(path: Path) -> int:
    """Return what kind of file this is: 0 where it is gone, _UNKNOWN where it may not be looked at."""
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return 0
    except OSError:
        return _UNKNOWN


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
