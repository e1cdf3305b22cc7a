"""How the databases go about the statements that are asked all the time: by an index, however much is stored."""

import re
from datetime import date

import pytest
from sqlalchemy import Boolean, Date, LargeBinary, event, text
from tests.rights.test_growth import FEW, LISTS, SORTED, read_whole

from avow.store.control import (
    Control,
    audit,
    batches,
    choices,
    deliveries,
    disclosures,
    instructions,
    named_people,
    opt_outs,
    recordings,
    request_lists,
    requests,
    set_aside,
    submission_files,
    submissions,
    subscriptions,
    tables,
)
from avow.store.paging import Place

DAY, SOMEBODY = date(2026, 1, 1), [b"\x01" * 16]
HOT = {
    "audit": lambda tx: audit.pending(tx, 100),
    "choices of somebody": lambda tx: choices.of_subjects(tx, SOMEBODY),
    "choices counted": choices.counts,
    "disclosures of somebody": lambda tx: disclosures.of_subjects(tx, SOMEBODY),
    "disclosures counted": lambda tx: disclosures.totals(tx, 0),
    "deliveries due": lambda tx: deliveries.due(tx, 5, 100),
    "deliveries due to a recipient": lambda tx: deliveries.due(tx, 5, 100, lane=deliveries.Lane("webhook", "x5")),
    "deliveries since": deliveries.longest_due_ms,
    "deliveries of a request": lambda tx: deliveries.of_request(tx, "x5"),
    "deliveries of somebody": lambda tx: deliveries.of_subjects(tx, SOMEBODY),
    "deliveries that failed": deliveries.count_failed,
    "deliveries of a batch": lambda tx: deliveries.count_batch(tx, "x5"),
    "deliveries that one has": lambda tx: deliveries.have_one(tx, "x5", SOMEBODY),
    "batches that are queued": batches.unfinished,
    "instructions due": lambda tx: instructions.due(tx, 5, 100),
    "instructions of a request": lambda tx: instructions.of_requests(tx, ["x5"]),
    "instructions left": lambda tx: instructions.count_left(tx, DAY, 5),
    "opt-outs to look at": lambda tx: opt_outs.due(tx, 5, 100),
    "opt-outs to look at, counted": lambda tx: opt_outs.due_mark(tx, 5, 100),
    "recordings due": lambda tx: recordings.due(tx, DAY),
    "recordings of somebody": lambda tx: recordings.of_subjects(tx, SOMEBODY),
    "requests due": lambda tx: requests.due(tx, 5, 100),
    "requests next": requests.next_due_ms,
    "requests approved, and decided in part": request_lists.approvals,
    "requests of somebody": lambda tx: requests.of_people(tx, ["x5"]),
    "set aside": lambda tx: set_aside.due(tx, ["x5"], 5, 100),
    "files of somebody": lambda tx: submission_files.of_subjects(tx, SOMEBODY),
    "submissions due": lambda tx: submissions.due(tx, DAY),
    "submissions by the keys of their days": submissions.day_keys,
    "whoever of some people is named": lambda tx: named_people.among(tx, SOMEBODY),
    "submissions of somebody": lambda tx: submissions.of_subjects(tx, SOMEBODY),
    "subscription of somebody": lambda tx: subscriptions.of_person(tx, "x5", SOMEBODY[0]),
} | {f"list: {name}": lambda tx, ask=ask: ask(tx, Place((0, 5, "a"))) for name, ask in LISTS.items()}
#: Tables of which each row is something that was done, or waits.
GROWING = (
    *(
        "audit_queue",
        "batches",
        "choices",
        "consumer_requests",
        "deliveries",
        "delivery_people",
        "disclosures",
        "instructions",
        "letters",
        "mailings",
        "recordings",
    ),
    *(
        "pending_subscriptions",
        "recording_chunks",
        "request_events",
        "request_people",
        "set_aside",
        "submission_files",
        "submission_subjects",
        "submissions",
    ),
)
ROWS = 20_000
WHOLE = re.compile(r"Seq Scan on (\w+)")
#: How a column is filled by its type, from a number; those that say whether something is done say so of nearly all.
BY_TYPE = {
    tables.types.Text: "'x' || n",
    LargeBinary: "decode(md5(n::text), 'hex')",
    Date: "date '2026-01-01' + n",
    Boolean: "n % 1000 = 0",
}
DONE = {
    "instructions.answer": "CASE WHEN n % 1000 = 0 THEN '' ELSE 'erased' END",
    "deliveries.state": "CASE WHEN n % 1000 = 0 THEN 'waiting' ELSE 'sent' END",
    "deliveries.kind": "CASE WHEN n % 2 = 0 THEN 'mailing' ELSE 'letter' END",
    "deliveries.is_many": "n % 2 = 0",
    "deliveries.batch": "CASE WHEN n % 2 = 0 THEN 'm' || n % 50 ELSE '' END",
    "delivery_people.delivery": "'x' || n",
    "delivery_people.batch": "CASE WHEN n % 2 = 0 THEN 'm' || n % 50 END",
    "delivery_people.request_id": "CASE WHEN n % 2 = 1 THEN 'x' || n END",
    "submissions.day_key": "CASE WHEN n % 1000 = 0 THEN 'contact-form/' || n ELSE '' END",
    "submissions.decision": "CASE WHEN n % 1000 = 0 THEN 'hired' ELSE '' END",
    "recordings.pages": """'["/page"]'""",
    "recordings.purposes": "'[]'",
}


def filled(table):
    """Return the statement that fills a table."""
    kinds = {
        column.name: next((one for kind, one in BY_TYPE.items() if isinstance(column.type, kind)), "n") for column in table.c
    }
    values = ", ".join(DONE.get(f"{table.name}.{name}", value) for name, value in kinds.items())
    names = ", ".join(f'"{name}"' for name in kinds)
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM generate_series(1, {ROWS}) AS n"


@pytest.fixture(scope="module")
def large(postgresql):
    """A control store in which much has happened."""
    url = postgresql.database()
    control = Control(url)
    with control._engine.begin() as connection:
        for name in GROWING:
            connection.execute(text(filled(tables.metadata.tables[name])))
    with control._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    yield control
    control.close()
    postgresql.drop(url)


def plans(control, ask):
    """Return (table read from its beginning to its end, statement) for what is asked."""
    asked, found = [], []
    event.listen(
        control._engine, "before_cursor_execute", lambda _c, _u, statement, given, *_more: asked.append((statement, given))
    )
    with control.reading() as tx:
        ask(tx)
    with control._engine.connect() as connection:
        for statement, given in [one for one in asked if one[0].startswith("SELECT")]:
            lines = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", given)]
            found += [(line.strip(), statement) for line in lines if (whole := WHOLE.search(line)) and whole[1] in GROWING]
    return found


def test_a_table_that_is_read_whole_is_seen(large):
    """As the evidence read all choices before it kept their number."""
    assert [line for line, _ in plans(large, lambda tx: tx.execute(text("SELECT count(*) FROM choices WHERE source = 'gpc'")))]


@pytest.mark.parametrize("name", HOT)
def test_postgresql_follows_an_index(large, name):
    """On a filled database, whose planner is told nothing but what ANALYZE finds."""
    assert plans(large, HOT[name]) == []


@pytest.mark.parametrize("name", HOT)
def test_sqlite_follows_an_index(house, name):
    """The same statements."""
    with read_whole(house.store.control) as found, house.store.control.reading() as tx:
        HOT[name](tx)
    assert [line for statement, line in found if FEW not in statement and line != SORTED] == []
