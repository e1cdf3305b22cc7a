"""The command that prints what follows from a policy."""

import csv
import io
import json

import pytest

from avow.policy.printouts import PRINTOUTS

from .conftest import SMALL


@pytest.mark.parametrize("name", PRINTOUTS)
def test_each_printout_is_printed_by_its_name(run, write, name):
    """In its usual format, as a whole document."""
    write("policy.md")
    result = run("policy", "print", name, "policy.md")
    assert result.exit_code == 0, result.output
    whole = ("<!DOCTYPE html>", "Reporting-Endpoints: ")
    assert result.output.startswith(whole) or json.loads(result.output)


def test_another_format_and_a_file(run, write, folder):
    """The register as CSV, into a file."""
    write("policy.md")
    result = run("policy", "print", "register", "policy.md", "--format", "csv", "-o", "register.csv")
    assert (result.exit_code, result.output) == (0, "")
    rows = list(csv.DictReader(io.StringIO((folder / "register.csv").read_text(encoding="utf-8"))))
    assert [row["Activity"] for row in rows] == ["Visits", "Letter form"]


def test_a_format_that_is_not_there_is_refused_with_those_that_are(run, write):
    """The message names the way out; an unknown name is wrong usage."""
    write("policy.md")
    result = run("policy", "print", "chart", "policy.md", "--format", "csv")
    assert result.exit_code == 1
    assert '"chart" is not printed as csv; it is printed as html' in result.output
    assert run("policy", "print", "chrat", "policy.md").exit_code == 2


def test_a_policy_with_errors_is_not_printed(run, write):
    """What does not compile has no printouts."""
    write("policy.md", "months = 13", "months = 99999")
    result = run("policy", "print", "register", "policy.md")
    assert result.exit_code == 1
    assert "AV" in result.output


def test_a_printout_for_the_people_of_one_law(run, write):
    """Only that law's days; a law that the policy does not name is refused."""
    write("policy.md")
    assert "45 days" in run("policy", "print", "rights", "policy.md", "--jurisdiction", "US-CA").output
    assert 'no jurisdiction "US-IA"' in run("policy", "print", "rights", "policy.md", "--jurisdiction", "US-IA").output


def test_a_draft_can_be_looked_at_and_compared(run, write):
    """A policy that this version does not carry out yet is printed and compared with --draft alone."""
    write("policy.md")
    write("ahead.md", "keeps_days = 0", "keeps_days = 30")
    assert run("policy", "print", "policy", "ahead.md").exit_code == 1
    assert "30 days" in run("policy", "print", "policy", "ahead.md", "--draft").output
    assert run("policy", "diff", "policy.md", "ahead.md").exit_code == 1
    assert "keeps" in run("policy", "diff", "policy.md", "ahead.md", "--draft").output


ROLES = """
## Who among us sees it {#who-sees-it}

```avow
[role.desk]
label    = "Letter desk"
may      = ["read", "decide", "measure"]
points   = ["letter", "visit"]
purposes = ["answer", "count", "return"]
```
"""


def test_a_role_that_comes_as_another_goes_is_asked_about(run, write):
    """Whether it is the same one under another name, nobody but the writer knows."""
    other = ROLES.replace("role.desk", "role.clerks").replace("Letter desk", "Clerks")
    write("policy.md", text=SMALL + ROLES)
    write("other.md", text=SMALL + other)
    write("said.md", text=SMALL + other.replace('"return"]\n', '"return"]\nformerly = ["desk"]\n'))
    asked = run("policy", "diff", "policy.md", "other.md").output
    assert "minor     Nobody works as “Letter desk” any more" in asked
    assert "write the old name as formerly of the new" in asked
    assert run("policy", "diff", "policy.md", "said.md").output.startswith("minor     “Clerks” was called “Letter desk” before.")
