"""One bit in an acknowledged group of a writer that was killed: nothing but that group may be missing afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from avow.spool.segments import END_LENGTH, FRAME_HEAD, MAGIC, read
from avow.store.keys import Vault


def flip_one(writer: Path, keys: Path, random: Random) -> set[str] | None:
    """Flip a bit in one group of one of a writer's segments; return the names of what was in it, None where there is nothing."""
    with closing(Vault(keys)) as vault:
        found = [
            (path, offset, length)
            for path in sorted(writer.glob("*.segment"))
            if vault.get_key("segment", path.stem) is not None
            for offset, length in _frames(path.read_bytes())
        ]
        if not found:
            return None
        path, offset, length = random.choice(found)
        key = vault.get_key("segment", path.stem)
        if key is None:
            return None
        chunk = read(path, key, offset, writer_is_gone=True, limit=1)
        names = {name for record in chunk.records for name in _names(msgspec.msgpack.decode(record))}
    at = offset + FRAME_HEAD.size + random.randrange(length)
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << random.randrange(8)]))
    return names


def _frames(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield offset and length of each group."""
    at = len(MAGIC)
    while at + FRAME_HEAD.size <= len(data):
        length = FRAME_HEAD.unpack_from(data, at)[0]
        if length in (0, END_LENGTH) or at + FRAME_HEAD.size + length > len(data):
            return
        yield at, length
        at += FRAME_HEAD.size + length


def _names(record: Any) -> Iterator[str]:
    """Yield every text in a record by which the ledger knows something: pages, references, visitors."""
    if isinstance(record, str):
        yield record
    elif isinstance(record, dict):
        yield from (name for value in record.values() for name in _names(value))
    elif isinstance(record, list):
        yield from (name for value in record for name in _names(value))
