"""What the page of divergences says is not done is what the compiler refuses, and nothing else."""

import re
from pathlib import Path

from avow.policy.checks.carried_out import THIS_VERSION
from avow.policy.findings.diagnostics import CODES

PAGE = (Path(__file__).parents[2] / "docs" / "law" / "divergences.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]


def test_every_finding_that_a_row_names_is_one():
    """A row does not outlive the code that it speaks of."""
    assert set(re.findall(r"AV\d{4}", PAGE)) <= set(CODES)


def test_no_row_is_there_twice():
    """What a later version does is not still said to be undone further down."""
    asked = [tuple(row.split("|")[1:3]) for row in ROWS]
    assert [row for row in asked if asked.count(row) > 1] == []


def test_third_parties_are_refused_as_long_as_a_row_says_so():
    """The row about what third parties are given goes with the switch."""
    assert any("not served (AV0702)" in row for row in ROWS) is not THIS_VERSION.third_parties
