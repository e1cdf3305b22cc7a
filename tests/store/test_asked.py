"""What panels ask of events: columns that the engine works out, also after a mutation, and conditions that read little."""

from __future__ import annotations

import re
from datetime import date
from importlib import resources

import pytest
from store_records import MORNING, browser, visitor
from tests.earlier_events import BEFORE

from avow.analytics.question import Scope
from avow.collection.events import CUTS
from avow.definitions import AfterRetention
from avow.store.asked import ASKED, FRAGMENTS, filled
from avow.store.events import Span, statement

STATEMENTS = [path.name.removesuffix(".sql") for path in resources.files("avow.store.sql").iterdir() if path.suffix == ".sql"]
#: Fields that the server knows of a visitor, and no event says.
KNOWN = {"country"}
#: Rows of one granule: what the engine reads at least.
GRANULE = 8192
#: Collection points, each with people and robots.
PLACES = 16
COLUMNS = ", ".join(one.name for one in ASKED)


def asked(store, sql=f"SELECT {COLUMNS} FROM events ORDER BY record_id"):
    """Return the answer of the engine to a statement, row by row."""
    answer = store.events._call(lambda client: client.query(sql))
    return [dict(zip(answer.column_names, row, strict=True)) for row in answer.result_rows]


def told(store, sql):
    store.events._call(lambda client: client.command(sql))


def found(text):
    return {"page": text, "country": "US", "search-term": "rain", "search-results": "0", "link-followed": f"https://{text}"}


@pytest.fixture(params=["now", "before"])
def table(store, request):
    """An empty store whose table is of this version, or of the last one and prepared by this."""
    if request.param == "before":
        told(store, "DROP TABLE events SYNC")
        told(store, BEFORE)
        store.events.prepare()
    yield store
    told(store, "DROP TABLE events SYNC")
    store.events.prepare()


def test_columns_say_what_fields_say(table, writer):
    """An event says nothing of what it has not; whoever is not known is told apart by the visit."""
    leave = {"engagement-time": "75", "scroll-depth": "100"}
    line = {"page": "/logo.PNG", "status": "200", "method": "GET"}
    table.write([writer.event(visit=7, fields=one) for one in (found("a.example"), leave, line, {"page": "/"})])
    rows = asked(table)
    nothing = {"is_view": 1, "visitor": 7, "country": "", "seconds": 0, "depth": 0, "search_term": "", "results": -1, "link": ""}
    assert rows == [
        nothing | {"country": "US", "search_term": "rain", "results": 0, "link": "https://a.example"},
        nothing | {"seconds": 75, "depth": 100},
        nothing | {"is_view": 0},
        nothing,
    ]


def test_a_correction_reaches_the_columns(table, writer):
    """In a column of its own, and among the readable fields."""
    line = found("a.example") | {"page": "/logo.png", "status": "200", "method": "GET"}
    table.write([writer.event(visitor(1), fields=line)])
    subjects = table.vault.subjects_of([browser(1)])
    for field, after in (("page", "/rain"), ("country", "DE"), ("search-term", "snow"), ("search-results", "")):
        assert table.correct_events(subjects, "page-view", field, line[field], after) == 1
    (row,) = asked(table)
    assert [row[name] for name in ("is_view", "country", "search_term", "results")] == [1, "DE", "snow", -1]


def test_of_somebody_deidentified_nothing_tells_apart_but_the_visit(table, writer):
    """The hash of a pseudonym is one as well."""
    table.write([writer.event(visitor(1), visit=7, delete_on="2026-01-01", then=AfterRetention.DEIDENTIFY)])
    before = asked(table)[0]["visitor"]
    table.erase_due(date(2026, 1, 2))
    assert before not in {0, 7}
    assert asked(table)[0]["visitor"] == 7


