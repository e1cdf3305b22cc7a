"""The benchmarks keep up with the program: each question finds something, the same seed says the same, no answer is wrong."""

from importlib import resources

import clickhouse_connect
import pytest
from bench import erasure, gdprbench, queries
from bench.derived import DERIVED
from bench.events import Skewed, engine, fill, person
from bench.panels import PANELS, PERIODS, asked, ways

from avow.store.events import announced, statement

STATEMENTS = {
    path.name.removesuffix(".sql"): statement(path.name.removesuffix(".sql"))
    for path in resources.files("avow.store.sql").iterdir()
    if path.name.startswith("dashboard_")
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The questions of each panel of each period, among few events, and how many rows DuckDB finds for the same."""
    folder = tmp_path_factory.mktemp("queries")
    queries.filled(folder, 100_000)
    with queries.opened(folder) as tallies:
        ours = {
            (name, way): dict(queries.panels_asked(tallies.events, scope, asked(name)[1]))
            for name in PERIODS
            for way, scope in ways(name, tallies).items()
        }
    connection = queries.duckdb_of(folder)
    raw = {panel.name: panel.raw for panel in PANELS}
    theirs = {
        (name, how): {panel: queries.ask_duckdb(connection, one, queries.given_of(name)) for panel, one in by_panel.items()}
        for name in PERIODS
        for how, by_panel in (("raw", raw), ("derived", DERIVED))
    }
    connection.close()
    return ours, theirs


def test_every_question_of_the_dashboard_is_measured(measured):
    """A new statement of a panel is measured, because its function is; one is asked only where two points see one leave."""
    asked_of = {question.name for panels in measured[0].values() for asked_by in panels.values() for question in asked_by}
    assert asked_of == STATEMENTS.keys() - {"dashboard_reading_once"}


@pytest.mark.parametrize("way", ["events", "tallied", "filtered"])
@pytest.mark.parametrize("name", ["30d", "12m"])
def test_every_question_finds_something_in_the_benchmarks_events(measured, name, way):
    """A statement over rows that it passes by is measured for nothing; DuckDB finds as many lines for the same panel."""
    ours, theirs = measured
    for panel, questions in ours[name, way].items():
        assert all(one.rows for one in questions), panel
        assert all(theirs[name, "raw"][panel]), panel
        assert all(theirs[name, "derived"][panel]), panel


@pytest.mark.parametrize("name", PERIODS)
def test_duckdb_says_of_the_same_tables_what_it_says_of_events(measured, name):
    """Page views to the last one: what is compared is the same question; visits are told apart by person in one of them."""
    _, theirs = measured
    for panel in ("ranked", "points", "robots", "actions"):
        for raw, derived in zip(theirs[name, "raw"][panel], theirs[name, "derived"][panel], strict=True):
            assert [row[:2] for row in raw] == [(row[0], int(row[1])) for row in derived], panel


def made(folder, seed):
    """Return a digest of the benchmarks' events, and how many are of each page."""
    with engine(folder):
        fill(folder, [b"1" * 16], events=2_000, seed=seed)
        client = clickhouse_connect.get_client(dsn=announced(folder)())
        whole = client.query("SELECT count(), sum(cityHash64(*)) FROM events").result_rows
        pages = client.query("SELECT count() FROM events GROUP BY page ORDER BY count() DESC").result_columns[0]
        client.close()
    return whole, pages


def test_the_same_seed_makes_the_same_events_and_people(tmp_path):
    """And another seed makes others; the first page is seen far more often than the hundredth."""
    first, again, other = (made(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first == again
    assert first[0] != other[0]
    assert first[0][0][0] == 2_000
    assert first[1][0] > 10 * first[1][100]
    assert person(3, 1) == person(3, 1) != person(3, 2)
    draws = [Skewed(5), Skewed(5)]
    assert [draws[0].below(9) for _ in range(50)] == [draws[1].below(9) for _ in range(50)]


def test_the_benchmark_of_erasure_finds_what_is_there_and_nothing_after(tmp_path):
    """By its own driver, small: it sees canaries before, and none after; others stay; another program takes each proof."""
    driver = erasure.Driver(erasure.OWN_DRIVER, tmp_path / "house", 2_000, erasure.SEED)
    try:
        row = erasure.measured(driver, erasure.Row(2_000, 2), tmp_path)
    finally:
        driver.close()
    assert (row.planted, row.readable_before) == (12, 10)  # what is in the spool waits
    assert row.found_before.keys() >= {"data", "recipient", "backup"}
    assert min(row.found_before[name] for name in ("data", "recipient", "backup")) == 2
    assert (row.readable_after, row.changed, row.unsettled, row.accepted) == (0, 0, 0, 2)
    assert [name for name, count in row.found_after.items() if count and name != "backup"] == []
    assert sum(row.found_rotated.values()) == 0


@pytest.mark.parametrize("name", gdprbench.WORKLOADS)
def test_each_side_of_gdprbench_answers_rightly(name):
    """Every answer of every side is what the dictionary says."""
    with gdprbench.sides() as sides:
        wrong = {}
        for side in sides:
            work = gdprbench.Workload(side, 60)
            work.run(name, 40)
            wrong[side.name] = +work.wrong
    assert wrong == {"Avow": {}, "PostgreSQL, no indexes": {}, "PostgreSQL, indexed": {}}
