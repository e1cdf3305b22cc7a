"""The benchmarks keep up with the program: each question finds something, the same seed says the same, no answer is wrong."""

import re
import subprocess
import sys
from importlib import resources

import clickhouse_connect
import pytest
from bench import erasure, gdprbench, queries
from bench.events import Skewed, engine, fill, person
from tests.conftest import REPOSITORY

from avow.store.events import announced, statement

STATEMENTS = {
    path.name.removesuffix(".sql"): statement(path.name.removesuffix(".sql"))
    for path in resources.files("avow.store.sql").iterdir()
    if path.name.startswith("dashboard_")
}


def test_every_question_of_the_dashboard_is_measured():
    """A new statement, or a new parameter of one, is a line in the benchmark as well."""
    assert {name.partition("/")[0] for name in queries.QUESTIONS} == STATEMENTS.keys()
    for name in queries.QUESTIONS:
        taken = set(re.findall(r"\{(\w+):", STATEMENTS[name.partition("/")[0]]))
        assert taken == queries.parameters(name)[1].keys()
        assert queries.QUESTIONS[name].keys() <= taken


def test_every_question_finds_something_in_the_benchmarks_events(tmp_path):
    """A statement over rows that it passes by is measured for nothing."""
    command = [sys.executable, "-m", "bench.queries", "rows", str(tmp_path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY).stdout
    found = {name: int(rows) for name, rows in (line.split() for line in printed.splitlines())}
    assert found.keys() == queries.QUESTIONS.keys()
    assert {name for name, rows in found.items() if not rows} == set()


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
