"""The benchmarks keep up with the program: each question of the dashboard is asked, and finds something."""

import re
import subprocess
import sys
from importlib import resources

from bench import queries
from tests.conftest import REPOSITORY

STATEMENTS = {
    path.name.removesuffix(".sql"): path.read_text(encoding="utf-8")
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
