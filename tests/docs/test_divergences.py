"""What the page of divergences says is not done is what the compiler refuses, and nothing else."""

import re
from pathlib import Path

from avow.gate.instructions import Way
from avow.policy.findings.diagnostics import CODES
from avow.policy.language.vocabulary import INSTRUCTS

PAGE = (Path(__file__).parents[2] / "docs" / "law" / "divergences.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]


def test_every_finding_that_a_row_names_is_one():
    """A row does not outlive the code that it speaks of."""
    assert set(re.findall(r"AV\d{4}", PAGE)) <= set(CODES)


def test_no_row_is_there_twice():
    """What a later version does is not still said to be undone further down."""
    asked = [tuple(row.split("|")[1:3]) for row in ROWS]
    assert [row for row in asked if asked.count(row) > 1] == []


def test_the_ways_by_which_a_policy_may_say_that_recipients_are_told_are_those_that_tell_them():
    """No word of the language goes ahead of the gate, and none is left behind."""
    assert set(INSTRUCTS) == {way.value for way in Way}


def test_no_row_refuses_a_third_party():
    """What a third party is given stops, and it is told: a policy that declares one is served."""
    assert "AV0702" not in PAGE