def test_rows_of_before_are_asked_as_those_of_now(table, writer):
    """The columns of a table that was made earlier are worked out while it is read, and written by the next merge."""
    told(table, "DROP TABLE events SYNC")
    told(table, BEFORE)
    table.write([writer.event(visitor(1), visit=7, fields=found("a.example"))])
    table.events.prepare()
    table.write([writer.event(visitor(1), visit=7, fields=found("b.example"))])
    told(table, "OPTIMIZE TABLE events FINAL")
    rows = asked(table, f"SELECT {COLUMNS}, if(empty(subject), visit, sipHash64(subject)) AS who FROM events ORDER BY record_id")
    assert [row["link"] for row in rows] == ["https://a.example", "https://b.example"]
    assert {(row["country"], row["results"], row["visitor"] == row["who"]) for row in rows} == {("US", 0, True)}


def test_every_column_is_a_field_that_the_server_knows():
    """By the name under which it is cut down at every door, or worked out there; and no two columns are one field."""
    fields = [one.field for one in ASKED if one.field]
    assert set(fields) <= CUTS.keys() | KNOWN
    assert len(fields) == len(set(fields))


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_reads_a_map_for_what_has_a_column(name):
    """And none says again what is written once: a page view, a visitor, a span of time at a site."""
    text = resources.files("avow.store.sql").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    assert not set(re.findall(r"props\['([\w-]+)'\]", text)) & {one.field for one in ASKED}
    assert "sipHash64" not in text
    assert "match(page" not in text
    assert not re.search(r"time >= fromUnixTimestamp64Milli\(\{from_ms:Int64\}\)", text)
    assert filled(text) == statement(name)


def test_a_condition_that_nobody_wrote_is_a_fault():
    """Not a statement that asks something else."""
    with pytest.raises(KeyError):
        filled("SELECT 1 FROM events WHERE {{page_view}}")
    assert all("{{" not in filled(text) for text in FRAGMENTS.values())


@pytest.fixture(scope="module")
def crowd():
    """How many rows there are for `test_what_is_asked_of_a_few_reads_few`."""
    return 100 * GRANULE


def granules(store, name, **parameters):
    """Return how many granules of the table a statement reads."""
    answer = store.events._call(lambda client: client.query(f"EXPLAIN indexes = 1 {statement(name)}", parameters=parameters))
    lines = [row[0] for row in answer.result_rows]
    return min(int(one[1]) for line in lines if (one := re.search(r"Granules: (\d+)", line)))


def test_what_is_asked_of_a_few_reads_few(store, crowd):
    """Of one point and one hour: the look-ups of a drain, a click by its number, the last half hour, a panel of people."""
    made = f"fromUnixTimestamp64Milli({MORNING}) + number / 10, 'marrowby', concat('point-', toString(number % {PLACES // 2}))"
    columns = "record_id, time, site, point, robot"
    told(store, f"INSERT INTO events ({columns}) SELECT generateUUIDv4(), {made}, number % 3 = 0 FROM numbers({crowd})")
    told(store, "OPTIMIZE TABLE events FINAL")
    hour = Span(["marrowby"], ["point-1", "point-2"], MORNING + 1000, MORNING + 61_000)
    scope = Scope("marrowby", MORNING + 1000, MORNING + 61_000, ("point-1",)).asked()
    at = {"site": "marrowby", "at_ms": MORNING + 1000, "record": "0" * 32}
    read = {
        "newest_record": granules(store, "newest_record", **hour.parameters()),
        "existing_records": granules(store, "existing_records", records=[1, 2], **hour.parameters()),
        "find_click": granules(store, "find_click", **at),
        "dashboard_totals": granules(store, "dashboard_totals", **scope),
        "dashboard_series": granules(store, "dashboard_series", steps=[0], **scope),
    }
    assert read["newest_record"] <= 8
    assert read["existing_records"] <= 8
    assert read["find_click"] <= 2 * PLACES  # of each point, robots and people apart, where that moment is
    assert read["dashboard_totals"] <= 2 * PLACES  # a visit is one whatever saw it: of each point where that hour is
    assert read["dashboard_series"] <= 2 * PLACES
