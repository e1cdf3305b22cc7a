"""Files of one submission, from checked bytes in memory to sealed ones on the disk: what forms and feeds both do with them.

Files are durable before the record that names them: a crash between leaves files that nothing names, which the purge
sweeps; never a record without its files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from avow.collection.forms.uploads import Checked
from avow.collection.forms.virus_scan import Clamd
from avow.definitions import SpoolFull, StoreUnavailable, Submission
from avow.policy import Rulebook
from avow.policy.rulebook.declarations import FileLimits
from avow.spool.spool import Spool
from avow.store.store import Store

#: Most bytes of all files of one submission together: they are held in memory while they are checked and sealed.
SUBMISSION_FILES_BYTES: Final = 32 * 1024 * 1024
#: What the console counts of a file that a scanner stopped.
HARMFUL: Final = "the virus scanner found something harmful in the file"


def limits_of(rulebook: Rulebook, point: str) -> dict[str, FileLimits]:
    """Return the declared items of a collection point that are files, with their limits; nothing for an unknown point."""
    declared = rulebook.points.get(point)
    names = declared.fields if declared else ()
    return {name: limits for name in names if (limits := rulebook.data[name].file)}


def most_bytes(rulebook: Rulebook, point: str) -> int:
    """Return how many bytes the files of one submission may have together; 0 for a point that declares none."""
    return min(sum(one.max_bytes * one.max_files for one in limits_of(rulebook, point).values()), SUBMISSION_FILES_BYTES)


class Attachments:
    """Looks through files where a scanner is configured, and keeps them with the record that names them."""

    def __init__(self, keeper: Store, scanner: Clamd | None = None) -> None:
        """`scanner` looks through files; without one only kind and size were checked."""
        self._keeper = keeper
        self._scanner = scanner
        self._encode = msgspec.msgpack.Encoder().encode

    async def harmful(self, files: Sequence[Checked], rulebook: Rulebook) -> dict[str, str]:
        """Return for each item with a harmful file a sentence that says so. Raises ScannerUnavailable."""
        if self._scanner is None:
            return {}
        found: dict[str, str] = {}
        for one in files:
            if one.item not in found and await self._scanner.finds(one.content):
                label = rulebook.data[one.item].label
                found[one.item] = f"Our virus scanner found something harmful in “{label}”. Please send another file."
        return found

    async def is_harmful(self, content: bytes) -> bool:
        """Return whether a scanner finds something in a file of no form; False without one. Raises ScannerUnavailable."""
        return self._scanner is not None and await self._scanner.finds(content)

    async def keep(self, submission: Submission, files: Sequence[Checked], spool: Spool, now_ms: int) -> None:
        """Keep files, then the record that names them; returns after both are durable.

        Raises StoreUnavailable when the files cannot be kept, and SpoolFull; then nothing is kept.
        """
        named = await self._with_files(submission, files, now_ms) if files else submission
        try:
            await spool.append([self._encode(named)])
        except SpoolFull:  # the record will never come; after a cancelled wait it may still, and the sweep sees to its files
            self._keeper.discard_files([one.stored for one in named.files])
            raise

    async def _with_files(self, submission: Submission, files: Sequence[Checked], now_ms: int) -> Submission:
        """Return the record with its files kept, off the event loop: sealing and fsync take their time."""
        if not submission.people:
            raise StoreUnavailable("a file came without an address that it could be found by")
        contents = [one.content for one in files]
        names = await asyncio.to_thread(self._keeper.keep_files, submission, contents, now_ms)
        if not names:  # of somebody who was erased since: the store drops the record
            return submission
        kept = [one.stored(name) for one, name in zip(files, names, strict=True)]
        return msgspec.structs.replace(submission, files=kept)
