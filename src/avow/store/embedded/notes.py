"""What the engine wrote down of its tables and mutations: a note that a full disk cut off keeps it from opening for ever.

chDB says that all is well whatever the disk did, and a note is written again whole when a table is made or gets a column. So

    before such a statement   each note gets a second name (a hard link), which takes no room on a disk that has none
    after it                  a note that is cut off is what it was before, or goes where there was none, and this process ends
    at a start                the same, where a kill came between; then what earlier versions and full disks left is removed
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: A statement that writes notes of tables.
_DEFINES: Final = re.compile(r"\s*(?:--[^\n]*\n\s*)*(?:CREATE\s+TABLE|ALTER\s+TABLE\s+\w+\s+ADD\s+COLUMN)\b", re.IGNORECASE)
#: Views that earlier versions made.
_VIEWS: Final = ("site_events", "page_views")
#: The engine's name for a view that was about to take the place of another.
_REPLACING: Final = "_tmp_replace_"
#: How the engine's note of a table begins, and the id by which it names its folder.
_TABLE: Final = b"ATTACH "
_ID: Final = re.compile(rb"UUID '([0-9a-f-]{36})'")
#: How the engine's note of a mutation begins.
_MUTATION: Final = b"format version: "
#: Where the notes have their second names, in the engine's folder.
_KEPT: Final = "notes-before"
#: The exit status of a process that could not write a note: EX_IOERR of sysexits.h.
_STATUS: Final = 74

log = logging.getLogger(__name__)


class Notes:
    """The notes of an engine's tables; one for an engine. Any of its threads may define tables."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._kept, self._lock = folder, folder / _KEPT, threading.Lock()

    @contextmanager
    def safe(self, sql: str) -> Iterator[None]:
        """Hold while a statement runs; where it writes notes, none is cut off after it, or this process ends."""
        if not _DEFINES.match(sql):
            yield
            return
        with self._lock:
            self._keep()
            yield
            if not self._settle():
                os._exit(_STATUS)

    def clean(self) -> None:
        """Before the engine opens: put back what was cut off, and remove what would keep it from opening."""
        if self._kept.is_dir():
            self._settle()
        _forget_views(self._folder)
        _forget_unwritten(self._folder)
        _forget_unmade(self._folder)

    def _keep(self) -> None:
        """Give each note a second name. The folder is there at last when it has all of them."""
        fresh = self._kept.with_suffix(".new")
        for folder in (fresh, self._kept):
            shutil.rmtree(folder, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        for note in self._folder.glob("store/*/*/*.sql"):
            os.link(note, fresh / note.name)
        fresh.rename(self._kept)

    def _settle(self) -> bool:
        """Put back each note that is cut off, or remove one that was not there before; return whether all were whole."""
        cut = [note for note in self._folder.glob("store/*/*/*.sql") if not _is_whole(note.read_bytes())]
        for note in cut:
            before = self._kept / note.name
            log.error("%s was not written, because the disk is full; the event store starts again without the change", note.name)
            before.replace(note) if before.exists() else note.unlink()
        shutil.rmtree(self._kept)
        return not cut


def _is_whole(text: bytes) -> bool:
    return text.startswith(_TABLE) and text.endswith(b"\n")


def _forget_views(folder: Path) -> None:
    """Remove the views of earlier versions, which nobody asks.

    One that a full disk or a kill left empty keeps the engine from opening for ever.
    """
    for written in folder.glob("store/*/*/*.sql"):
        if written.stem in _VIEWS or written.name.startswith(_REPLACING):
            written.unlink(missing_ok=True)


def _forget_unwritten(folder: Path) -> None:
    """Remove mutations that a full disk left without a word: one keeps the engine from opening for ever.

    What it was to remove is still on the work list of the purge, or due, and is removed by the next.
    """
    for written in folder.glob("store/*/*/mutation_*.txt"):
        if not written.read_bytes().startswith(_MUTATION):
            log.warning("%s was never written, because the disk was full; it is left out", written.name)
            written.unlink()


def _forget_unmade(folder: Path) -> None:
    """Remove what the engine wrote down of tables that a full disk cut off: one keeps the engine from opening for ever.

    Only where nothing was stored in them, as at the very first start: `Events.prepare` makes them again. A table is told from
    the others by their ids, so that of one that holds records, whose id was cut off with the rest, nothing is removed.
    """
    written = {one: one.read_bytes() for one in folder.glob("store/*/*/*.sql")}
    cut = [one for one, text in written.items() if not _is_whole(text)]
    named = {found.decode() for one, text in written.items() if one not in cut for found in _ID.findall(text)}
    stored = [one for one in folder.glob("store/*/*/*/columns.txt") if one.parts[-3] not in named] if cut else []
    for one in cut:
        if stored:
            log.error("%s was cut off, and records are stored: put a backup back", one.name)
        else:
            log.warning("%s was never written, because the disk was full; it is made again", one.name)
            one.unlink()
