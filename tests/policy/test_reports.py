"""The reports for machines have the shape that programs, code scanning and GitHub expect."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from avow.policy import explanations, reports
from avow.policy.findings.diagnostics import CODES, Severity, Span, diagnostic

REPOSITORY = Path(__file__).parents[2]
KEEPING = explanations.explanation("AV0304")
WRONG = explanations.compiled(KEEPING, KEEPING.wrong)
LEVELS = {"none", "note", "warning", "error"}


def _sarif(found=WRONG.diagnostics, texts=WRONG.texts):
    return json.loads(reports.as_sarif(found, texts, explanations.why))["runs"][0]


def test_json_holds_every_part_of_a_finding():
    """The keys are those of docs/specs/findings.md, all of them and no other."""
    page = (REPOSITORY / "docs" / "specs" / "findings.md").read_text(encoding="utf-8")
    report = json.loads(reports.as_json(WRONG.diagnostics, ["policy.md"]))
    described = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert described == [*report, *report["diagnostics"][0]]
    assert (report["version"], report["errors"], report["warnings"], report["files"]) == (1, 1, 0, ["policy.md"])
    assert report["diagnostics"][0]["code"] == "AV0304"


def test_sarif_has_what_the_standard_requires():
    """Version, tool and driver name; a message for each result; each rule found at its index."""
    log = json.loads(reports.as_sarif(WRONG.diagnostics, WRONG.texts, explanations.why))
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    driver = log["runs"][0]["tool"]["driver"]
    assert driver["name"] == "avow"
    for result in log["runs"][0]["results"]:
        assert result["message"]["text"]
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())


def test_sarif_points_at_the_words():
    """Lines and columns count from 1; the end column is the one after the last letter."""
    place = _sarif()["results"][0]["locations"][0]["physicalLocation"]
    region = place["region"]
    line = WRONG.texts["example.md"].splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "periodically"
    assert region["endLine"] == region["startLine"]
    assert place["artifactLocation"] == {"uri": "example.md", "uriBaseId": "%SRCROOT%"}


def test_sarif_counts_letters_outside_of_the_basic_plane_once():
    """The declared kind of columns is what the compiler counts: code points, not UTF-16 units."""
    part = KEEPING.wrong.replace("We count visits.", "We count 🏮 visits.")
    compilation = explanations.compiled(KEEPING, part)
    run = _sarif(compilation.diagnostics, compilation.texts)
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert part.splitlines()[2][region["startColumn"] - 1 : region["endColumn"] - 1] == "periodically"


@pytest.mark.parametrize("code", list(CODES))
def test_sarif_describes_the_rule(code):
    """Short and full description, help, level and page of each code."""
    one = explanations.explanation(code)
    compilation = explanations.compiled(one, one.wrong)
    (rule,) = _sarif(compilation.diagnostics, compilation.texts)["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == CODES[code].finds
    assert CODES[code].rule in rule["help"]["text"]
    assert rule["helpUri"].endswith(f"/reference/diagnostics/{code}.md")
    assert rule["defaultConfiguration"]["level"] == CODES[code].severity


def test_the_help_address_is_the_published_documentation():
    """The address in pyproject.toml, and a page that is in the tree."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"]["Documentation"] == reports.DOCUMENTATION
    assert (REPOSITORY / "docs" / reports.help_address("AV0304").removeprefix(f"{reports.DOCUMENTATION}/")).is_file()


def test_a_finding_keeps_its_fingerprint_when_lines_are_inserted_above():
    """Otherwise a comment at the top of a policy would make every known finding new."""
    moved = explanations.compiled(KEEPING, f"\n\n{KEEPING.wrong}")
    assert _sarif()["results"][0]["locations"] != _sarif(moved.diagnostics, moved.texts)["results"][0]["locations"]
    assert (
        _sarif()["results"][0]["partialFingerprints"]
        == _sarif(moved.diagnostics, moved.texts)["results"][0]["partialFingerprints"]
    )


def test_two_findings_of_the_same_words_have_two_fingerprints():
    """The same sentence twice is two findings."""
    wrong = KEEPING.wrong.replace("```avow", "Records are erased periodically.\n\n```avow", 1)
    doubled = wrong.replace("We count visits. Records are erased periodically.", "Records are erased periodically.")
    compilation = explanations.compiled(KEEPING, doubled)
    results = _sarif(compilation.diagnostics, compilation.texts)["results"]
    assert len(results) == len({one["partialFingerprints"]["avowFinding/v1"] for one in results}) == 2


def test_sarif_writes_a_path_as_an_address():
    """A space in a folder's name is escaped."""
    found = [_found("our policies/über uns.md", "a message")]
    uri = _sarif(found, {})["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "our%20policies/%C3%BCber%20uns.md"


def _found(file, message):
    found = diagnostic("AV0304", Span(3, 7, 4), message, "mend it")
    return type(found)(*(getattr(found, name) for name in found.__slots__[:-1]), file)


def test_github_is_told_file_line_and_columns():
    """One command for each finding, at its words."""
    shown = reports.as_github([_found("a/policy.md", "a message")])
    assert shown.startswith("::error file=a/policy.md,line=3,endLine=3,col=7,endColumn=11,title=AV0304%3A ")
    assert shown.endswith("::a message%0AMend: mend it%0ARule: Cal. Civ. Code § 1798.100(a)(3)\n")


def test_github_cannot_be_told_another_command():
    """Line ends, percent signs, colons and commas of a policy are escaped, so that its text stays text."""
    shown = reports.as_github([_found("a,b:c.md", "50%\n::error::gotcha\r")])
    assert shown.count("\n") == 1
    assert "file=a%2Cb%3Ac.md," in shown
    assert "50%25%0A::error::gotcha%0D%0A" in shown


def test_github_shows_a_warning_as_one():
    """The severity is kept."""
    one = explanations.explanation("AV0205")
    compilation = explanations.compiled(one, one.wrong)
    assert reports.as_github(compilation.diagnostics).startswith("::warning file=example.md,")
    assert {item.severity for item in compilation.diagnostics} == {Severity.WARNING}
