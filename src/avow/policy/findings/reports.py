"""Print findings for machines: JSON for programs, SARIF 2.1.0 for code scanning, commands for GitHub's annotations.

The text for people is `diagnostics.as_text`. Findings come with file names as the reader of the report finds them: paths
that count from the current folder. The formats are described in docs/specs/findings.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from avow import __version__
from avow.policy.findings.diagnostics import CODES, Diagnostic, Severity, errors

#: Where the documentation is published; the address in pyproject.toml, which a test compares.
DOCUMENTATION: Final = "https://avow.example/docs"
#: Version of the JSON shape; it changes when a reader of the old shape would read the new one wrongly.
JSON_VERSION: Final = 1
_SARIF_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def help_address(code: str) -> str:
    """Return the address of the page about a code."""
    return f"{DOCUMENTATION}/reference/diagnostics/{code}.md"


def as_json(found: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """Return the findings as JSON; `files` are the policies that were checked, findings or not."""
    rows = [
        {
            "code": item.code,
            "severity": item.severity,
            "file": item.file,
            "line": item.line,
            "column": item.column,
            "length": item.length,
            "message": item.message,
            "rule": item.rule,
            "mend": item.mend,
            "help": help_address(item.code),
        }
        for item in found
    ]
    stopping = len(errors(found))
    report = {
        "version": JSON_VERSION,
        "files": list(files),
        "errors": stopping,
        "warnings": len(found) - stopping,
        "diagnostics": rows,
    }
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def as_sarif(found: Sequence[Diagnostic], texts: Mapping[str, str], why: Callable[[str], str]) -> str:
    """Return the findings as one SARIF 2.1.0 run with the rules that they break; columns count Unicode code points.

    `why` says of a code why it matters to people.
    """
    codes = sorted({item.code for item in found})
    driver = {
        "name": "avow",
        "semanticVersion": __version__,
        "informationUri": DOCUMENTATION,
        "rules": [_rule(code, why(code)) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the folder in which the check was started"}}},
        "results": _results(found, texts, {code: place for place, code in enumerate(codes)}),
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _rule(code: str, why: str) -> dict[str, object]:
    """Return what SARIF calls a reporting descriptor: the code's short and long description, severity and page."""
    kind = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": kind.finds},
        "fullDescription": {"text": why},
        "help": {"text": f"{why}\n\nRule: {kind.rule}", "markdown": f"{why}\n\nRule: {kind.rule}"},
        "helpUri": help_address(code),
        "defaultConfiguration": {"level": _LEVELS[kind.severity]},
        "properties": {"tags": ["privacy"]},
    }


def _results(found: Sequence[Diagnostic], texts: Mapping[str, str], places: Mapping[str, int]) -> list[dict[str, object]]:
    """Return the results; two findings with the same words in the same file are told apart by their order."""
    seen: dict[str, int] = {}
    results: list[dict[str, object]] = []
    for item in found:
        content = _content(item, texts)
        seen[content] = seen.get(content, 0) + 1
        region = {
            "startLine": item.line,
            "startColumn": item.column,
            "endLine": item.line,
            "endColumn": item.column + item.length,
        }
        location = {"artifactLocation": {"uri": quote(item.file), "uriBaseId": "%SRCROOT%"}, "region": region}
        results.append(
            {
                "ruleId": item.code,
                "ruleIndex": places[item.code],
                "level": _LEVELS[item.severity],
                "message": {"text": f"{item.message}. Mend: {item.mend}"},
                "locations": [{"physicalLocation": location}],
                # A key of our own: GitHub computes primaryLocationLineHash itself and complains of another's.
                "partialFingerprints": {"avowFinding/v1": f"{content}:{seen[content]}"},
            }
        )
    return results


def _content(item: Diagnostic, texts: Mapping[str, str]) -> str:
    """Return a digest of what was found, without the line number: text inserted above must not make it a new finding."""
    lines = texts.get(item.file, "").splitlines()
    line = lines[item.line - 1].strip() if 0 < item.line <= len(lines) else ""
    return hashlib.sha256(f"{item.code}\n{item.file}\n{line}\n{item.message}".encode()).hexdigest()[:32]


def as_github(found: Sequence[Diagnostic]) -> str:
    """Return one workflow command a finding, which GitHub shows next to the line of a pull request."""
    lines = []
    for item in found:
        properties = {
            "file": item.file,
            "line": str(item.line),
            "endLine": str(item.line),
            "col": str(item.column),
            "endColumn": str(item.column + item.length),
            "title": f"{item.code}: {CODES[item.code].finds}",
        }
        written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        message = _data(f"{item.message}\nMend: {item.mend}\nRule: {item.rule}")
        lines.append(f"::{_LEVELS[item.severity]} {written}::{message}\n")
    return "".join(lines)


def _data(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property of a workflow command, where colon and comma separate."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary(found: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """Return the last line of a check of several policies: how many there are, and how many findings."""
    stopping = len(errors(found))
    warnings = len(found) - stopping
    return (
        f"{len(files)} polic{'y' if len(files) == 1 else 'ies'} checked: {stopping} error{'' if stopping == 1 else 's'}, "
        f"{warnings} warning{'' if warnings == 1 else 's'}\n"
    )
