"""Server logs that staff upload: kept sealed, counted by a job, and taken in by it when somebody says so.

    arriving -> waiting -> counted -> confirmed -> done
    any of them -> failed | discarded

    (new)     -> arriving   -> [Uploads.take]
    arriving  -> waiting    -> [Uploads.take]       the file is there, sealed under a key of its own
    waiting   -> counted    -> [Importing.once]     read once, nothing kept: how many lines would be
    counted   -> confirmed  -> [Uploads.confirm]
    confirmed -> done       -> [Importing.once]     read again, and kept as the command keeps it
    counted   -> discarded  -> [Uploads.discard], [Importing.once] after a day; so does what never arrived

A line has the id that every other import of it has (`server_log`), so that an upload that is sent twice, or begun again after a
crash, adds nothing twice. The twin of `avow import-log`. Why: decision 0071.
"""

from __future__ import annotations

import gzip
import io
import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import IO, Final, cast

from cryptography.exceptions import InvalidTag

from avow.collection import counted
from avow.collection.drain import Sink
from avow.collection.logs import log_formats, log_intake
from avow.collection.logs.log_intake import Imports, point_of
from avow.collection.logs.server_log import Import
from avow.collection.refusals import Refusals
from avow.config import Configuration
from avow.definitions import LogLine, Refusal
from avow.gate import entries
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.store.control import log_imports
from avow.store.control.log_imports import LogImport
from avow.store.paging import LINES, Page, Place
from avow.store.store import Store

