"""The systems that GDPRbench's workloads are put to: Avow's store, and PostgreSQL with and without indexes, each as durable."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psycopg
from tests.postgresql import PostgreSQL

from avow.assurance.log_publication import publish
from avow.audit.log import Log, each_entry
from avow.audit.proof import canonical
from avow.definitions import AfterRetention, Identifier, IdentifierKind, Submission, identifier
from avow.store.control import Control, audit, choices, submissions
from avow.store.control.choices import Choice
from avow.store.control.submissions import Sought
from avow.store.files import Files
from avow.store.holdings import HeldSubmission
from avow.store.keys import Vault
from avow.store.paging import Place
from avow.store.store import Store
from bench.events import engine, person
from bench.machine import cpu_of, scratch

FIRST_DAY = date(2030, 1, 1)
NOW_MS = 1_790_000_000_000
INDEXED = ("person", "purpose", "expiry", "decision")


@dataclass
class Row:
    """One record, as each side is to know it. `objects` is of its person."""

    key: str
    person: int
    purpose: str
    expiry: date
    data: str
    decision: str = ""

    @property
    def metadata(self) -> tuple[str, ...]:
        """What is asked of it but its data."""
        return self.key, self.purpose, self.expiry.isoformat(), self.decision


class Side(ABC):
    """A system under test."""

    name: str

    @abstractmethod
    def load(self, rows: list[Row]) -> None:
        """Keep records."""

    @abstractmethod
    def delete(self, by: str, value: object) -> None:
        """Delete the records of a key, person, purpose, or whose expiry is before a day; of a person all else as well."""

    @abstractmethod
    def change(self, key: str, data: str) -> None:
        """Put other data in the place of a record's."""

    @abstractmethod
    def decide(self, key: str, decision: str, expiry: date) -> None:
        """Change metadata of a record."""

    @abstractmethod
    def object(self, one: int) -> None:
        """Note that a person objects."""

    @abstractmethod
    def read(self, by: str, value: object) -> list[tuple[str, str]]:
        """Return key and data of the records of a key, person, purpose, decision, or of who objects, in the order of keys."""

    @abstractmethod
    def metadata(self, one: int) -> list[tuple[str, ...]]:
        """Return the metadata of a person's records, in the order of keys."""

    @abstractmethod
    def logs(self, last: int) -> int:
        """Read the last entries of the log, and return how many they are."""

    @abstractmethod
    def left(self, one: int) -> int:
        """Return how many records of a person are left."""

    @abstractmethod
    def size(self) -> int:
        """Return the bytes on the disk."""

    @abstractmethod
    def processor(self) -> float:
        """Return the seconds of processor time that it, and whoever asks it, has used so far."""

    @abstractmethod
    def jobs(self) -> bool:
        """Do what runs every second; return whether it may have more to do."""


