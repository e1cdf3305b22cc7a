"""Merkle trees as in RFC 6962, section 2.1 (SHA-256), proofs verified as in RFC 9162, section 2.1.3.2.

Only levels of hashes are needed: a tree is given by its leaf hashes, in order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from avow.definitions import ProofInvalid

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry: SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two children: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over the leaf hashes (RFC 6962, MTH).

    Level by level: an odd last node moves up unchanged, which gives the same tree as splitting at powers of two.
    """
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        level = [*map(node_hash, level[::2], level[1::2]), *level[len(level) & ~1 :]]
    return level[0]


def inclusion_path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Return the sibling hashes from leaf to root for the entry at `index` (RFC 6962, PATH)."""
    path: list[bytes] = []
    level = list(hashes)
    while len(level) > 1:
        if (sibling := index ^ 1) < len(level):
            path.append(level[sibling])
        level = [*map(node_hash, level[::2], level[1::2]), *level[len(level) & ~1 :]]
        index //= 2
    return path


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes) -> None:
    """Check that the leaf hash is entry `index` of the tree of `size` with this root; raise ProofInvalid if not.

    Rule: RFC 9162, section 2.1.3.2, steps numbered as there.
    """
    # (1) the index must be inside the tree
    if not 0 <= index < size or any(len(part) != HASH_BYTES for part in (leaf, expected_root, *path)):
        raise ProofInvalid("inclusion proof: index outside the tree, or a hash that has not 32 bytes")
    # (2) and (3): start at the leaf
    fn, sn, current = index, size - 1, leaf
    # (4) climb, sibling by sibling
    for sibling in path:
        if sn == 0:
            raise ProofInvalid("inclusion proof: longer than the tree is high")
        if fn & 1 or fn == sn:
            current = node_hash(sibling, current)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = node_hash(current, sibling)
        fn, sn = fn >> 1, sn >> 1
    # (5) the climb must end at the root
    if sn != 0 or current != expected_root:
        raise ProofInvalid("inclusion proof: it does not lead to the root of the checkpoint")
