"""The engine itself: opens chDB after the fork, runs statements on a few threads, tells the others where it listens.

One chDB connection per thread (CHOICES, trap 1). What pages ask has threads of its own (`questions`). The file
`run/engine.json` holds the URL with a password made again at each start; it is written last, when the engine answers, and
readable by its owner alone.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Final

from avow.definitions import StoreUnavailable
from avow.store import changed
from avow.store.embedded import http
from avow.store.embedded.notes import Notes
from avow.store.embedded.parts import Parts
from avow.store.embedded.questions import Questions
from avow.store.embedded.statements import Statement, StatementFailed

#: Statements at the same time next to questions: one long mutation, one export for a backup, one drain.
_THREADS: Final = 3
#: Limits of the engine; without them it sizes its caches for a machine of its own. Bytes, threads.
_OPTIONS: Final = {
    "mark_cache_size": 32 << 20,
    "index_mark_cache_size": 4 << 20,
    "primary_index_cache_size": 32 << 20,
    "uncompressed_cache_size": 0,
    "query_condition_cache_size": 4 << 20,
    "compiled_expression_cache_size": 8 << 20,
    "max_server_memory_usage": 3 << 30,
    "max_thread_pool_size": 256,
    "background_pool_size": 2,
}
#: Each body has its own columns, whatever another one under the same name had.
_AS_IT_IS: Final = "schema_inference_use_cache_for_file = 0"
#: A statement that inserts what is stored already.
_COPIES: Final = re.compile(r"\s*(?:--[^\n]*\n\s*)*INSERT\b", re.IGNORECASE)
#: What chDB raises: RuntimeError, and its own class under it, for what the engine says; TypeError for a text that is not Unicode.
#: OSError is of the memory in which an insert lies. Anything else is a fault of ours, and ends the connection.
_REFUSALS: Final = (RuntimeError, TypeError, OSError)
#: What chDB imports where it is installed.
_ARROW: Final = "pyarrow"
_ROWS: Final = "SELECT total_rows FROM system.tables WHERE database = currentDatabase() AND name = 'events'"

log = logging.getLogger(__name__)


class Engine:
    """chDB in `folder`, answering on loopback; `run_folder/engine.json` says where. Start it only after every fork."""

    def __init__(self, folder: Path, run_folder: Path) -> None:
        self._folder = folder
        self._announcement = run_folder / "engine.json"
        self._threads: ThreadPoolExecutor | None = None
        self._questions: Questions | None = None
        self._server: http.Server | None = None
        self._local = threading.local()
        self._connections: list[Any] = []  # Any: chDB ships no types
        self._parts = Parts(lambda sql: self.run(Statement(sql)))
        self._notes = Notes(folder)
        self.url = ""

    def start(self) -> str:
        """Open the engine, listen, write engine.json and return the URL; raise StoreUnavailable when it cannot open."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._announcement.parent.mkdir(parents=True, exist_ok=True)
        self._announcement.unlink(missing_ok=True)
        self._notes.clean()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="chdb", initializer=self._connect)
        try:
            self._threads.submit(self._execute, Statement("SELECT 1")).result()
        except (StatementFailed, BrokenExecutor) as error:  # the latter: no thread got its connection
            self._threads.shutdown()
            raise StoreUnavailable(f"{self._folder}: the event engine does not open ({type(error).__name__})") from error
        self._parts.start()
        self._questions = Questions(self._execute, self._connect)
        self._threads.submit(self._note).result()
        password = secrets.token_urlsafe(24)
        self._server = http.serve(self.run, self._questions.end, password)
        self.url = f"http://avow:{password}@127.0.0.1:{self._server.port}"
        _write_private(self._announcement, json.dumps({"url": self.url}))
        return self.url

    def stop(self) -> None:
        """Stop listening, end questions, let other running statements finish, close the engine. Safe to call twice."""
        self._announcement.unlink(missing_ok=True)
        if self._server is not None:
            self._server.stop()
            self._server = None
        self._parts.stop()
        if self._questions is not None:
            self._questions.stop()
            self._questions = None
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def run(self, statement: Statement, is_left: Callable[[], bool] = lambda: False) -> bytes:
        """Run one statement on an engine thread and return its result; raise StatementFailed with the engine's code.

        One that has an id and changes nothing is a question: it ends when `is_left` says that nobody waits for it any more.
        """
        if self._threads is None:
            raise StoreUnavailable("the event engine is stopped")
        if self._questions is not None and statement.query_id and not statement.changes:
            return self._questions.answer(statement, is_left)
        return self._threads.submit(self._execute, statement).result()

    # -- on an engine thread -----------------------------------------------------------------------------------

    def _connect(self) -> None:
        """Give the calling thread its own connection."""
        options = "&".join(f"{name}={value}" for name, value in _OPTIONS.items())
        self._local.connection = _chdb().connect(f"{self._folder}?{options}")
        self._local.settings = {}
        self._connections.append(self._local.connection)

    def _execute(self, statement: Statement) -> bytes:
        """Run one statement on this thread's connection."""
        connection = self._local.connection
        try:
            self._apply(connection, statement.settings)
            if statement.data is not None:
                _insert(connection, statement)
                self._read_inserted(connection)
                return b""
            with self._notes.safe(statement.sql):
                result = connection.query(statement.sql, statement.result_format, params=statement.parameters or None)
            if _COPIES.match(statement.sql):
                self._read_inserted(connection)
            elif statement.changes:
                self._parts.wrote()
            return bytes(result.bytes() or b"")
        except _REFUSALS as error:
            raise StatementFailed(str(error)) from error
        finally:
            if statement.changes:  # also where it failed: some of it may be done
                self._note()

    def _note(self) -> None:
        """Say that the events are in another state, and whether there are any; the engine knows how many without counting."""
        try:
            rows = bytes(self._local.connection.query(_ROWS).bytes() or b"").strip()
        except _REFUSALS:
            rows = b"not known"
        changed.note(self._announcement.parent, is_empty=rows in {b"", b"0"})

    def _read_inserted(self, connection: Any) -> None:  # Any: as above
        """Read what an insert wrote, before it is acknowledged."""
        self._parts.read_inserted(lambda sql: bytes(connection.query(sql).bytes() or b""))

    def _apply(self, connection: Any, wanted: dict[str, str]) -> None:  # Any: as above
        """Make the connection's settings those of this statement; HTTP requests share no settings."""
        current: dict[str, str] = self._local.settings
        if current == wanted:
            return
        changes = [f"{name} = DEFAULT" for name in current if name not in wanted]
        changes += [f"{name} = {_quoted(value)}" for name, value in wanted.items() if current.get(name) != value]
        self._local.settings = {}  # unknown until the last change succeeded
        for change in changes:
            connection.query(f"SET {change}")
        self._local.settings = dict(wanted)


