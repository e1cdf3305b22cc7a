"""The command that prints the law tables."""

import json

from click.testing import CliRunner

from avow.cli import avow
from avow.policy.law import dump, tables


def run(*arguments):
    """Run the command without an installation."""
    return CliRunner().invoke(avow, ["law", *arguments], obj=lambda _config: None)


def printed(*arguments):
    """Return what the command prints."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_list_names_every_table_and_its_doubts():
    """One line for each jurisdiction: since when, and how much nobody has read."""
    lines = printed().splitlines()
    assert [line.split()[0] for line in lines] == list(tables())
    assert any("from 2028-01-01, not in force" in line for line in lines)
    assert all("values not verified" in line for line in lines)


def test_table_is_printed_with_source_day_and_doubt():
    """Each value says where it was read, when, and whether nobody has read it in the law."""
    text = printed("us-ca")
    assert "respond: 45 calendar days\n" in text
    assert "optout: 15 business days  (not yet verified in the text of the law)" in text
    assert "11 CCR 7021(a); read in the regulations of 2023/24, checked 2026-11-23" in text
    assert "D8  comply with a legal obligation" in text


def test_table_is_printed_for_machines():
    """The same text that a published policy is stored with."""
    written = printed("US-RI", "--format", "json")
    assert json.loads(written) == json.loads(dump({"US-RI": tables()["US-RI"]}))


def test_unknown_code_is_refused_with_the_known_ones():
    """A wrong name is wrong usage, and the message lists what there is."""
    result = run("US-XX")
    assert result.exit_code == 2
    assert "US-CA" in result.output
