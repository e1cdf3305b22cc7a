"""The log itself: static files in the layout of C2SP tlog-tiles, appended by the storage process alone.

Order of an append, so that a crash anywhere leaves a log that can go on (docs/specs/audit-log.md):
(1) entry bundles and tiles of the new size, (2) the state file with size, root and the numbers of the batch, renamed into
place, (3) the checkpoint. Before (2) the new files are not part of the log; after it they are, and (3) is repeated at
the next start. Two inconsistent checkpoints are never signed, because (2) precedes (3).
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from avow.audit import merkle, note
from avow.audit.edge import TILE, Edge
from avow.definitions import AvowError, ProofInvalid

#: Longest entry, bytes (tlog-tiles: a 16-bit length).
ENTRY_BYTES: Final = 65_535
STATE_NAME: Final = "state.json"
KEY_NAME: Final = "signing-key.pem"
#: Tiles in which one look searches for an entry from before; the next look goes on behind them.
_SEARCHED_TILES: Final = 16
#: Entries that are searched for at the same time; more begin from the right edge again.
_SEARCHES: Final = 10_000
_PUT_BACK: Final = "put back the copy of audit/ that belongs to this data; without one, `avow audit begin` begins a new log"
_FORKED: Final = (
    "the log published in {public} has gone on beyond the state in {private}, or is another one: to go on would sign a second "
    "history; put back the newest copy of audit/"
)


@dataclass(frozen=True, slots=True)
class State:
    """How far the log is: entries, root, the highest queue number in it, and its last batch: leaf hashes by queue number.

    `batch` None: written before batches were kept.
    """

    size: int
    root: bytes
    last_queued: int
    batch: Mapping[int, bytes] | None = field(default_factory=dict)


class Log:
    """The writing side. `public` is served as static files; `private` holds the signing key and the state."""

    def __init__(self, public: Path, private: Path, origin: str) -> None:
        public.mkdir(parents=True, exist_ok=True)
        private.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._public, self._private, self._origin = public, private, origin
        require_own(public, private, origin)
        self._key = _signing_key(private / KEY_NAME)
        self._lock = threading.Lock()
        self.state = read_state(private)
        self._searched: dict[bytes, tuple[int, int]] = {}
        self._published = _published(public)
        self._edge, beginning = self._whole_edge(self._published.size if self._published else 0)
        if self._edge.root() != self.state.root:
            raise AvowError(f"the audit log in {public} is not the one its state names: do not go on, restore its files")
        if self._published is not None and beginning != self._published.root:
            raise AvowError(_FORKED.format(public=public, private=private))
        _write(public / "key", note.verifier_key(origin, self._key).encode() + b"\n")
        self._publish_checkpoint()

    def append(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """Add the queued entries (queue number, canonical JSON) that are not in the log yet; durable when it returns.

        `entries` must hold whatever the queue still has of the last batch (`state.batch`): it is passed over, and remembered
        until the queue has forgotten it. The order of the log is that of `entries`; numbers decide nothing.
        """
        batch = {number: merkle.leaf_hash(entry) for number, entry in entries}
        known = self._known(batch)
        fresh = [(number, entry) for number, entry in entries if number not in known]
        if not fresh:
            if self._published is None or self._published.size < self.state.size:  # (3) failed after (2)
                self._publish_checkpoint()
            return
        if any(len(entry) > ENTRY_BYTES for _, entry in fresh):
            raise AvowError("an audit entry is longer than 65,535 bytes; put what is large in the store and its hash here")
        old_size = self.state.size
        edge, tiles = self._edge.grown([batch[number] for number, _ in fresh])
        assert self._published is None or self._published.size <= old_size  # no published tile is written again
        _write_bundles(self._public, old_size, [entry for _, entry in fresh])  # (1)
        for (level, index), tile in tiles.items():
            _write(self._public / tile_path(level, index, len(tile)), b"".join(tile))
        state = State(edge.size, edge.root(), max(self.state.last_queued, *batch), batch)
        _write_state(self._private, state)  # (2)
        with self._lock:  # only now: `prove` signs what is here, and the queue forgets what is in it
            self.state, self._edge = state, edge
        self._publish_checkpoint()  # (3)

    def _known(self, batch: Mapping[int, bytes]) -> frozenset[int]:
        """Return the numbers of those entries that the log has already, because a crash came before the queue forgot them.

        A number alone does not tell: a database that was put back gives it to another entry.
        """
        before = self.state.batch
        if before is not None:
            return frozenset(number for number, leaf in batch.items() if before.get(number) == leaf)
        wanted = {number: leaf for number, leaf in batch.items() if number <= self.state.last_queued}
        if not wanted:
            return frozenset()
        asked = set(wanted.values())  # an earlier build published by the order of numbers
        held = {leaf for leaf in map(merkle.leaf_hash, each_entry(self._public, self.state.size)) if leaf in asked}
        return frozenset(number for number, leaf in wanted.items() if leaf in held)

    def _whole_edge(self, published: int) -> tuple[Edge, bytes]:
        """Return the edge that the entries on the disk lead to, each of them hashed again, and the root at an earlier size.

        A bundle at a time is in memory.
        """
        edge, size, beginning = Edge(), self.state.size, merkle.EMPTY_ROOT
        for start in range(0, size, TILE):
            bundle = read_bundle(self._public, start // TILE, min(TILE, size - start))
            leaves = [merkle.leaf_hash(entry) for entry in split_bundle(bundle)][: size - start]
            if start < published <= start + TILE:
                beginning = edge.grown(leaves[: published - start])[0].root()
            edge, _ = edge.grown(leaves)
        return edge, beginning

    def prove(self, entry: bytes) -> tuple[int, tuple[bytes, ...], str] | None:
        """Return index, inclusion path and signed checkpoint of an entry; None while it is not found in the log.

        What is asked for was published just now, or a while ago: each look searches all that is new since the last one, and
        some tiles more of what is older. May be called from another thread than `append`; by one at a time.
        """
        with self._lock:
            edge, checkpoint = self._edge, self.checkpoint()
        leaf = merkle.leaf_hash(entry)
        index = self._search(leaf, edge)
        return None if index is None else (index, edge.path(index, self._full_tile), checkpoint)

    def _search(self, leaf: bytes, edge: Edge) -> int | None:
        """Return where a leaf is, from the right edge backwards; None: not here, or further back than this look went."""
        row: tuple[bytes, ...] = edge.rows[0] if edge.rows else ()
        full = edge.size // TILE
        if leaf in row:
            self._searched.pop(leaf, None)
            return full * TILE + row.index(leaf)
        low, high = self._searched.get(leaf, (full, full))
        lowest = max(0, low - _SEARCHED_TILES)
        for index in chain(range(full - 1, high - 1, -1), range(low - 1, lowest - 1, -1)):
            tile = self._full_tile(0, index)
            if leaf in tile:
                self._searched.pop(leaf, None)
                return index * TILE + tile.index(leaf)
        if len(self._searched) >= _SEARCHES:
            self._searched.clear()
        self._searched[leaf] = (lowest, full)
        return None

    def _full_tile(self, level: int, index: int) -> tuple[bytes, ...]:
        """Return the hashes of a full tile, which never changes."""
        body = (self._public / tile_path(level, index)).read_bytes()
        return tuple(body[at : at + merkle.HASH_BYTES] for at in range(0, len(body), merkle.HASH_BYTES))

    def checkpoint(self) -> str:
        """Return the signed checkpoint of the log as it is."""
        return note.sign(note.Checkpoint(self._origin, self.state.size, self.state.root), self._key)

    def signed(self, text: str) -> str:
        """Return the signed note of a text by the log's key. Raises ValueError for one that could be taken for a checkpoint."""
        if text.startswith(f"{self._origin}\n"):
            raise ValueError("what begins with the origin of the log is a checkpoint, and signed by nobody but the log")
        return note.sign_text(text, self._origin, self._key)

    def _publish_checkpoint(self) -> None:
        """Put the checkpoint of the state in place."""
        _write(self._public / "checkpoint", self.checkpoint().encode())
        self._published = note.Checkpoint(self._origin, self.state.size, self.state.root)