@cache
def _chdb() -> Any:  # Any: as above
    """Return chDB, imported as where pyarrow is not installed; the first of an engine's threads does it before there are others.

    Pyarrow is for formats that nobody asks for here, and takes a third of the engine's start and 40 MB.
    """
    if _ARROW not in sys.modules:
        sys.modules[_ARROW] = None  # type: ignore[assignment]  # Python's own way to have an import fail
        try:
            import chdb.state  # noqa: PLC0415 - 0.3 s and 200 MB, wanted by the storage process alone, after the fork
        finally:
            del sys.modules[_ARROW]
    import chdb  # noqa: PLC0415 - as above

    return chdb


def _insert(connection: Any, statement: Statement) -> None:  # Any: chDB ships no types
    """Insert the body of a statement; raise the engine's error when it says that it does not keep all of it.

    The engine reads the body as a file, which lies in memory. Its own streaming insert says that all is well when it could
    not keep what it was given: on a full disk everything acknowledged was lost.
    """
    if statement.data:
        with os.fdopen(os.memfd_create("insert"), "wb") as body:
            body.write(statement.data)
            body.flush()
            source = f"file('/proc/self/fd/{body.fileno()}', {_quoted(statement.data_format)})"
            connection.query(f"{statement.sql} SELECT * FROM {source} SETTINGS {_AS_IT_IS}")  # noqa: S608 - number and format are ours


def _quoted(value: str) -> str:
    """Return a value as an SQL literal; numbers stay numbers."""
    if re.fullmatch(r"-?\d+(\.\d+)?", value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