#: Largest upload, bytes: it is in a worker's memory while it is sealed. Packed, that is some million lines.
UPLOAD_BYTES: Final = 16 * 1024 * 1024
#: Most bytes that an upload unpacks to: what unpacks to more is no log of a day, and may be made to fill the disk.
UNPACKED_BYTES: Final = 512 * 1024 * 1024
#: Longest piece of a line that is held in memory, bytes: a file that is no log may have no line ends.
LONGEST: Final = 1024 * 1024
#: Uploads that wait for something at once; each keeps its file.
AT_ONCE: Final = 4
#: An upload that nobody confirmed is given up after so long: it holds addresses that nobody asked to keep.
KEPT: Final = timedelta(hours=24)
#: How long the list says what became of an upload.
LISTED: Final = timedelta(days=90)
#: Lines of one step of the job, after which it looks whether it should go on.
STEP_LINES: Final = 2_000
#: Longest format and name of a log, characters.
FORMAT_LENGTH: Final = 1_000
_KEYS: Final = "log-import"
_OPEN: Final = ("arriving", "waiting", "counted", "confirmed")
_OVER: Final = ("done", "failed", "discarded")
_RULE: Final = "docs/guide/console.md#imports"
_GONE: Final = Refusal("this upload is not waiting for that any more", _RULE)
_KEPT_MS, _LISTED_MS = (int(span.total_seconds() * 1000) for span in (KEPT, LISTED))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is said of an upload: its format, and the point, log and website that it is of, "" where it goes without saying."""

    format: str = "combined"
    point: str = ""
    log: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Uploads:
    """Uploads as pages call them."""

    store: Store
    versions: Versions
    sites: Sites
    configuration: Configuration
    now_ms: Callable[[], int]

    def lines(self, at: Place) -> Page[LogImport]:
        """Return a page of the uploads, the newest first."""
        with self.store.control.reading() as tx:
            return log_imports.listed(tx, at, LINES)

    def one(self, import_id: str) -> LogImport | None:
        """Return one upload."""
        with self.store.control.reading() as tx:
            return log_imports.get(tx, import_id)

    def take(self, content: bytes, asked: Asked, staff_id: str) -> str | Refusal:
        """Keep an upload to be counted, sealed; return its id, or why it is not taken. Nothing of it is read here."""
        refused = self._refused(content, asked)
        if refused is not None:
            return refused
        point = point_of(self.versions.in_force(), asked.point)
        if isinstance(point, Refusal):
            return point
        import_id, log = secrets.token_hex(16), log_intake.name_of(self.configuration, asked.log)
        row = LogImport(import_id, "arriving", asked.site, point, asked.format, log, staff_id, self.now_ms(), len(content))
        with self.store.control.transaction() as tx:
            log_imports.add(tx, row)
        vault = self.store.vault
        sealed = vault.seal(vault.create_key(_KEYS, import_id), content, import_id.encode())
        self.store.files.put(_file(import_id), sealed)
        with self.store.control.transaction() as tx:
            log_imports.change(tx, import_id, "arriving", state="waiting")
        return import_id

    def confirm(self, import_id: str, staff_id: str) -> Refusal | None:
        """Have a counted upload taken in."""
        return self._decide(import_id, staff_id, "confirmed")

    def discard(self, import_id: str, staff_id: str) -> Refusal | None:
        """Give up a counted upload, and destroy its file."""
        refusal = self._decide(import_id, staff_id, "discarded")
        if refusal is None:
            forget(self.store, import_id)
        return refusal

    def _decide(self, import_id: str, staff_id: str, state: str) -> Refusal | None:
        with self.store.control.transaction() as tx:
            row = log_imports.get(tx, import_id)
            if row is None or not log_imports.change(tx, import_id, "counted", state=state, done=0):
                return _GONE
            entries.record(tx, self.now_ms(), entries.LogImported(f"log-import.{state}", import_id, row.point, staff_id))
        return None

    def _refused(self, content: bytes, asked: Asked) -> Refusal | None:
        """Return why an upload is not taken."""
        if not 0 < len(content) <= UPLOAD_BYTES:
            return Refusal(f"a file has 1 to {UPLOAD_BYTES:,} bytes; pack it with gzip, or use `avow import-log`", _RULE)
        if max(len(asked.format), len(asked.log)) > FORMAT_LENGTH:
            return Refusal(f"a format and the name of a log have at most {FORMAT_LENGTH:,} characters", _RULE)
        for found in (log_formats.reader(asked.format), self.sites.chosen(asked.site)):
            if isinstance(found, Refusal):
                return found
        with self.store.control.reading() as tx:
            waiting = log_imports.count(tx, _OPEN)
        return Refusal(f"{waiting} uploads wait already; decide about them first", _RULE) if waiting >= AT_ONCE else None


@dataclass(slots=True)
class _Running:
    """An upload that is gone through: its row, what it is read as, its lines, and how far they are."""

    row: LogImport
    running: Import
    lines: Iterator[bytes]
    raw: IO[bytes]
    refusals: Refusals


@dataclass(slots=True)
class Importing:
    """The job: counts what waits, and takes in what was confirmed, some thousand lines a step."""

    store: Store
    imports: Imports
    sink: Sink
    now_ms: Callable[[], int]
    _current: _Running | None = field(default=None)

    def once(self) -> bool:
        """Do one step; return whether there is more to do. Raises StoreUnavailable: that upload is begun again.

        An upload on which anything else fails has failed, and says so; the next one goes on.
        """
        self._give_up_old()
        current = self._current or self._next()
        if current is None:
            return False
        self._current = None  # a step that raises begins the upload again
        failure, goes_on = self.store.aside.tried(partial(self._step, current))
        if failure:
            return self._failed(current.row, f"it could not be gone through ({failure})")
        if goes_on:
            self._current = current
        return True

    def _step(self, current: _Running) -> bool:
        """Go through some lines of an upload; return whether it goes on."""
        try:
            lines = list(islice(current.lines, STEP_LINES))
        except (gzip.BadGzipFile, EOFError, zlib.error):
            return not self._failed(current.row, "the compressed file is damaged; what came before the damage was gone through")
        except _TooLarge:
            return not self._failed(current.row, f"it unpacks to more than {UNPACKED_BYTES:,} bytes; use `avow import-log`")
        records = list(current.running.records(lines))
        refusal = next((one for one in records if isinstance(one, Refusal)), None)
        if refusal is not None:
            return not self._failed(current.row, f"{refusal.reason} ({refusal.rule})")
        if current.row.state == "confirmed":
            self.sink.write([one for one in records if isinstance(one, LogLine)])
            current.refusals.flush(partial(counted.add_refusals, self.store))
        return self._note(current, is_over=len(lines) < STEP_LINES)

    def _next(self) -> _Running | None:
        """Return the next upload to go through, from its beginning; None where none waits."""
        with self.store.control.reading() as tx:
            row = log_imports.first(tx, ("waiting", "confirmed"))
        if row is None:
            return None
        content, read_line = opened(self.store, row.id), log_formats.reader(row.format)
        if content is None or isinstance(read_line, Refusal):
            self._failed(row, "its file cannot be read any more; send it again")
            return None
        refusals = Refusals()
        imports = replace(self.imports, refusals=refusals)
        running = imports.of(row.point, lambda _at_ms: b"", read_line, row.log, website=row.site, names_former=True)
        raw = io.BytesIO(content)
        return _Running(row, running, _lines(raw), raw, refusals)

    def _note(self, current: _Running, *, is_over: bool) -> bool:
        """Write down how far an upload is; return whether it goes on."""
        row, made = current.row, current.running
        counts = {
            "done": row.size if is_over else current.raw.tell(),
            "lines": made.read,
            "kept": made.kept,
            "without_identifiers": made.without_identifiers,
            "unreadable": made.unreadable,
            "refused": made.refused,
        }
        is_done = is_over and row.state == "confirmed"
        state = row.state if not is_over else "done" if is_done else "counted"
        with self.store.control.transaction() as tx:
            is_ours = log_imports.change(tx, row.id, row.state, state=state, **counts)
            if is_ours and is_done:
                done = entries.LogImported("log-import.done", row.id, row.point, row.staff_id, made.kept)
                entries.record(tx, self.now_ms(), done)
        if is_ours and is_done:
            forget(self.store, row.id)
        return is_ours and not is_over

    def _failed(self, row: LogImport, trouble: str) -> bool:
        with self.store.control.transaction() as tx:
            log_imports.change(tx, row.id, row.state, state="failed", trouble=trouble)
        forget(self.store, row.id)
        return True

    def _give_up_old(self) -> None:
        """Destroy what nobody confirmed in time, and what never arrived; forget what is long over."""
        now_ms = self.now_ms()
        with self.store.control.reading() as tx:
            old = log_imports.before(tx, ("counted", "arriving"), now_ms - _KEPT_MS)
            over = log_imports.before(tx, _OVER, now_ms - _LISTED_MS)
        for row in old:
            with self.store.control.transaction() as tx:
                is_ours = log_imports.change(tx, row.id, row.state, state="discarded")
            if is_ours:
                forget(self.store, row.id)
        if over:
            with self.store.control.transaction() as tx:
                log_imports.remove(tx, [row.id for row in over])


class _TooLarge(Exception):
    """An upload unpacks to more than is read."""


def opened(store: Store, import_id: str) -> bytes | None:
    """Return the file of an upload; None when it, or its key, is gone."""
    sealed, key = store.files.get(_file(import_id)), store.vault.get_key(_KEYS, import_id)
    if sealed is None or key is None:
        return None
    with suppress(InvalidTag):
        return store.vault.unseal(key, sealed, import_id.encode())
    return None


def forget(store: Store, import_id: str) -> None:
    """Destroy the file of an upload: its key first."""
    store.vault.destroy_key(_KEYS, import_id)
    store.files.delete(_file(import_id))


def _file(import_id: str) -> str:
    return f"log-import-{import_id}"


def _lines(raw: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of an upload, plain or packed, none longer than is read at once; raise _TooLarge."""
    is_packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    source = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if is_packed else raw  # cast: it reads as files do
    size = 0
    while line := source.readline(LONGEST):
        size += len(line)
        if size > UNPACKED_BYTES:
            raise _TooLarge
        yield line
