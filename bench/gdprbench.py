"""GDPRbench's four workloads (Shastri et al., VLDB 2020) on Avow's store and, in the same run, on PostgreSQL with and without indexes.

Controller: 25 % create, 25 % delete by purpose, expiry or person, 50 % change metadata. Customer: 20 % each read by person, read
metadata, change, change metadata, delete by key. Processor: 80 % read by key, 20 % by purpose, objection or decision. Regulator:
46 % metadata by person, 31 % logs, 23 % verify a deletion. Whom and what is drawn by Zipf's law; a dictionary says what each answer
is to be. Avow seals every record and queues an entry of its audit log for each change; the jobs that publish the log and remove the
rows of the erased, whose keys are destroyed at once, run every second as in operation, and are counted. PostgreSQL keeps plain rows
and a table as its log. Both are durable after each operation. Sizes: `python -m bench.gdprbench --records 2000 --operations 500`.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from bench.events import SEED, Skewed, engine, person
from bench.machine import scratch
from bench.results import record

RECORDS, OPERATIONS = 100_000, 10_000
#: Records for each person, purpose and day of expiry, in the mean.
EACH = 10
FIRST_DAY = date(2030, 1, 1)
NOW_MS = 1_790_000_000_000
LOGGED = 100
#: How far the jobs of a system in operation lie apart.
JOB_SECONDS = 1.0
#: What each workload does, with its share of a hundred.
WORKLOADS = {
    "controller": {"create": 25, "delete-purpose": 9, "delete-expiry": 8, "delete-person": 8, "metadata": 50},
    "customer": {"read-person": 20, "metadata-person": 20, "change": 20, "metadata": 20, "delete-key": 20},
    "processor": {"read-key": 80, "read-purpose": 7, "read-objection": 7, "read-decision": 6},
    "regulator": {"metadata-person": 46, "logs": 31, "verify": 23},
}
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


@dataclass
class Expected:
    """The dictionary that says what is right."""

    rows: dict[str, Row] = field(default_factory=dict)
    objects: set[int] = field(default_factory=set)
    logged: int = 0

    def of(self, **wanted: object) -> list[Row]:
        """Return the records that have these values."""
        return [row for row in self.rows.values() if all(getattr(row, name) == value for name, value in wanted.items())]

    def remove(self, rows: list[Row]) -> None:
        """Remove records."""
        for row in rows:
            del self.rows[row.key]


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
                decided = submissions.listed(tx, Sought(decision=str(value)), Place(), RECORDS).lines
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


class Workload:
    """One workload against one side: the same draws for each, every answer held against the dictionary."""

    def __init__(self, side: Side, records: int) -> None:
        self.side, self.draw, self.expected = side, Skewed(SEED), Expected()
        self.groups, self.numbers = max(1, records // EACH), itertools.count()
        self.people = self.purposes = self.groups
        self.wrong, self.count = Counter[str](), Counter[str]()
        self.each: dict[str, float] = defaultdict(float)
        self.next_jobs = JOB_SECONDS
        self.took, self.erased = 0.0, list[int]()
        rows = [self._row() for _ in range(records)]
        self.expected.rows = {row.key: row for row in rows}
        self.expected.logged = records
        side.load(rows)
        while side.jobs():  # the log has all of it before the clock runs
            pass
        self.space = side.size() / sum(len(row.data) + len(row.key) + len(person(0).email) for row in rows)

    def run(self, name: str, operations: int) -> None:
        """Do the operations, one after the other."""
        if name == "regulator":  # there are deletions to verify
            for _ in range(max(1, self.groups // 10)):
                self._delete_person()
            self._jobs()
            self.took, self.next_jobs = 0.0, JOB_SECONDS
            self.each.clear()
            self.count.clear()
        shares = WORKLOADS[name]
        for what in self.draw.random.choices(list(shares), list(shares.values()), k=operations):
            before = self.took
            getattr(self, f"_{what.replace('-', '_')}")()
            self.each[what] += self.took - before
            self.count[what] += 1
            if self.took >= self.next_jobs:
                self._jobs()
        self._jobs()

    def _jobs(self) -> None:
        before = self.took
        with self._timed():
            self.side.jobs()
        self.each["jobs"] += self.took - before
        self.count["jobs"] += 1
        self.next_jobs = self.took + JOB_SECONDS

    def _row(self) -> Row:
        number, even = next(self.numbers), self.draw.random
        key, day = f"{NOW_MS + 2 * number:012x}{number:020x}", FIRST_DAY + timedelta(days=even.randrange(self.groups))
        data = f"{even.getrandbits(400):0100x}"
        return Row(key, even.randrange(self.people), f"purpose-{even.randrange(self.purposes)}", day, data)

    def _some(self) -> Row:
        """Draw a record that is there: a few are asked about most of the time."""
        return next(itertools.islice(self.expected.rows.values(), self.draw.below(len(self.expected.rows)), None))

    @contextmanager
    def _timed(self, *, logs: bool = False) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.took += time.perf_counter() - began
        self.expected.logged += logs

    def _held(self, what: str, got: object, wanted: object) -> None:
        self.wrong[what] += got != wanted

    def _create(self) -> None:
        row = self._row()
        self.expected.rows[row.key] = row
        with self._timed(logs=True):
            self.side.load([row])

    def _delete(self, by: str, value: object, gone: list[Row]) -> None:
        with self._timed(logs=True):
            self.side.delete(by, value)
        self.expected.remove(gone)
        for row in gone[:3]:
            self._held(f"delete by {by}", self.side.read("key", row.key), [])

    def _delete_purpose(self) -> None:
        purpose = self._some().purpose
        self._delete("purpose", purpose, self.expected.of(purpose=purpose))

    def _delete_expiry(self) -> None:
        day = min(row.expiry for row in self.expected.rows.values()) + timedelta(days=1)
        self._delete("expiry", day, [row for row in self.expected.rows.values() if row.expiry < day])

    def _delete_person(self) -> None:
        one = self._some().person
        self.expected.objects.discard(one)
        self.erased.append(one)
        self._delete("person", one, self.expected.of(person=one))

    def _delete_key(self) -> None:
        row = self._some()
        self._delete("key", row.key, [row])

    def _change(self) -> None:
        row = self._some()
        row.data = f"{self.draw.random.getrandbits(400):0100x}"
        with self._timed(logs=True):
            self.side.change(row.key, row.data)
        self._held("change", self.side.read("key", row.key), [(row.key, row.data)])

    def _metadata(self) -> None:
        row = self._some()
        if self.draw.random.random() < 0.1:
            self.expected.objects.add(row.person)
            with self._timed(logs=True):
                self.side.object(row.person)
            return
        decision, day = f"decision-{self.draw.random.randrange(self.groups)}", row.expiry + timedelta(days=30)
        row.decision, row.expiry = decision, day
        with self._timed(logs=True):
            self.side.decide(row.key, decision, day)
        self._held("metadata", [one for one in self.side.metadata(row.person) if one[0] == row.key], [row.metadata])

    def _read(self, by: str, value: object, wanted: list[Row]) -> None:
        with self._timed():
            got = self.side.read(by, value)
        self._held(f"read by {by}", got, sorted((row.key, row.data) for row in wanted))

    def _read_key(self) -> None:
        row = self._some()
        self._read("key", row.key, [row])

    def _read_person(self) -> None:
        one = self._some().person
        self._read("person", one, self.expected.of(person=one))

    def _read_purpose(self) -> None:
        purpose = self._some().purpose
        self._read("purpose", purpose, self.expected.of(purpose=purpose))

    def _read_objection(self) -> None:
        self._read("objection", None, [row for row in self.expected.rows.values() if row.person in self.expected.objects])

    def _read_decision(self) -> None:
        decision = self._some().decision or "decision-0"
        self._read("decision", decision, self.expected.of(decision=decision))

    def _metadata_person(self) -> None:
        one = self._some().person
        with self._timed():
            got = self.side.metadata(one)
        self._held("metadata by person", got, sorted(row.metadata for row in self.expected.of(person=one)))

    def _logs(self) -> None:
        with self._timed():
            got = self.side.logs(LOGGED)
        self._held("logs", got, min(LOGGED, self.expected.logged))

    def _verify(self) -> None:
        one = self.draw.random.choice(self.erased) if self.draw.random.random() < 0.5 else self.draw.below(self.people)
        with self._timed():
            got = self.side.left(one)
        self._held("verify", got, len(self.expected.of(person=one)))


@contextmanager
def sides() -> Iterator[Iterator[Side]]:
    """Yield the sides, each empty; they end with the block."""
    server = PostgreSQL()
    server.start()
    with psycopg.connect(server.url("postgres"), autocommit=True) as settings:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):  # as durable as ours is
            settings.execute(f"ALTER SYSTEM SET {name} = on")
        settings.execute("SELECT pg_reload_conf()")

    def made() -> Iterator[Side]:
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

    try:
        yield made()
    finally:
        server.remove()


def run(records: int = RECORDS, operations: int = OPERATIONS) -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    lines = [f"{records:,} records, {operations:,} operations of each workload, one after the other.", ""]
    lines += ["| workload | Avow, s | no indexes, s | ratio | indexed, s | ratio | to reach | wrong answers | space factor |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | --- |"]
    parts = ["", "| workload | operation | Avow, ms each | no indexes | indexed |", "| --- | --- | ---: | ---: | ---: |"]
    for name, shares in WORKLOADS.items():
        took, wrong, space, works = [], Counter[str](), [], []
        with sides() as systems:
            for side in systems:
                work = Workload(side, records)
                work.run(name, operations)
                print(f"{name}, {side.name}: {work.took:.2f} s", file=sys.stderr, flush=True)
                took.append(work.took)
                works.append(work)
                space.append(f"{work.space:.1f}")
                wrong.update({f"{side.name}: {what}": count for what, count in work.wrong.items() if count})
        ours, bare, indexed = took
        goal = "below 1, below 1" if name in {"controller", "regulator"} else "below 1, below 2"
        lines.append(
            f"| {name} | {ours:.2f} | {bare:.2f} | {ours / bare:.2f} | {indexed:.2f} | {ours / indexed:.2f} | {goal} "
            f"| {', '.join(f'{what} {count}' for what, count in wrong.items()) or 0} | {', '.join(space)} |"
        )
        parts += [
            f"| {name} | {what} | {' | '.join(f'{one.each[what] / one.count[what] * 1000:.2f}' for one in works)} |"
            for what in (*shares, "jobs")
            if all(one.count[what] for one in works)
        ]
    note = "Ratios are Avow's seconds over PostgreSQL's. Space: bytes on the disk after loading over those of data, key and address; in the order of the columns."
    return [*lines, "", note, *parts]


def main() -> None:
    """Run with the sizes of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--operations", type=int, default=OPERATIONS)
    parser.add_argument("--record", default=None, metavar="WORDS", help="write what it said to RESULTS.md, with these words")
    given = parser.parse_args()
    lines = run(given.records, given.operations)
    print("\n".join(lines))
    if given.record is not None:
        record("gdprbench", (__doc__ or "").strip(), [*lines, "", given.record])


if __name__ == "__main__":
    main()
