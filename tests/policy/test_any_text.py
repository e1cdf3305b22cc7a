"""Whatever stands in the file, the compiler answers: findings within the text, no exception, and the same for every report."""

import json

from hypothesis import given
from hypothesis import strategies as st

from avow import policy
from avow.policy import diagnostics, explanations, layout, reports

from .conftest import SMALL, TODAY

LAW = policy.law.tables()
#: What people leave behind while they write: marks of TOML and Markdown, halves of both, letters of many bytes.
PIECES = [
    *"\"'[]{}=#\n\\.,-0é🏮",
    "```",
    "```avow\n",
    "{{",
    "}}",
    "'''",
    '"""',
    "> ",
    "* ",
    "[data]\n",
    "[[data]]\n",
    "[policy]\n",
    "data = 1\n",
    "a.b = 1\n",
]
#: Values that are valid TOML and, at most places, not what the language wants.
VALUES = [
    '""',
    "true",
    "nan",
    "-1",
    "9999-12-31",
    "10000000000000000000000",
    "[]",
    "[[1]]",
    '["EU-GDPR", "EU-GDPR"]',
    "{}",
    '{ days = "x" }',
    '{ a = { days = 1 }, b = "x" }',
    "[{ a = 1 }]",
]
LINES = [number for number, line in enumerate(SMALL.split("\n")) if " = " in line]


def _typed(text, place, gone, piece):
    place %= len(text) + 1
    return text[:place] + piece + text[place + gone :]


def _valued(text, line, value):
    lines = text.split("\n")
    lines[line] = f"{lines[line].partition(' = ')[0]} = {value}"
    return "\n".join(lines)


edits = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 5), st.sampled_from(PIECES)), max_size=3)
values = st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(VALUES)), max_size=2)


@given(edits, values)
def test_the_compiler_answers_to_any_text(typed, valued):
    """A policy half written, or written wrongly in any way, is told what is wrong and where; nothing breaks."""
    text = SMALL
    for line, value in valued:
        text = _valued(text, line, value)
    for place, gone, piece in typed:
        text = _typed(text, place, gone, piece)
    compilation = policy.compile_text(text, "policy.md", LAW, TODAY)
    lines = compilation.texts["policy.md"].split("\n")
    found = compilation.diagnostics
    assert all(1 <= one.line <= len(lines) and one.column >= 1 and one.length >= 1 for one in found)
    assert (compilation.rulebook is None) == bool(diagnostics.errors(found))
    assert diagnostics.as_text(found, compilation.texts).count(" = mend: ") >= len(found)
    assert len(json.loads(reports.as_sarif(found, compilation.texts, explanations.why))["runs"][0]["results"]) == len(found)
    laid_out = layout.lay_out(text).text
    assert layout.lay_out(laid_out).text == laid_out
