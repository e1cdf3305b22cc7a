"""What the page of divergences says is not done is what the compiler refuses, and nothing else."""

import re
from pathlib import Path

from avow.policy.checks.carried_out import EVERYTHING, THIS_VERSION
from avow.policy.findings.diagnostics import CODES

PAGE = (Path(__file__).parents[2] / "docs" / "law" / "divergences.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]


def test_every_finding_that_a_row_names_is_one():
    """A row does not outlive the code that it speaks of."""
    assert set(re.findall(r"AV\d{4}", PAGE)) <= set(CODES)


def test_the_keys_that_are_not_obeyed_are_the_rows_of_them():
    """A key that a version begins to obey takes its words out of the page, and the other way round."""
    rows = [row for row in ROWS if "AV0712" in row]
    named = {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)}
    assert named == {key for _, key in EVERYTHING.keys - THIS_VERSION.keys}


def test_third_parties_are_refused_as_long_as_a_row_says_so():
    """The row about what third parties are given goes with the switch."""
    assert any("not served (AV0702)" in row for row in ROWS) is not THIS_VERSION.third_parties