class Avow(Side):
    """Avow's store. A purpose is a collection point: which purposes a record serves says the point that it came in by."""

    name = "Avow"

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.newest_ms = 0
        self.log = Log(folder / "public", folder / "private", "bench.example/audit")

    def load(self, rows: list[Row]) -> None:
        """Keep records, each sealed."""
        for start in range(0, len(rows), 500):
            written = [_submission(row) for row in rows[start : start + 500]]
            self.store.write(written)
            self.newest_ms = max(one.collected_ms for one in written)
            self._note("create", len(written))

    def delete(self, by: str, value: object) -> None:
        """Delete by the functions of requests, of retention, and of staff."""
        if by == "person":
            self.store.erase([_address(value)], self.newest_ms + 1)
        elif by == "expiry":
            assert isinstance(value, date)
            self.store.erase_due(value - timedelta(days=1))
        else:
            self.store.erase_submissions([str(value)] if by == "key" else self._ids_of_purpose(str(value)))
        self._note("delete", 1)

    def change(self, key: str, data: str) -> None:
        """Seal the record again."""
        held = self.store.submission(key)
        assert held is not None
        self.store.keep_again(held, {**held.fields, "message": data}, NOW_MS)
        self._note("change", 1)

    def decide(self, key: str, decision: str, expiry: date) -> None:
        """Keep the decision, and move the day."""
        with self.store.control.transaction() as tx:
            submissions.decide(tx, key, decision, FIRST_DAY)
            submissions.keep_until(tx, key, expiry)
            audit.enqueue(tx, canonical({"what": "metadata", "at": NOW_MS}))

    def object(self, one: int) -> None:
        """Keep a choice."""
        subject = self.store.vault.lookup([_address(one)])[_address(one)]
        with self.store.control.transaction() as tx:
            choices.add(tx, Choice(NOW_MS, "marketing", opted_out=True, source="link", rulebook_id="a" * 64, subject=subject))
            audit.enqueue(tx, canonical({"what": "metadata", "at": NOW_MS}))

    def read(self, by: str, value: object) -> list[tuple[str, str]]:
        """Read, unsealed."""
        if by == "key":
            held = self.store.submission(str(value))
            found = [held] if held else []
        elif by == "person":
            found = list(self.store.submissions_of(_address(value)))
        elif by == "purpose":
            found = self._of_purpose(str(value))
        elif by == "objection":
            with self.store.control.reading() as tx:
                objecting = choices.subjects(tx)
            found = [one for subject in objecting for one in self.store.submissions_of_subject(subject)]
        else:
            with self.store.control.reading() as tx:
                decided = submissions.listed(tx, Sought(decision=str(value)), Place(), sys.maxsize - 1).lines
            found = [held for one in decided if (held := self.store.submission(one.record_id))]
        return sorted((one.record_id, one.fields["message"]) for one in found)

    def metadata(self, one: int) -> list[tuple[str, ...]]:
        """Read what is beside the data."""
        found = self.store.submissions_of(_address(one))
        return sorted((row.record_id, row.point, row.delete_on.isoformat(), row.decision) for row in found)

    def logs(self, last: int) -> int:
        """Read the published log."""
        size = self.log.state.size
        return sum(1 for _ in each_entry(self.folder / "public", size, max(0, size - last)))

    def left(self, one: int) -> int:
        """Search again, as for a proof."""
        return self.store.remaining([_address(one)]).submissions

    def size(self) -> int:
        """Return what control store, vault and log take."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file() and "events" not in path.parts)

    def processor(self) -> float:
        """Return that of this process, in which store and event engine are."""
        return time.process_time()

    def _of_purpose(self, purpose: str) -> list[HeldSubmission]:
        return list(self.store.submissions_after("", sys.maxsize, purpose).held)

    def _ids_of_purpose(self, purpose: str) -> list[str]:
        with self.store.control.reading() as tx:
            return [one.record_id for one in submissions.after(tx, "", sys.maxsize, purpose)]

    def jobs(self) -> bool:
        """Remove the rows of the erased, and publish the log; return whether there was anything to publish."""
        if self.store.vault.purging():
            self.store.purge()
        return publish(self.store, self.log, NOW_MS)

    def _note(self, what: str, count: int) -> None:
        """Queue an entry for each change."""
        with self.store.control.transaction() as tx:
            for _ in range(count):
                audit.enqueue(tx, canonical({"what": what, "at": NOW_MS}))


class Postgres(Side):
    """PostgreSQL with plain rows, a table of objections and one for its log."""

    def __init__(self, server: PostgreSQL, *, indexed: bool) -> None:
        self.name = "PostgreSQL, indexed" if indexed else "PostgreSQL, no indexes"
        self.server, self.url = server, server.empty()
        self.sql = psycopg.connect(self.url, autocommit=True)
        self.sql.execute(
            "CREATE TABLE records (key text PRIMARY KEY, person int, purpose text, expiry date, data text, decision text DEFAULT '')"
        )
        self.sql.execute("CREATE TABLE objections (person int PRIMARY KEY)")
        self.sql.execute("CREATE TABLE log (number bigserial PRIMARY KEY, at timestamptz DEFAULT now(), what text)")
        for column in INDEXED if indexed else ():
            self.sql.execute(f"CREATE INDEX ON records ({column})")

    def load(self, rows: list[Row]) -> None:
        """Keep records."""
        values = [(row.key, row.person, row.purpose, row.expiry, row.data) for row in rows]
        with self.sql.transaction(), self.sql.cursor() as cursor:
            cursor.executemany("INSERT INTO records (key, person, purpose, expiry, data) VALUES (%s, %s, %s, %s, %s)", values)
            cursor.executemany("INSERT INTO log (what) VALUES (%s)", [("create",)] * len(rows))

    def _write(self, what: str, *statements: tuple[str, tuple[object, ...]]) -> None:
        with self.sql.transaction():
            for statement, values in statements:
                self.sql.execute(statement, values)
            self.sql.execute("INSERT INTO log (what) VALUES (%s)", (what,))

    def delete(self, by: str, value: object) -> None:
        """Delete; the rows go when it is vacuumed, as by itself."""
        wanted = "expiry < %s" if by == "expiry" else f"{by} = %s"
        more = [("DELETE FROM objections WHERE person = %s", (value,))] if by == "person" else []
        self._write("delete", (f"DELETE FROM records WHERE {wanted}", (value,)), *more)

    def change(self, key: str, data: str) -> None:
        """Update."""
        self._write("change", ("UPDATE records SET data = %s WHERE key = %s", (data, key)))

    def decide(self, key: str, decision: str, expiry: date) -> None:
        """Update."""
        statement = "UPDATE records SET decision = %s, expiry = greatest(expiry, %s) WHERE key = %s"
        self._write("metadata", (statement, (decision, expiry, key)))

    def object(self, one: int) -> None:
        """Insert."""
        self._write("metadata", ("INSERT INTO objections VALUES (%s) ON CONFLICT DO NOTHING", (one,)))

    def read(self, by: str, value: object) -> list[tuple[str, str]]:
        """Select."""
        wanted = "person IN (SELECT person FROM objections)" if by == "objection" else f"{by} = %s"
        values = () if by == "objection" else (value,)
        return sorted(self.sql.execute(f"SELECT key, data FROM records WHERE {wanted}", values).fetchall())

    def metadata(self, one: int) -> list[tuple[str, ...]]:
        """Select."""
        found = self.sql.execute("SELECT key, purpose, expiry::text, decision FROM records WHERE person = %s", (one,))
        return sorted(found.fetchall())

    def logs(self, last: int) -> int:
        """Select."""
        return len(self.sql.execute("SELECT number, at, what FROM log ORDER BY number DESC LIMIT %s", (last,)).fetchall())

    def left(self, one: int) -> int:
        """Count."""
        found = self.sql.execute("SELECT count(*) FROM records WHERE person = %s", (one,)).fetchone()
        return int(found[0]) if found else -1

    def size(self) -> int:
        """Return what the database takes."""
        found = self.sql.execute("SELECT pg_database_size(current_database()) - pg_database_size('template1')").fetchone()
        return int(found[0]) if found else 0

    def processor(self) -> float:
        """Return that of this process, which asks, and of the server's that answers; what writes in the background is left out."""
        return time.process_time() + cpu_of(self.sql.info.backend_pid)

    def jobs(self) -> bool:
        """Nothing: it vacuums by itself."""
        return False


