"""What the engine wrote is read once before what it replaces may go: chDB says that all is well whatever the disk did.

An insert, a merge or a mutation whose bytes found no room, on a disk that was full for a moment or behind a quota, leaves a
part whose files are cut off, and the engine acknowledges it. Nobody can read it, after the next start it is put aside, and what
it was made of went a second later: one full disk could take every event. So

    after an insert    its parts are read before it is acknowledged
    otherwise          nothing that was replaced leaves the disk before what replaced it was read

and where a part cannot be read, this process ends: the next one opens the store with what was there before, and the insert,
which nobody acknowledged, comes once more.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from avow.definitions import StoreUnavailable
from avow.store.embedded.statements import StatementFailed

#: Runs a statement on the engine and returns its result; raises StatementFailed.
Ask = Callable[[str], bytes]

#: Pauses between two looks, seconds: while what an erasure or a merge replaced lies there, after a write, and at rest.
CLEANING_SECONDS: Final = 0.4
LOOK_SECONDS: Final = 0.7
REST_SECONDS: Final = 10.0
#: Merges follow a write within so many seconds, mostly.
STIRRED_SECONDS: Final = 30.0
#: The engine removes what was replaced at its own pace; so long it may take, before the next look.
CLEANUP_SECONDS: Final = 5.0
#: Looks that fail one after the other before that is said.
TOLD: Final = 20
#: The exit status of a process that read a part that was not written whole: EX_IOERR of sysexits.h.
STATUS: Final = 74
#: How the engine calls what it removes when it opens a table.
_TO_REMOVE: Final = "delete_tmp_"

#: The tables of events: the one, and the one that is filled to take its place (store/moving.py).
_TABLES: Final = (
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN ('events', 'events_next') FORMAT TabSeparated"
)
_LIST: Final = (
    "SELECT table, name, path, active, partition_id, min_block_number, max_block_number, level FROM system.parts "
    "WHERE database = currentDatabase() AND table IN ('events', 'events_next') FORMAT JSONCompactEachRow "
    "SETTINGS output_format_json_quote_64bit_integers = 0"
)
_ASIDE: Final = (
    "SELECT table, name, path, 0, partition_id, min_block_number, max_block_number, level FROM system.detached_parts "
    "WHERE database = currentDatabase() AND table IN ('events', 'events_next') AND min_block_number IS NOT NULL "
    "FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0"
)
_DROP: Final = "ALTER TABLE {} DROP DETACHED PART '{}' SETTINGS allow_drop_detached = 1"
_CHECK: Final = "CHECK TABLE {} PART '{}' FORMAT JSONCompactEachRow SETTINGS check_query_single_value_result = 0"

#: What the engine says of a part that is none any more, and of a table.
_GONE: Final = ("NO_SUCH_DATA_PART", "UNKNOWN_TABLE")
#: Files of a part of which its sums say nothing, and how each ends.
_UNSUMMED: Final = {"columns_substreams.txt": b"\n", "default_compression_codec.txt": b")", "metadata_version.txt": b""}

log = logging.getLogger(__name__)


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One part of a table, as the engine lists it; blocks count inserts, and `level` how often it was merged."""

    table: str
    name: str
    path: str
    active: int
    partition: str
    first_block: int
    last_block: int
    level: int

    def replaces(self, other: Part) -> bool:
        """Return whether this part holds what the other one held."""
        is_around = self.first_block <= other.first_block and other.last_block <= self.last_block
        return (self.folder, self.partition) == (other.folder, other.partition) and is_around

    @property
    def folder(self) -> Path:
        """The folder of its table, whose name may change."""
        return next((one for one in Path(self.path).parents if one.name != "detached"), Path(self.path))


