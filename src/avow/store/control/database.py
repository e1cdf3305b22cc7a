"""The database of the control store: how it is opened, upgraded, wiped and copied."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from avow.definitions import StoreUnavailable

#: The newest migration; a test compares it with the folder.
HEAD: Final = "20261129_0009"
_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"
#: How long a process waits for another's write, seconds.
_BUSY_SECONDS: Final = 20
#: A checkpoint waits for readers of the WAL; they read for milliseconds.
_CHECKPOINT_TRIES: Final = 3

Transaction = Connection


class Control:
    """The control store at an SQLAlchemy URL. Open it in each process, after the fork; any thread may use it."""

    def __init__(self, url: str) -> None:
        self.url = url
        parsed = make_url(url)
        self.path = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        self._engine = create_engine(url)
        if self.path is not None:
            event.listen(self._engine, "connect", _settle)
            event.listen(self._engine, "begin", _begin)
        self._readers = self._engine.execution_options(avow_reads=True)
        self._upgrade()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Hold a writing transaction: kept durably at the end, undone on any exception."""
        with _reached(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Hold a reading transaction: one consistent state, beside any writer."""
        with _reached(), self._readers.begin() as connection:
            yield connection

    def checkpoint(self) -> bool:
        """Write SQLite's WAL into the file and cut it to nothing, so that deleted bytes leave both; True when whole."""
        if self.path is None:
            return True
        with self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection  # Any: the driver's own
            for _ in range(_CHECKPOINT_TRIES):
                if not raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    return True
        return False

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _upgrade(self) -> None:
        """Run the migrations that are missing; processes that start together wait for the first."""
        with _reached():
            if self._version() == HEAD:
                return
            with _one_at_a_time(self.path):
                if self._version() != HEAD:
                    _migrate(self._engine)

    def _version(self) -> str | None:
        """Return the newest migration that was run."""
        with self._readers.begin() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    """Bring the database to HEAD in one transaction."""
    from alembic import command  # noqa: PLC0415 - 0.2 s, needed on the first start of a version only
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


@contextmanager
def _one_at_a_time(path: Path | None) -> Iterator[None]:
    """Hold the lock of the migrations of a SQLite file; a server database brings its own."""
    if path is None:
        yield
        return
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _reached() -> Iterator[None]:
    """Say StoreUnavailable when the database does not answer; its own errors quote values."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or type(error).__name__ in {"OperationalError", "DatabaseError"}:
            raise StoreUnavailable(f"the control store does not answer ({type(error.orig).__name__})") from None
        raise


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
