"""What the page of divergences says is not done is what the compiler refuses, and nothing else."""

import re
from pathlib import Path

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


def test_no_row_refuses_a_third_party():
    """What a third party is given stops, and it is told: a policy that declares one is served."""
    assert "AV0702" not in PAGE