def require_own(public: Path, private: Path, origin: str) -> None:
    """Raise AvowError when the published log is not the one that the private folder would go on with, under this origin.

    A missing state or key is no new log: it would sign a second history next to the published one. What was published last
    must have been signed by this key, and lie within this state. Rule: C2SP tlog-checkpoint (never two inconsistent ones).
    """
    if not (public / "checkpoint").is_file():
        if (private / STATE_NAME).is_file() and read_state(private).size and not any(public.glob("tile/*")):
            raise AvowError(f"{public}: the published log is missing, while {private} goes on with one; put back its copy")
        return
    published = _published(public)
    assert published is not None
    missing = [name for name in (KEY_NAME, STATE_NAME) if not _is_there(private / name)]
    if missing and (published.size or missing[0] == KEY_NAME):  # an empty log is published before it has a state
        raise AvowError(f"{private / missing[0]} is missing, while {public} holds a published log; {_PUT_BACK}")
    if published.size and published.origin != origin:
        wanted = f"write the address of {published.origin.removesuffix('/audit')} as installation.origin"
        raise AvowError(
            f"the log in {public} is named {published.origin} and would be named {origin}, which proofs name; {wanted}"
        )
    state, key = read_state(private), _signing_key(private / KEY_NAME)
    try:
        note.open_checkpoint(_read_note(public), note.Verifier.parse(note.verifier_key(published.origin, key)))
    except ProofInvalid as error:
        raise AvowError(f"{public / 'checkpoint'} was signed by another key than {private / KEY_NAME}; {_PUT_BACK}") from error
    is_fork = published.size == state.size and published.root != state.root
    if published.size > state.size or is_fork:
        raise AvowError(_FORKED.format(public=public, private=private))


