"""The right edge of the log's tree: all that an append, a root or a proof needs besides the full tiles, which lie on the disk.

Of each level of tiles it holds the hashes of the one tile that is not full, 255 at most: a log of ten million entries has three
such levels. A tile begins at a multiple of 256, so a path climbs within tiles as it does in the whole tree (RFC 6962, 2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from avow.audit import merkle

TILE: Final = 256
#: Tiles by level and index.
Tiles = dict[tuple[int, int], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Edge:
    """Of each level, the hashes of the tile that is not full, in a tree of `size` entries."""

    size: int = 0
    rows: tuple[tuple[bytes, ...], ...] = ()

    def grown(self, leaves: Sequence[bytes]) -> tuple[Edge, Tiles]:
        """Return the edge after these leaf hashes, and every tile that grew, as it is then."""
        tiles: Tiles = {}
        rows: list[tuple[bytes, ...]] = []
        added, level = list(leaves), 0
        while added or level < len(self.rows):
            before = self.rows[level] if level < len(self.rows) else ()
            first = (self.size >> 8 * level) // TILE
            row = (*before, *added)
            if added:
                tiles.update({(level, first + at // TILE): row[at : at + TILE] for at in range(0, len(row), TILE)})
            full = len(row) // TILE
            added = [merkle.root(row[at * TILE : (at + 1) * TILE]) for at in range(full)]
            rows.append(row[full * TILE :])
            level += 1
        return Edge(self.size + len(leaves), tuple(rows)), tiles

    def root(self) -> bytes:
        """Return the root of the tree (RFC 6962, MTH)."""
        last = self._last(len(self.rows))
        return merkle.EMPTY_ROOT if last is None else last

    def path(self, index: int, full_tile: Callable[[int, int], Sequence[bytes]]) -> tuple[bytes, ...]:
        """Return the sibling hashes from leaf to root for the entry at `index` (RFC 6962, PATH).

        `full_tile` reads the full tile of a level and index.
        """
        path: list[bytes] = []
        for level, row in enumerate(self.rows):
            node = index >> 8 * level
            last = self._last(level)
            if node // TILE < (self.size >> 8 * level) // TILE:
                tile = full_tile(level, node // TILE)
            else:
                tile = (*row, last) if last is not None else row
            path += merkle.inclusion_path(node % TILE, tile)
        return tuple(path)

    def _last(self, level: int) -> bytes | None:
        """Return the last node of a level that has not all its entries yet; None where every node has."""
        last: bytes | None = None
        for row in self.rows[:level]:
            nodes = row if last is None else (*row, last)
            last = merkle.root(nodes) if nodes else None
        return last
