"""A real store in a temporary folder: the embedded engine, SQLite and files, as the storage process opens them."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import event

from avow.store.embedded import Engine

sys.path.insert(0, str(Path(__file__).parent))  # the tests import `store_records` beside them

from store_records import Writer, open_parts

#: Values in one statement of SQLite as it ships; some distributions allow more.
BOUND = 32_766


@event.listens_for(Database, "connect")
def _as_it_ships(connection, _record):
    """Let no statement of a test bind more values than any SQLite takes."""
    if isinstance(connection, sqlite3.Connection):
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, BOUND)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    """Keep one running engine for a module; its folder is the whole installation."""
    path = tmp_path_factory.mktemp("installation")
    engine = Engine(path / "events", path / "run")
    engine.start()
    yield path
    engine.stop()


@pytest.fixture
def store(folder: Path, request: pytest.FixtureRequest):
    """Return an empty store, its control data on SQLite; on PostgreSQL where a test asks for that by the fixture's parameter."""
    for name in ("control.db", "keys.db"):
        for suffix in ("", "-wal", "-shm"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)
    shutil.rmtree(folder / "files", ignore_errors=True)
    server = request.getfixturevalue("postgresql") if getattr(request, "param", "sqlite") == "postgresql" else None
    url = server.database() if server else ""
    opened = open_parts(folder, url)
    opened.events.prepare()
    opened.events.empty()
    yield opened
    opened.close()
    if server:
        server.drop(url)


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'control.db'}"
    return request.getfixturevalue("postgresql").empty()
