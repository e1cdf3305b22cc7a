"""Reading the published log from its files: entries from the newest back, and where one of them is proved to be.

A look is bounded, however long the log is: at most `WINDOW` entries, a bundle at a time in memory. What is looked for is in an
entry's canonical text, so that a bundle without it is not taken apart. Why: decision 0069.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from avow.audit import log, merkle, note
from avow.audit.edge import TILE, Edge

#: Most entries that one look goes through: a tenth of a log of a million, in some hundredths of a second.
WINDOW: Final = 400 * TILE
#: An entry comes into the log at most so long after its moment, milliseconds; one that came later is found without days.
LATE_MS: Final = 24 * 3600 * 1000
#: Shortest beginning of an id that is looked for, in characters.
ABOUT_LEAST: Final = 6
_AT: Final = re.compile(rb'"at":([0-9]{1,15})[,}]')


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: a kind, who acted (an id), the beginning of an id that an entry names; from and before a moment."""

    what: str = ""
    staff: str = ""
    about: str = ""
    from_ms: int = 0
    before_ms: int | None = None

    def terms(self) -> tuple[bytes, ...]:
        """Return texts that every entry that fits has in it."""
        said = ((self.what, f'"what":{json.dumps(self.what)}'), (self.staff, f':"{self.staff}"'), (self.about, f':"{self.about}'))
        return tuple(term.encode() for value, term in said if value)

    def fits(self, entry: Mapping[str, Any]) -> bool:  # Any: JSON
        """Return whether an entry is looked for."""
        at_ms, texts = entry.get("at", 0), [value for name, value in entry.items() if name != "what" and isinstance(value, str)]
        return (
            self.what in {"", entry.get("what")}
            and self.staff in {"", entry.get("staff"), entry.get("by")}
            and (not self.about or any(text.startswith(self.about) for text in texts))
            and self.from_ms <= at_ms
            and (self.before_ms is None or at_ms < self.before_ms)
        )


@dataclass(frozen=True, slots=True)
class Numbered:
    """An entry with its number in the log, counted from 0; `text` is its canonical form."""

    index: int
    text: bytes

    @property
    def facts(self) -> dict[str, Any]:  # Any: JSON
        """The entry, read."""
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found, in the order it went; `looked` entries were gone through, the last of them `last`.

    `is_end`: there is nothing further that way.
    """

    entries: tuple[Numbered, ...]
    looked: int
    last: int | None
    is_end: bool


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry and its way to the root of a signed checkpoint."""

    entry: Numbered
    leaf: bytes
    path: tuple[bytes, ...]
    checkpoint: note.Checkpoint


def published(public: Path) -> note.Checkpoint | None:
    """Return what the published log commits to, its signature checked; None where nothing was published yet.

    Raises ProofInvalid for a checkpoint that the log's key did not sign.
    """
    try:
        key, signed = ((public / name).read_text(encoding="utf-8") for name in ("key", "checkpoint"))
    except FileNotFoundError:
        return None
    return note.open_checkpoint(signed, note.Verifier.parse(key))


