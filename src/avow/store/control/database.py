"""The database of the control store: how it is opened, upgraded, wiped and copied."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from avow.definitions import AvowError, ConfigurationError, StoreUnavailable

#: The newest migration; a test compares it with the folder.
HEAD: Final = "20261130_0043"
_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"
#: How long a process waits for another's write, seconds.
_BUSY_SECONDS: Final = 20
#: A checkpoint waits for readers of the WAL; they read for milliseconds.
_CHECKPOINT_TRIES: Final = 3
#: PostgreSQL's driver, and the ways in which people write its URL.
_DRIVER: Final = "postgresql+psycopg"
_POSTGRESQL: Final = frozenset({_DRIVER, "postgresql", "postgres"})
#: How a line to a PostgreSQL server is given up, in its driver's words and units; what the URL says goes before.
_LINE: Final = {"connect_timeout": 10, "keepalives_idle": 30, "tcp_user_timeout": 30_000, "application_name": "avow"}
#: The kinds of error by which a database says that it, not the statement, is at fault; a lost deadlock is one of them.
_AWAY: Final = frozenset({"OperationalError", "DatabaseError", "InterfaceError", "InternalError"})

Transaction = Connection


class Control:
    """The control store at a URL of SQLite or PostgreSQL. Open it in each process, after the fork; any thread may use it.

    Raises ConfigurationError for a URL that names neither, or a server whose driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        parsed = _parsed(url)
        self.path = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            self._engine = create_engine(parsed, hide_parameters=True)
            event.listen(self._engine, "connect", _settle)
            event.listen(self._engine, "begin", _begin)
            self._readers = self._engine.execution_options(avow_reads=True)
        else:
            self._engine = _server(parsed)
            self._readers = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._watcher: sqlite3.Connection | None = None
        self._watching = threading.Lock()
        self._shared = threading.local()  # the reading of `one_look`
        self._upgrade()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Hold a writing transaction: kept durably at the end, undone on any exception."""
        with _reached(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Hold a reading transaction: one consistent state, next to any writer."""
        shared = getattr(self._shared, "connection", None)
        if shared is not None:
            yield shared
            return
        with _reached(), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """Let every reading of this thread be the same one meanwhile, so that many questions see one state.

        What is written meanwhile is not seen: for questions alone.
        """
        with self.reading() as connection:
            before = getattr(self._shared, "connection", None)
            self._shared.connection = connection
            try:
                yield
            finally:
                self._shared.connection = before

    def checkpoint(self) -> bool:
        """Write SQLite's WAL into the file and cut it to nothing, so that deleted bytes leave both; True when whole."""
        if self.path is None:
            return True
        with self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection  # Any: the driver's own
            for _ in range(_CHECKPOINT_TRIES):
                with suppress(sqlite3.Error):  # "locked": another process checkpoints, and the next one of ours follows
                    if not raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                        return True
        return False

    def changes(self) -> int | None:
        """Return a number that is another one after each commit, of whatever process; None where nobody knows, as on a server.

        It is the change counter that SQLite keeps (PRAGMA data_version), asked on a connection that never writes, and a
        hundredth of what a transaction costs.
        """
        if self.path is None:
            return None
        with self._watching, suppress(sqlite3.Error):  # a store that does not answer is seen by whoever reads it
            if self._watcher is None:
                there = f"{self.path.absolute().as_uri()}?mode=rw"  # a store that is missing is not made anew by a look at it
                self._watcher = sqlite3.connect(there, uri=True, isolation_level=None, check_same_thread=False)
            return int(self._watcher.execute("PRAGMA data_version").fetchall()[0][0])
        return None

    def close(self) -> None:
        """Close the connections."""
        with self._watching:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None
        self._engine.dispose()

    def _upgrade(self) -> None:
        """Run the migrations that are missing; processes that start together wait for the first."""
        with _reached():
            if self._version() == HEAD:
                return
            with _one_at_a_time(self.path):
                _migrate(self._engine)

    def _version(self) -> str | None:
        """Return the newest migration that was run."""
        with self._readers.begin() as connection:
            return _version_of(connection)