def _published(public: Path) -> note.Checkpoint | None:
    """Return the checkpoint that was published last, not verified; None for a log of which nothing was."""
    try:
        lines = _read_note(public).splitlines()
        return note.Checkpoint(lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True))
    except FileNotFoundError:
        return None
    except (IndexError, ValueError) as error:
        raise AvowError(f"{public / 'checkpoint'} is damaged; {_PUT_BACK}") from error


def _read_note(public: Path) -> str:
    return (public / "checkpoint").read_text(encoding="utf-8")


def tile_path(level: int | str, index: int, width: int = TILE) -> str:
    """Return the path of a tile: 3-digit groups, all but the last with `x`, and `.p/<width>` for a partial one."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:  # noqa: PLR2004 - three digits a group
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    partial = f".p/{width}" if width < TILE else ""
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def read_state(private: Path) -> State:
    """Return the state as last written; an empty log's when there is none."""
    path = private / STATE_NAME
    try:
        return _state(json.loads(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        return State(0, merkle.EMPTY_ROOT, 0)
    except (ValueError, KeyError, TypeError) as error:
        raise AvowError(f"{path} is damaged; {_PUT_BACK}") from error


def _state(raw: dict[str, Any]) -> State:  # Any: JSON
    batch = {int(number): base64.b64decode(leaf) for number, leaf in raw["batch"].items()} if "batch" in raw else None
    return State(raw["size"], base64.b64decode(raw["root"]), raw["last_queued"], batch)


def each_entry(public: Path, size: int, first: int = 0) -> Iterator[bytes]:
    """Yield the first `size` entries from the entry bundles, from the entry `first` on; a bundle at a time is in memory."""
    for index in range(first // TILE, (size + TILE - 1) // TILE):
        width = min(TILE, size - index * TILE)
        yield from split_bundle(read_bundle(public, index, width))[max(0, first - index * TILE) : width]


def read_entries(public: Path, size: int) -> list[bytes]:
    """Return the first `size` entries from the entry bundles."""
    return list(each_entry(public, size))


def split_bundle(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle: 16-bit big-endian length, then the entry, over and over."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        entries.append(bundle[at + 2 : at + 2 + length])
        at += 2 + length
    return entries


def read_bundle(public: Path, index: int, width: int) -> bytes:
    """Return a bundle: the full one when it exists, else the partial one of this width."""
    full = public / tile_path("entries", index)
    return full.read_bytes() if full.is_file() else (public / tile_path("entries", index, width)).read_bytes()


def _write_bundles(public: Path, old_size: int, entries: Sequence[bytes]) -> None:
    """Write every bundle that the new entries touch."""
    new_size = old_size + len(entries)
    start = old_size - old_size % TILE
    tail = [*each_entry(public, old_size, start), *entries]
    for index in range(start // TILE, (new_size + TILE - 1) // TILE):
        part = tail[index * TILE - start : (index + 1) * TILE - start]
        body = b"".join(len(entry).to_bytes(2, "big") + entry for entry in part)
        _write(public / tile_path("entries", index, len(part)), body)


def _write_state(private: Path, state: State) -> None:
    """Put the state in place durably."""
    batch = {str(number): base64.b64encode(leaf).decode() for number, leaf in (state.batch or {}).items()}
    root = base64.b64encode(state.root).decode()
    body = {"size": state.size, "root": root, "last_queued": state.last_queued, "batch": batch}
    _write(private / STATE_NAME, json.dumps(body).encode())


def _write(path: Path, body: bytes) -> None:
    """Write a file durably and at once: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = _fresh(path)
    with fresh.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fresh(path: Path) -> Path:
    """Return where a file lies before it is whole."""
    return path.with_name(path.name + ".new")


def _signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the log's key, made at the first start; readable by its owner only."""
    if not _is_there(path):
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        _fresh(path).touch(mode=0o600)  # it has its mode before it has its content
        _write(path, pem)
        return key
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise AvowError(f"{path} is damaged; {_PUT_BACK}") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise AvowError(f"{path}: not an Ed25519 key")
    return found


def _is_there(path: Path) -> bool:
    """Return whether a file has content: a first start of an earlier version that failed left an empty key."""
    return path.is_file() and path.stat().st_size > 0
