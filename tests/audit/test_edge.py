"""The right edge gives the tree that all hashes give; the log works from it and from tiles, however long it is."""

import hashlib
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avow.audit import log, merkle
from avow.audit.edge import TILE, Edge

#: Sizes at which tiles of one or two levels begin, are full, and have just one more.
SIZES = (0, 1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 65_793, 131_072, 140_001)
ORIGIN = "example.com/edge"


@cache
def leaves():
    """Return more leaf hashes than two levels of tiles hold."""
    return [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(SIZES[-1])]


@cache
def grown(size):
    """Return the edge after so many entries, in uneven steps, and its full tiles."""
    edge, tiles, done = Edge(), {}, 0
    for step in (*SIZES[:9], 30_000, 65_535, size):
        if done < step <= size:
            edge, more = edge.grown(leaves()[done:step])
            tiles |= {place: tile for place, tile in more.items() if len(tile) == TILE}
            done = step
    return edge, tiles


@pytest.mark.parametrize("size", SIZES)
def test_the_edge_has_the_root_of_all_hashes(size):
    """However the tree grew, and at every size at which a level begins."""
    edge, tiles = grown(size)
    assert (edge.size, edge.root()) == (size, merkle.root(leaves()[:size]))
    assert len([place for place in tiles if place[0] == 0]) == size // TILE
    assert sum(map(len, edge.rows)) <= 3 * (TILE - 1)


@given(st.sampled_from(SIZES[1:]), st.data())
@settings(max_examples=150, deadline=None)
def test_a_path_from_tiles_proves_its_entry(size, data):
    """Of every entry, above all those next to the edge."""
    edge, tiles = grown(size)
    index = size - 1 - data.draw(st.one_of(st.integers(0, min(600, size - 1)), st.integers(0, size - 1)))
    path = edge.path(index, lambda level, at: tiles[level, at])
    merkle.verify_inclusion(leaves()[index], index, size, path, edge.root())


def entry(number):
    return b'{"n":%d}' % number


def test_an_old_entry_is_found_by_looking_further_each_time(tmp_path, monkeypatch):
    """A log that was opened again has it behind more tiles than one look searches; what is not there stays cheap."""
    log.Log(tmp_path / "public", tmp_path / "private", ORIGIN).append([(number, entry(number)) for number in range(2000)])
    monkeypatch.setattr(log, "_SEARCHED_TILES", 2)
    opened = log.Log(tmp_path / "public", tmp_path / "private", ORIGIN)
    looks = [opened.prove(entry(700)) for _ in range(3)]
    assert looks[:2] == [None, None]
    assert looks[2][0] == 700
    assert opened.prove(b"nowhere") is None


def test_an_entry_that_comes_later_is_found_at_once(tmp_path):
    """It was searched for in vain before; what was published since is looked at first, over several tiles."""
    opened = log.Log(tmp_path / "public", tmp_path / "private", ORIGIN)
    opened.append([(number, entry(number)) for number in range(1000)])
    assert opened.prove(entry(1200)) is None
    opened.append([(number, entry(number)) for number in range(1000, 3000)])
    index, path, _ = opened.prove(entry(1200))
    merkle.verify_inclusion(merkle.leaf_hash(entry(1200)), index, 3000, path, opened.state.root)


def test_an_append_reads_one_bundle_and_no_more(tmp_path):
    """The bundles before the last one may be anywhere: what was published is not read again to go on."""
    opened = log.Log(tmp_path / "public", tmp_path / "private", ORIGIN)
    opened.append([(number, entry(number)) for number in range(1000)])
    for index in range(3):
        (tmp_path / "public" / log.tile_path("entries", index)).unlink()
    opened.append([(1000, entry(1000))])
    assert opened.state.root == merkle.root([merkle.leaf_hash(entry(number)) for number in range(1001)])