def _address(one: object) -> Identifier:
    assert isinstance(one, int)
    return identifier(IdentifierKind.EMAIL, person(one).email)


def _submission(row: Row) -> Submission:
    """Return a record as a form would have left it."""
    return Submission(
        record_id=row.key,
        collected_ms=int(row.key[:12], 16),
        site="marrowby.example",
        point=row.purpose,
        rulebook_id="a" * 64,
        reference=row.key[:6],
        delete_on=row.expiry.isoformat(),
        then=AfterRetention.ERASE,
        fields={"email": person(row.person).email, "message": row.data},
        identifiers={"email": person(row.person).email},
        purposes=[row.purpose],
    )


@contextmanager
def sides() -> Iterator[Iterator[Side]]:
    """Yield the sides, each empty; they end with the block."""
    server = PostgreSQL()
    server.start()
    with psycopg.connect(server.url("postgres"), autocommit=True) as settings:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):  # as durable as ours is
            settings.execute(f"ALTER SYSTEM SET {name} = on")
        settings.execute("SELECT pg_reload_conf()")

    def made() -> Generator[Side]:
        with scratch() as folder, engine(folder) as events:
            store = Store(
                Control(f"sqlite:///{folder / 'control.db'}"), events, Vault(folder / "keys.db"), Files(folder / "files")
            )
            yield Avow(store, folder)
            store.control.close()
            store.vault.close()
        for indexed in (False, True):
            side = Postgres(server, indexed=indexed)
            yield side
            side.sql.close()

    systems = made()
    try:
        yield systems
    finally:
        systems.close()  # after an exception the engine's threads would keep the process
        server.remove()
