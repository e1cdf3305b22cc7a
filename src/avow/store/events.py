"""The event store: one table in ClickHouse's dialect, reached over HTTP, embedded or clustered alike.

For the dashboard: put a statement into `store/sql/<name>.sql` with server-side parameters and call

    rows = events.query("views_by_day", site="marrowby", since=date(2026, 1, 1), until=date(2026, 2, 1))

which returns one dict per row, keyed by column name. Parameters are written `{since:Date}`, `{site:String}`,
`{sites:Array(String)}`; their values are bound by the server, never pasted. Columns of `events`: see
`sql/create_events.sql`; what a page view and a visitor is, says `store/asked.py`, whose conditions a statement names as
`{{happened}}`. What a reader needs to know: `time` comes back as a naive datetime in UTC (or use
`toUnixTimestamp64Milli(time)`); `subject` is a random pseudonym, all zeros when nobody is known; `visit` counts visits
without identity (0 unknown); `props` holds declared readable fields that have no column of their own; `robot = 0` and
`demonstration` are yours to filter. `windowFunnel` wants `toUInt64(toUnixTimestamp64Milli(time))`.

Every method raises StoreUnavailable when the engine does not answer within 5 seconds. The address is read again for
each try, because a restarted engine has another port and password.
"""

from __future__ import annotations

import fcntl
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from hashlib import sha256
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import clickhouse_connect
from clickhouse_connect.driver import options
from clickhouse_connect.driver.exceptions import ClickHouseError

from avow.definitions import StoreUnavailable
from avow.store.asked import ASKED, EVENTS, filled
from avow.store.asker import Asker, NobodyWaits
from avow.store.tally_terms import is_plain

#: Its warnings quote a request's address, with the parameters of the statement; what went wrong is raised as well.
logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)
#: Rows are lists. To tell them from pandas' frames and NumPy's arrays the client would import both, 0.6 s, 79 MB and a thread for
#: each core, at the first insert of each process: it takes None for "not there".
options.pd = options.np = None

#: How long a call waits for an engine that is being restarted.
_PATIENCE_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.1
_SHORT_PAUSE_SECONDS: Final = 0.01
#: A mutation of a large table may take a minute; longer means that something is wrong.
_ANSWER_SECONDS: Final = 300
#: AUTHENTICATION_FAILED: another engine listens on the old port.
_OTHER_ENGINE: Final = 516
#: UNKNOWN_TABLE, UNKNOWN_FUNCTION (a view that takes parameters): the engine answers already, and they are being made.
_NOT_PREPARED: Final = (60, 46)
#: The engine lacks memory, time, threads, space or a disk that works: an outage, whatever it was asked. NOT_ENOUGH_SPACE,
#: MEMORY_LIMIT_EXCEEDED, CANNOT_WRITE_TO_FILE_DESCRIPTOR and their like; 1000 to 1002 are what its libraries raise.
_OUTAGES: Final = frozenset({72, 74, 75, 76, 77, 87, 88, 159, 173, 202, 209, 210, 236, 241, 243, 252, 394, 439, 1000, 1001, 1002})
#: Tables of what is made of events, and how much of the digest of its statement says as what one was made.
MADE: Final = ("visits", "daily")
_FORM: Final = 16
#: How long replaced parts may take to leave the disk; the table's settings say 1 s.
_PARTS_SECONDS: Final = 20.0
#: Records asked for in one statement: 50,000 take the engine a quarter of a second, 100,000 took it minutes.
_ASKED: Final = 20_000
#: People named in one statement: some hundred kilobytes of text.
_ASKED_PEOPLE: Final = 5_000
#: Rows turned into columns at once.
_ROWS_AT_ONCE: Final = 500
#: The most that a question of a page may take, seconds: whatever takes longer is no page.
ASKED_SECONDS: Final = 60
_END: Final = "KILL QUERY WHERE query_id = {query_id:String} ASYNC"
_INSERT_SETTINGS: Final = {"async_insert": 0, "max_partitions_per_insert_block": 0}


class EventRow(NamedTuple):
    """One row of the table `events`, in the order of `insert`.

    The two UUIDs are numbers of 128 bits, `time` milliseconds and `delete_on` days since 1970.
    """

    record_id: int
    time: int
    site: str
    point: str
    rulebook_id: str
    name: str
    page: str
    referrer: str
    campaign: str
    browser: str
    system: str
    device: str
    language: str
    status: int
    bytes: int
    method: str
    props: dict[str, str]
    subject: int
    visit: int
    sealed: str
    robot: int
    demonstration: int
    delete_on: int
    then: str