def alone(tx: Transaction, *names: str) -> None:
    """Wait until no other transaction that named the same is open: for what is read, and written by what was read.

    On SQLite a writing transaction is alone as it is. On a server two of them each read what the other is about to write.
    """
    if tx.dialect.name == "postgresql":
        drawn = hashlib.blake2b("\0".join(("avow", *names)).encode(), digest_size=8).digest()
        tx.execute(select(func.pg_advisory_xact_lock(int.from_bytes(drawn, "big", signed=True))))


def messages_table(control: sqlite3.Connection) -> str:
    """Return the table of a SQLite store that says whose messages are, also of a store that no migration has reached yet."""
    wanted = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('mail', 'delivery_people')"
    return "mail" if ("mail",) in control.execute(wanted).fetchall() else "delivery_people"


def require_url(url: str) -> None:
    """Raise ConfigurationError for a URL of no control store; it does not ask whether anybody answers."""
    _parsed(url)


def _parsed(url: str) -> URL:
    """Return the URL of a control store with the driver that reaches it; it may hold a password, so no error quotes it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "storage.control is no URL of a database; write postgresql://USER@HOST/DATABASE, or nothing for SQLite"
        ) from None
    if parsed.drivername in _POSTGRESQL:
        return parsed.set(drivername=_DRIVER)
    if parsed.drivername != "sqlite":
        raise ConfigurationError("storage.control names neither SQLite nor PostgreSQL; write postgresql://USER@HOST/DATABASE")
    return parsed


def _server(url: URL) -> Engine:
    """Return the engine of a PostgreSQL server; a line that was lost meanwhile is made again before it is used."""
    line = {name: value for name, value in _LINE.items() if name not in url.query}
    try:
        engine = create_engine(url, connect_args=line, pool_pre_ping=True, pool_timeout=_BUSY_SECONDS, hide_parameters=True)
    except ImportError:
        raise ConfigurationError(
            "storage.control names a PostgreSQL server, and its driver is not installed; install avow[postgresql]"
        ) from None
    event.listen(engine, "connect", _limit)
    return engine


def _version_of(connection: Connection) -> str | None:
    """Return the newest migration that was run on a database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    """Bring the database to HEAD in one transaction, unless another process was faster.

    On a server that transaction waits for those of other processes, as long as they take.
    """
    from alembic import command  # noqa: PLC0415 - 0.2 s, needed on the first start of a version only
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
        alone(connection, "migrations")
        if _version_of(connection) != HEAD:
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)


@contextmanager
def _one_at_a_time(path: Path | None) -> Iterator[None]:
    """Hold the lock of the migrations of a SQLite file; on a server `_migrate` holds its own."""
    if path is None:
        yield
        return
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _reached() -> Iterator[None]:
    """Say StoreUnavailable when the database does not answer, AvowError when it refuses; its own errors quote values."""
    try:
        yield
    except NoConnection:
        raise StoreUnavailable("the control store does not answer (all connections are in use)") from None
    except DBAPIError as error:
        kind = type(error.orig).__name__
        if error.connection_invalidated or type(error).__name__ in _AWAY:
            raise StoreUnavailable(f"the control store does not answer ({kind})") from None
        raise AvowError(f"the control store refused a statement ({kind})") from None


def _limit(connection: Any, _record: object) -> None:  # Any: the driver's own
    """Let nothing on a new connection to a server wait for another's lock longer than on SQLite."""
    connection.execute(f"SET lock_timeout = '{_BUSY_SECONDS}s'")
    connection.commit()


def _settle(connection: sqlite3.Connection, _record: object) -> None:
    """Give a new SQLite connection the settings that make a commit durable and a deletion final."""
    connection.isolation_level = None  # `_begin` says how a transaction begins
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")


def _begin(connection: Connection) -> None:
    """Begin a SQLite transaction: writers take the lock at once, so that none has to give up half way."""
    reads = connection.get_execution_options().get("avow_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
