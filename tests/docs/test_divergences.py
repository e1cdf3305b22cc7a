"""What the page of divergences says is not done is what the compiler refuses, and nothing else."""

import re
from pathlib import Path

from avow.gate.instructions import Way
from avow.policy.checks.carried_out import EVERYTHING, THIS_VERSION
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


def test_the_ways_by_which_a_policy_may_say_that_recipients_are_told_are_those_that_tell_them():
    """A way is served when the gate knows it, and not before; with the last one this and the switch go."""
    assert THIS_VERSION.instructs == {way.value for way in Way}


def test_the_keys_that_are_not_obeyed_are_the_rows_of_them():
    """A key that a version begins to obey takes its words out of the page, and the other way round."""
    rows = [row for row in ROWS if "AV0712" in row]
    named = {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)}
    assert named == {key for _, key in EVERYTHING.keys - THIS_VERSION.keys}


def test_the_ways_that_tell_no_recipient_are_in_their_row():
    """A way that a version learns takes its word out of the page; with the last of them the row goes."""
    rows = [row for row in ROWS if "AV0703" in row]
    named = {word for row in rows for word in re.findall(r"`([a-z]+)`", row)}
    assert named == EVERYTHING.instructs - THIS_VERSION.instructs


def test_third_parties_are_refused_as_long_as_a_row_says_so():
    """The row about what third parties are given goes with the switch."""
    assert any("not served (AV0702)" in row for row in ROWS) is not THIS_VERSION.third_parties