class Left(NamedTuple):
    """How much of some subjects is stored: events, and visits that were made of them."""

    events: int
    visits: int


class Span(NamedTuple):
    """Where records are looked for: at these collection points of these sites, both ends of the time counted."""

    sites: Collection[str]
    points: Collection[str]
    from_ms: int
    to_ms: int

    def parameters(self) -> dict[str, object]:
        """Return the bound parameters of the statements that take it."""
        return {"sites": sorted(self.sites), "points": sorted(self.points), "from_ms": self.from_ms, "to_ms": self.to_ms}


def announced(run_folder: Path) -> Callable[[], str]:
    """Return a function that reads the embedded engine's URL from `run/engine.json`, no matter who runs it now."""
    path = run_folder / "engine.json"

    def address() -> str:
        try:
            return str(json.loads(path.read_text(encoding="utf-8"))["url"])
        except (OSError, ValueError, KeyError) as error:
            raise StoreUnavailable("the storage process has not announced its event engine (run/engine.json)") from error

    return address


@cache
def statement(name: str, table: str = EVENTS, *, plain: bool = False) -> str:
    """Return the text of `store/sql/<name>.sql`, with the conditions that it names, about a table of events."""
    return filled(resources.files("avow.store.sql").joinpath(f"{name}.sql").read_text(encoding="utf-8"), table, plain=plain)