def older(public: Path, size: int, wanted: Wanted, limit: int, before: int | None = None) -> Found:
    """Return the newest entries that fit, from the one before `before` on backwards."""
    start = _day_ends(public, size, wanted) if wanted.before_ms is not None else size
    start = start if before is None else min(start, before)
    terms, found, looked, last = wanted.terms(), list[Numbered](), 0, None
    for index in range((start - 1) // TILE, -1, -1):
        bundle = _bundle(public, size, index)
        if wanted.from_ms and _newest(bundle) < wanted.from_ms - LATE_MS:
            return Found(tuple(found), looked, last, is_end=True)
        part = [one for one in _entries(bundle, index, terms, wanted) if one.index < start]
        end = min(start, (index + 1) * TILE)
        for one in reversed(part):
            if len(found) == limit:
                return Found(tuple(found), looked + max(0, end - found[-1].index), found[-1].index, is_end=False)
            found.append(one)
        looked, last = looked + end - index * TILE, index * TILE
        if looked >= WINDOW and index:
            return Found(tuple(found), looked, last, is_end=False)
    return Found(tuple(found), looked, last, is_end=True)


def newer(public: Path, size: int, wanted: Wanted, limit: int, after: int) -> Found:
    """Return the entries that fit and come next behind `after`, in the log's order."""
    terms, found, looked, last = wanted.terms(), list[Numbered](), 0, None
    for index in range((after + 1) // TILE, (size + TILE - 1) // TILE):
        bundle = _bundle(public, size, index)
        for one in _entries(bundle, index, terms, wanted):
            if one.index <= after:
                continue
            if len(found) == limit:
                return Found(tuple(found), found[-1].index - after, found[-1].index, is_end=False)
            found.append(one)
        last = min((index + 1) * TILE, size) - 1
        looked = last - after
        if looked >= WINDOW and last < size - 1:
            return Found(tuple(found), looked, last, is_end=False)
    return Found(tuple(found), looked, last, is_end=True)


def at(public: Path, size: int, index: int) -> Numbered:
    """Return the entry of a number in a log of this size."""
    return Numbered(index, log.split_bundle(_bundle(public, size, index // TILE))[index % TILE])


def prove(public: Path, index: int) -> Proved | None:
    """Return an entry with its proof by the published checkpoint; None for a number that the log does not have.

    Rule: RFC 6962, 2.1.1; the tiles of a published size stay (docs/specs/audit-log.md).
    """
    checkpoint = published(public)
    if checkpoint is None or not 0 <= index < checkpoint.size:
        return None
    rows: list[tuple[bytes, ...]] = []
    size = checkpoint.size
    while size >> 8 * len(rows):
        nodes = size >> 8 * len(rows)
        rows.append(_tile(public, len(rows), nodes // TILE, nodes % TILE) if nodes % TILE else ())
    path = Edge(size, tuple(rows)).path(index, lambda level, place: _tile(public, level, place, TILE))
    entry = at(public, size, index)
    leaf = merkle.leaf_hash(entry.text)
    merkle.verify_inclusion(leaf, index, size, path, checkpoint.root)
    return Proved(entry, leaf, path, checkpoint)


def _entries(bundle: bytes, index: int, terms: tuple[bytes, ...], wanted: Wanted) -> Iterator[Numbered]:
    """Yield the entries of a bundle that fit; a bundle without one of the terms is not taken apart."""
    if not all(term in bundle for term in terms):
        return
    for place, text in enumerate(log.split_bundle(bundle)):
        one = Numbered(index * TILE + place, text)
        if all(term in text for term in terms) and wanted.fits(one.facts):
            yield one


def _day_ends(public: Path, size: int, wanted: Wanted) -> int:
    """Return the number behind the last entry that may be of a moment before the wanted end: entries are nearly in order."""
    assert wanted.before_ms is not None
    low, high = 0, (size + TILE - 1) // TILE  # the first bundle with an entry that is later beyond doubt
    while low < high:
        middle = (low + high) // 2
        if _newest(_bundle(public, size, middle)) >= wanted.before_ms + LATE_MS:
            high = middle
        else:
            low = middle + 1
    return min((low + 1) * TILE, size)


def _newest(bundle: bytes) -> int:
    return max(map(int, _AT.findall(bundle)), default=0)


def _bundle(public: Path, size: int, index: int) -> bytes:
    """Return a bundle as it is in a log of this size: later entries of a bundle that grew meanwhile are left out."""
    width = min(TILE, size - index * TILE)
    body, end = log.read_bundle(public, index, width), 0
    for _ in range(width):
        end += 2 + int.from_bytes(body[end : end + 2], "big")
    return body[:end]


def _tile(public: Path, level: int, index: int, width: int) -> tuple[bytes, ...]:
    """Return the hashes of a tile of this width; the full one, where it is there, begins with them."""
    full = public / log.tile_path(level, index)
    body = (full if full.is_file() else public / log.tile_path(level, index, width)).read_bytes()
    return tuple(body[at : at + merkle.HASH_BYTES] for at in range(0, width * merkle.HASH_BYTES, merkle.HASH_BYTES))
