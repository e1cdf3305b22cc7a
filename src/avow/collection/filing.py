"""Filing a submission, however it came in: its files looked through, sealed and kept, then the record that names them.

Files are durable before the record: a crash between leaves files that nothing names, which the purge sweeps; never a
record without its files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from avow.collection.spool import Spool
from avow.collection.uploads import Checked, FileKeeper
from avow.collection.virus_scan import Clamd
from avow.definitions import RecordIds, SpoolFull, StoreUnavailable, Submission
from avow.policy import CollectionPoint, Rulebook

#: What the console counts of a file that a scanner stopped.
HARMFUL: Final = "the virus scanner found something harmful in the file"


class Filing:
    """Keeps submissions with their files. `scanner` looks through files; without one only kind and size are checked."""

    def __init__(self, spool: Spool, keeper: FileKeeper, scanner: Clamd | None = None) -> None:
        self._spool = spool
        self._keeper = keeper
        self._scanner = scanner
        self._encode = msgspec.msgpack.Encoder().encode
        self._ids = RecordIds()

    async def harmful(self, files: Sequence[Checked]) -> frozenset[str]:
        """Return the items with a harmful file. Raises ScannerUnavailable when a configured scanner does not look at one."""
        if self._scanner is None:
            return frozenset()
        found: set[str] = set()
        for one in files:
            if one.item not in found and await self._scanner.finds(one.content):
                found.add(one.item)
        return frozenset(found)

    async def keep(self, submission: Submission, files: Sequence[Checked], now_ms: int) -> None:
        """Keep a submission and its files; returns after both are durable.

        Raises SpoolFull, and StoreUnavailable when the files cannot be kept; then nothing of it is kept.
        """
        if files:
            submission = await self._with_files(submission, files, now_ms)
        try:
            await self._spool.append([self._encode(submission)])
        except SpoolFull:  # the record will never come; after a cancelled wait it may still, and the sweep sees to its files
            self._keeper.discard_files([one.stored for one in submission.files])
            raise

    async def _with_files(self, submission: Submission, files: Sequence[Checked], now_ms: int) -> Submission:
        """Return the record with its files kept, off the event loop: sealing and fsync take their time.

        They get names of their own each time: what a delivery brings again never touches what is kept of it already.
        """
        if not submission.identifiers:
            raise StoreUnavailable("a file came without an address that it could be found by")
        contents = [one.content for one in files]
        names = await asyncio.to_thread(self._keeper.keep_files, self._ids.new(now_ms), submission.identifiers, contents, now_ms)
        return msgspec.structs.replace(submission, files=[one.stored(name) for one, name in zip(files, names, strict=True)])


def files_bytes(rulebook: Rulebook, point: CollectionPoint, most: int) -> int:
    """Return how many bytes the files of a collection point may have together, at most `most`; 0 where it takes none."""
    limits = [file for name in point.fields if (file := rulebook.data[name].file)]
    return min(sum(one.max_bytes * one.max_files for one in limits), most)