class Events:
    """A client of the event store at a ClickHouse HTTP URL, or at the address that a function finds; any thread may use it.

    `turns` is the file by whose lock mutations and the filling of another table wait for each other, in all processes; None
    where nothing is filled.
    """

    def __init__(self, address: str | Callable[[], str], turns: Path | None = None) -> None:
        self._address = address if callable(address) else lambda: address
        self._turns = turns
        self._lock = threading.Lock()
        self._client: Any = None  # Any: clickhouse-connect is not fully typed
        self._client_url = ""

    def prepare(self) -> None:
        """Make the tables, and the columns that panels ask, where missing.

        The storage process calls it before anybody reads or writes.
        """
        self.prepare_table(EVENTS)
        self.command("create_erasing")
        self._prepare_made()
        there = {row["name"] for row in self.query("event_columns")}
        missing = [one for one in ASKED if one.name not in there]
        if missing:  # a table of an earlier version; what is stored is read as it is, and worked out while it is read
            added = ", ".join(f"ADD COLUMN IF NOT EXISTS {one.sql}" for one in missing)
            self._call(lambda client: client.command(f"ALTER TABLE events {added}"))

    def _prepare_made(self) -> None:
        """Make the tables of what is made of events; one that is not as this version has it goes, for its days are made again.

        Its comment says as what it was made.
        """
        there = {str(row["name"]): str(row["comment"]) for row in self.query("made_tables")}
        for name in MADE:
            text = statement(f"create_{name}")
            form = sha256(re.sub(r"(?m)^--.*\n", "", text).encode()).hexdigest()[:_FORM]
            if there.get(name, form) != form:
                self.drop_table(name)
            self._call(partial(_command, f"{text.rstrip()}\nCOMMENT '{form}'", {}))

    def prepare_table(self, table: str) -> None:
        """Make a table of events as this version has it, when missing."""
        self._call(partial(_command, statement("create_events", table), {}))

    def installation(self) -> str:
        """Return the id of the installation whose events these are; "" for none."""
        self.command("create_installation")
        return next((str(row["id"]) for row in self.query("find_installation")), "")

    def mark(self, installation: str) -> None:
        """Write the id of the installation, once."""
        if not self.installation():
            self.command("mark_installation", id=installation)

    def query_of(self, table: str, name: str, **parameters: object) -> list[dict[str, Any]]:  # Any: as `query`
        """Do what `query` does, about one of the tables of events."""
        return self._asked(statement(name, table), parameters)

    def query(self, name: str, **parameters: object) -> list[dict[str, Any]]:  # Any: a column's type is the statement's
        """Run `sql/<name>.sql` with bound parameters and return its rows as dicts."""
        return self._asked(statement(name, plain=is_plain(parameters)), parameters)

    def _asked(self, text: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:  # Any: as above
        return _rows(self._call(lambda client: client.query(text, parameters=_bindable(parameters))))

    def asker(self) -> Asker:
        """Return somebody who asks as `query` does, and whose statement ends when they leave."""
        return Asker(self)

    def ask(
        self, name: str, parameters: Mapping[str, object], query_id: str, stay: Callable[[], None]
    ) -> list[dict[str, Any]]:  # Any: as `query`
        """Run a named statement under an id; `stay` raises NobodyWaits once they have left, so that it is not tried again."""
        settings = {"query_id": query_id, "max_execution_time": ASKED_SECONDS}
        text = statement(name, plain=is_plain(parameters))

        def once(client: Any) -> Any:  # Any: as `_call`
            stay()
            return client.query(text, parameters=_bindable(parameters), settings=settings)

        return _rows(self._call(once))

    def end(self, query_id: str) -> None:
        """Have the statement of this id end, when it still runs."""
        self._call(lambda client: client.command(_END, parameters={"query_id": query_id}))

    def command(self, name: str, **parameters: object) -> None:
        """Run `sql/<name>.sql` for its effect. Statements must be safe to repeat: a lost answer is asked again."""
        self._call(partial(_command, statement(name), _bindable(parameters)))

    def command_once(self, name: str, **parameters: object) -> None:
        """Run `sql/<name>.sql`, which is not safe to repeat. After StoreUnavailable it may have been run or not."""
        self._once(lambda client: client.command(statement(name), parameters=_bindable(parameters)))

    def drop_detached(self, table: str, part: str) -> None:
        """Remove a part that the engine put aside; both names are the engine's own."""
        allowed = {"allow_drop_detached": 1}
        self._call(lambda client: client.command(f"ALTER TABLE {table} DROP DETACHED PART '{part}'", settings=allowed))

    def tables(self) -> dict[str, str]:
        """Return the tables of events with the order of each; first the one that is to take the place of `events`, if any."""
        return {str(row["name"]): str(row["sorting_key"]) for row in self.query("event_tables")}

    @contextmanager
    def changing(self, *, alone: bool = False) -> Iterator[None]:
        """Hold while rows of events are changed or removed; alone while a table is filled or takes the other's place."""
        if self._turns is None:
            yield
            return
        with self._turns.open("w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield

    def change(self, name: str, **parameters: object) -> None:
        """Run `sql/<name>.sql`, a mutation, in every table of events. Safe to repeat, and to be repeated after any end.

        The one that is to take the place of `events` comes first: while a row is in `events`, whoever wants it gone knows it.
        """
        with self.changing():
            for table in self.tables():
                self._call(partial(_command, statement(name, table), _bindable(parameters)))

    def most(self, name: str, **parameters: object) -> int:
        """Return how many events `sql/<name>.sql` counts in that table of events which has most of them."""
        with self.changing():
            found = [self.query_of(table, name, **parameters) for table in self.tables()]
        return max((int(row["events"]) for rows in found for row in rows), default=0)

    def empty(self) -> None:
        """Remove every event, and what was made of them; what a backup holds comes into a table of this version."""
        with self.changing(alone=True):
            for table in self.tables():
                self.drop_table(table)
        self.prepare()
        for name in MADE:
            self.command(f"forget_{name}")

    def drop_table(self, table: str) -> None:
        """Remove a table of events, or of what is made of them, with its bytes."""
        self._call(partial(_command, statement("drop_events", table), {}))

    def insert(self, rows: Iterable[EventRow]) -> None:
        """Add rows; durable when it returns. After StoreUnavailable the rows may be stored or not: ask `existing`."""
        columns = _columns(rows)
        if columns[0]:
            self._once(
                lambda client: client.insert(
                    "events", columns, column_names=EventRow._fields, column_oriented=True, settings=_INSERT_SETTINGS
                )
            )

    def newest(self, span: Span) -> int:
        """Return the moment of the newest record stored of a span; -1 for none."""
        found = self.query("newest_record", **span.parameters())
        return int(found[0]["newest_ms"]) if found[0]["records"] else -1

    def existing(self, records: Sequence[int], span: Span) -> frozenset[int]:
        """Return those of the record ids, all of a span, that are stored already."""
        found: set[int] = set()
        for start in range(0, len(records), _ASKED):
            asked = list(records[start : start + _ASKED])
            found |= {row["record_id"].int for row in self.query("existing_records", records=asked, **span.parameters())}
        return frozenset(found)

    def of_subjects(self, subjects: Iterable[bytes]) -> list[dict[str, Any]]:  # Any: as `query`
        """Return every row of these subjects, oldest first."""
        wanted = [UUID(bytes=subject) for subject in subjects]
        return self.query("find_events", subjects=wanted) if wanted else []

    def each_of_subjects(self, subjects: Iterable[bytes]) -> Iterator[dict[str, Any]]:  # Any: as `query`
        """Yield every row of these subjects, point by point, the oldest first; in the memory of some thousand rows.

        Raises StoreUnavailable when the engine goes away meanwhile: what was yielded is worth nothing without the rest.
        """
        wanted = [UUID(bytes=subject) for subject in subjects]
        if not wanted:
            return
        asked = {"parameters": _bindable({"subjects": wanted})}
        stream = self._call(lambda client: client.query_row_block_stream(statement("each_event"), **asked))
        try:
            with stream:
                names = stream.source.column_names
                for block in stream:
                    yield from (dict(zip(names, row, strict=True)) for row in block)
        except ClickHouseError as error:
            raise StoreUnavailable("the event engine went away while it was read") from error

    def before(
        self, subjects: Iterable[bytes], points: Collection[str], before_ms: int, most: int, *, demonstration: bool
    ) -> list[dict[str, Any]]:  # Any: as `query`
        """Return at most so many rows of these subjects at these points from before a moment, the newest first."""
        wanted = [UUID(bytes=subject) for subject in subjects]
        if not wanted or not points:
            return []
        bounds = {"before_ms": before_ms, "most": most, "demonstration": int(demonstration)}
        return self.query("events_before", subjects=wanted, points=sorted(points), **bounds)

    def left_of(self, subjects: Iterable[bytes]) -> Left:
        """Return how much of these subjects is stored, in one question for some thousand of them.

        Events are counted in that table of events which has most of them.
        """
        wanted, events, visits = {UUID(bytes=subject) for subject in subjects}, 0, 0
        with self.changing():
            for some in _some(wanted):
                left = {str(row["name"]): int(row["left"]) for row in self.query("left_of_subjects", subjects=some)}
                visits += left.pop("visits", 0)
                events += max(left.values(), default=0)
        return Left(events, visits)

    def subjects(self) -> frozenset[bytes]:
        """Return every subject that has rows."""
        return frozenset(row["subject"].bytes for row in self.query("known_subjects"))

    def hours(self, name: str, **parameters: object) -> frozenset[int]:
        """Return the hours since 1970 that `sql/<name>.sql` finds."""
        return frozenset(int(row["hour"]) for row in self.query(name, **parameters))

    def hours_of_subjects(self, subjects: Iterable[bytes]) -> frozenset[int]:
        """Return the hours since 1970 in which these subjects left something."""
        wanted = {UUID(bytes=subject) for subject in subjects}
        return frozenset(hour for some in _some(wanted) for hour in self.hours("hours_of_subjects", subjects=some))

    def delete_subjects(self, subjects: Iterable[bytes]) -> int:
        """Remove every row of these subjects in one mutation; return how many there were. The caller holds the purge."""
        wanted = [UUID(bytes=subject) for subject in subjects]
        count = self.left_of(subject.bytes for subject in wanted).events
        if count:
            self._call(lambda client: client.command("TRUNCATE TABLE erasing"))
            for some in _some(wanted):
                self._call(partial(_insert_erasing, some))
            self.change("erase_subjects")
            self._call(lambda client: client.command("TRUNCATE TABLE erasing"))
        return count

    def await_removal(self) -> bool:
        """Wait until the parts that a mutation replaced have left the disk; return whether they have.

        Call it when the mutation has ended: what is replaced from then on holds no row that it removed, and is not waited for,
        or a table in which inserts are merged all the time would keep an erasure from its end.
        """
        until, pause = time.monotonic() + _PARTS_SECONDS, _SHORT_PAUSE_SECONDS
        left = self._inactive_parts()
        while left:
            if time.monotonic() > until:
                return False
            time.sleep(pause)
            pause = min(2 * pause, _PAUSE_SECONDS)
            left &= self._inactive_parts()
        return True

    def _inactive_parts(self) -> frozenset[str]:
        """Return the names of the parts that were replaced and lie on the disk; the engine gives no name twice."""
        return frozenset(row["name"] for row in self.query("inactive_parts"))

    def export(self, first_ms: int, last_ms: int) -> bytes:
        """Return the rows of a span of time in the engine's Native format, for a backup."""
        parameters = {"first_ms": first_ms, "last_ms": last_ms}
        return bytes(self._call(lambda client: client.raw_query(statement("export_events"), parameters=parameters, fmt="Native")))

    def load(self, block: bytes) -> None:
        """Add what `export` returned; durable when it returns."""
        self._once(
            lambda client: client.raw_insert(
                "events", column_names=EventRow._fields, insert_block=block, fmt="Native", settings=_INSERT_SETTINGS
            )
        )

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    # -- reaching the engine -----------------------------------------------------------------------------------

    def _call(self, work: Callable[[Any], Any]) -> Any:  # Any: clickhouse-connect is not fully typed
        """Do repeatable work with a client; try again while the engine restarts."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._once(work)
            except NobodyWaits:
                raise
            except StoreUnavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_SECONDS)

    def _once(self, work: Callable[[Any], Any]) -> Any:  # Any: as above
        """Do work that must not be repeated blindly: only reaching the engine is tried again."""
        client = self._connected()
        try:
            return work(client)
        except ClickHouseError as error:
            code = getattr(error, "code", None)
            if code in _OUTAGES:
                raise StoreUnavailable(f"the event engine cannot do it now (its code {code})") from error
            if code not in (None, 0, _OTHER_ENGINE, *_NOT_PREPARED):
                error.add_note(f"engine code {code}; the engine's own words are withheld, because they quote values")
                raise  # a wrong statement is a bug, not an outage
            self._forget(client)
            raise StoreUnavailable("the event engine did not answer; the storage process may be restarting") from error

    def _connected(self) -> Any:  # Any: as above
        """Return a client whose engine answers now."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._open()
            except (StoreUnavailable, ClickHouseError) as error:
                if time.monotonic() > until:
                    raise StoreUnavailable("the event engine cannot be reached; is the storage process running?") from error
                time.sleep(_PAUSE_SECONDS)

    def _open(self) -> Any:  # Any: as above
        """Return the client for the address of this moment, made again when the address has changed."""
        url = self._address()
        with self._lock:
            if self._client is None or url != self._client_url:
                self._client = clickhouse_connect.get_client(
                    dsn=url,
                    autogenerate_session_id=False,  # threads share the client
                    autogenerate_query_id=False,  # an id is of who may leave
                    compress=False,
                    show_clickhouse_errors=False,  # an engine's message quotes values
                    send_receive_timeout=_ANSWER_SECONDS,
                    connect_timeout=2,
                )
                self._client_url = url
            return self._client

    def _forget(self, client: object) -> None:
        """Drop a client that failed, unless another thread has replaced it already."""
        with self._lock:
            if self._client is client:
                self._client = None


def _rows(answer: Any) -> list[dict[str, Any]]:  # Any: as `Events.query`
    """Return the rows of an answer as dicts."""
    return [dict(zip(answer.column_names, row, strict=True)) for row in answer.result_rows]


def _columns(rows: Iterable[EventRow]) -> list[list[Any]]:  # Any: of each column's own type
    """Return the columns of rows; a few rows live at a time, because the garbage collector looks at each again and again."""
    columns: list[list[Any]] = [[] for _ in EventRow._fields]
    rest = iter(rows)
    while some := list(islice(rest, _ROWS_AT_ONCE)):
        for column, values in zip(columns, zip(*some, strict=True), strict=True):
            column.extend(values)
    return columns


def _some(people: Collection[UUID]) -> Iterator[list[UUID]]:
    """Return people by as many as one statement names."""
    rest = iter(people)
    while some := list(islice(rest, _ASKED_PEOPLE)):
        yield some


def _command(text: str, parameters: dict[str, object], client: Any) -> None:  # Any: as `_call`
    """Run a statement for its effect. The client's own `command` puts parameters into the URL, however long they are."""
    client.raw_query(text, parameters=parameters)


def _insert_erasing(some: Sequence[UUID], client: Any) -> None:  # Any: as `_call`
    """Put people on the list of the next mutation; twice is once."""
    client.insert("erasing", [[subject] for subject in some], column_names=["subject"])


def _bindable(parameters: Mapping[str, object]) -> dict[str, object]:
    """Return parameters in the forms that the client binds: lists rather than tuples or sets."""
    return {name: list(value) if isinstance(value, (tuple, frozenset, set)) else value for name, value in parameters.items()}