class Parts:
    """Keeps what was replaced until what replaced it was read; one for an engine. `ask` waits for a thread of the engine."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._sound: set[str] = set()
        self._lock = threading.Lock()
        self._written = threading.Event()
        self._written_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="engine-parts", daemon=True)

    def start(self) -> None:
        """From now on nothing that is replaced goes by itself."""
        with suppress(StatementFailed):  # the first start of all: the table is not made yet
            self._cleanup("STOP")
            for table in self._tables():
                self._ask(f"SYSTEM WAIT LOADING PARTS {table}")  # what was replaced is loaded later: who waits for it must see it
            self._let_go_of_copies()
        self._thread.start()

    def stop(self) -> None:
        """Look no more; what was replaced waits for the next start."""
        self._stopping.set()
        self._written.set()
        if self._thread.is_alive():
            self._thread.join()

    def wrote(self) -> None:
        """Tell that something was written, and parts will be replaced."""
        self._written_at = time.monotonic()
        self._written.set()

    def read_inserted(self, ask: Ask) -> None:
        """Read what an insert wrote, on its own thread of the engine; where it cannot be read, nothing was acknowledged."""
        self.wrote()
        self._read([one for one in _listed(ask) if one.active and not one.level], ask)

    def once(self) -> None:
        """Let go of what was replaced by parts that were read: for some seconds the engine may remove, then no more."""
        self._cleanup("STOP")
        parts = _listed(self._ask)
        self._read(_replacing(parts), self._ask)
        with self._lock:  # each insert makes a part: those that are merged away are remembered no longer
            self._sound &= {one.path for one in parts if one.active}
        gone = {one.path for one in parts if not one.active}
        if not gone:
            return
        until = time.monotonic() + CLEANUP_SECONDS
        self._cleanup("START")
        try:
            while gone and time.monotonic() < until and not self._stopping.wait(CLEANING_SECONDS):
                parts = _listed(self._ask)
                if any(one.path not in self._sound for one in _replacing(parts)):
                    break  # replaced meanwhile, which stays for a second: it is read first
                gone &= {one.path for one in parts}
        finally:
            self._cleanup("STOP")

    def _tables(self) -> list[str]:
        return self._ask(_TABLES).decode().split()

    def _cleanup(self, what: str) -> None:
        """Let the engine remove what was replaced in the tables of events (START), or keep it from it (STOP)."""
        for table in self._tables():
            with suppress(StatementFailed):  # it is dropped, or took the other's place, and is named in the next look
                self._ask(f"SYSTEM {what} CLEANUP {table}")

    def _let_go_of_copies(self) -> None:
        """Remove what the engine put aside at this start where what it was made of is back; say so where nothing is.

        Nobody can read it, but its bytes would outlive the erasure of anyone who is in it.
        """
        back = [one for one in _listed(self._ask) if one.active]
        for part in _parts(self._ask(_ASIDE)):
            if any(part.replaces(one) for one in back):
                self._ask(_DROP.format(part.table, part.name))
            else:
                log.error("part %s of the event store cannot be read: what was in it is lost, or in a backup", part.name)

    def _go_on(self) -> None:
        failed = 0
        while not self._stopping.is_set():
            try:
                self.once()
                failed = 0
            except (StatementFailed, StoreUnavailable, RuntimeError) as error:  # no table yet, or no thread
                failed += 1
                if failed == TOLD:
                    log.warning("what was replaced in the event store cannot be looked at (%s); it stays", type(error).__name__)
            self._written.clear()
            is_stirred = time.monotonic() - self._written_at < STIRRED_SECONDS
            if is_stirred:
                self._stopping.wait(LOOK_SECONDS)
            else:
                self._written.wait(REST_SECONDS)

    def _read(self, parts: Iterable[Part], ask: Ask) -> None:
        """Read those parts that were not read before; end this process at one that is not whole."""
        for part in parts:
            if part.path in self._sound:
                continue
            try:
                found = [json.loads(line) for line in ask(_CHECK.format(part.table, part.name)).splitlines()]
            except (StatementFailed, RuntimeError) as error:  # chDB raises the latter itself
                if any(one in str(error) for one in _GONE):  # merged meanwhile, so it was read
                    continue
                raise
            if any(not is_sound for _, is_sound, _ in found) or _is_cut(Path(part.path)):
                _give_up(part)
            if found:
                with self._lock:
                    self._sound.add(part.path)


def _listed(ask: Ask) -> list[Part]:
    """Return the parts of the tables of events that lie on the disk."""
    return _parts(ask(_LIST))


def _parts(answer: bytes) -> list[Part]:
    return [msgspec.json.decode(line, type=Part) for line in answer.splitlines()]


def _replacing(parts: Iterable[Part]) -> list[Part]:
    """Return the parts whose forerunners still lie there."""
    listed = list(parts)
    gone = [one for one in listed if not one.active]
    return [one for one in listed if one.active and any(one.replaces(other) for other in gone)]


def _is_cut(part: Path) -> bool:
    """Return whether one of the files that the engine's own check passes by is not whole."""
    for name, end in _UNSUMMED.items():
        with suppress(OSError):  # merged away meanwhile, or of a version that wrote no such file
            text = (part / name).read_bytes()
            if not text or not text.endswith(end):
                return True
    return False


def _give_up(part: Part) -> None:
    """End this process at once; at the next start the engine removes the part and opens with what it was made of."""
    log.error("part %s of the event store was not written whole; it starts again with what was there before", part.name)
    path = Path(part.path)
    with suppress(OSError):
        path.rename(path.with_name(f"{_TO_REMOVE}{part.name}"))
    os._exit(STATUS)
