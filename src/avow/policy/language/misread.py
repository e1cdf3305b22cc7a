"""Say in plain words why a block cannot be read: anyone who writes a policy with a lawyer need not know TOML.

`tomllib` gives a reason in its own terms. Here the line that it stopped at is looked at for the usual slips, and each is
named with what to write instead; what is not known keeps the reader's own reason.
"""

from __future__ import annotations

import re
from typing import Final

_ANY_MEND: Final = 'write key = "text", key = 12, key = ["a", "b"] or [table.name], one to a line'
_CURLY: Final = re.compile("[\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019]")
_STRING: Final = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_PAIR: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=\s*(.*?)\s*(?:#.*)?$")
_LIKE_DATE: Final = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")
_FLAGS: Final = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
#: A line within a block that only stands in prose: the block above it was never closed.
SWALLOWED: Final = re.compile(
    r"^\s*(?:(?:`{3,}|~{3,})\s*avow\s*$|\{\{[^{}]*\}\}\s*$|#{1,6} .*\{#[\w-]+[^}]*\}\s*$)", re.MULTILINE
)


def why(reason: str, line: str) -> tuple[str, str]:
    """Return what is wrong with this line of a block and how to mend it, from the reason that `tomllib` gives."""
    found = _characters(line) or _structure(reason, line) or _value(line)
    message, mend = found or (reason[:1].lower() + reason[1:], _ANY_MEND)
    return f"this block cannot be read: {message}", mend


def stray(reason: str, content: str) -> tuple[int, str, str] | None:
    """Return the line of a block (from 0) whose keys are under no table, what is wrong and how to mend it.

    The reader stops only where a later table has the name of such a key, which is far from the line that is missing.
    """
    if not reason.startswith(("Cannot declare", "Cannot overwrite")):
        return None
    for number, line in enumerate(content.splitlines()):
        if line.lstrip().startswith("["):
            return None
        if pair := _PAIR.match(line):
            message = f'this block cannot be read: "{pair[1]}" stands in no table, so it is of nothing'
            return number, message, "write the name of its table on the line above it, as [data.some-name]"
    return None


def is_one_too_late(reason: str) -> bool:
    """Whether the reader stops where the next thing begins, and the slip is before that."""
    return reason.startswith("Unclosed array")


def _characters(line: str) -> tuple[str, str] | None:
    """Find what a word processor leaves and no block may have outside of its texts, or at all."""
    bare = _STRING.sub("", line)
    if _CURLY.search(bare):
        return "typographic quotes hold no text", f"write straight quotes: {_CURLY.sub(chr(34), line).strip()}"
    if "\u00a0" in bare:
        return "a no-break space stands where a plain one must", "type the space of this line again"
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
        return "a character that cannot be seen stands in this line", "type the line again"
    return None


#: How the reader's reason begins -> what is wrong, and how to mend it; {key} is the key of the line, {said} the line.
_STRUCTURE: Final = (
    (
        ("Unterminated string", "Illegal character '\\n'", 'Expected "\'"'),
        "a text is not closed",
        'end it with a quote on the same line: {key} = "..."',
    ),
    (
        ("Unclosed array",),
        "a list is not closed, or lacks a comma",
        'write a comma between its entries and ] at its end: ["one", "another"]',
    ),
    (
        ("Unclosed inline table",),
        "a brace is not closed, or a comma is missing",
        "write it on one line, closed with }}: {{ days = 90 }}",
    ),
    (
        ("Expected ']' at the end of a table",),
        "the name of a table is not closed, or has a space",
        "write [data.some-name]: words joined by hyphens, then ]",
    ),
    (
        ("Cannot overwrite a value",),
        '"{key}" stands twice in its table',
        "keep one of the two; where another table begins, write its name above, as [data.some-name]",
    ),
    (("Cannot declare",), "{said} is declared twice", "give one of the two another name, or put their keys together"),
)


def _structure(reason: str, line: str) -> tuple[str, str] | None:
    """Name the slips in quotes, brackets, signs and repeated names."""
    said = line.strip()
    words = {"said": said, "key": said.split("=")[0].strip()}
    for reasons, message, mend in _STRUCTURE:
        if reason.startswith(reasons):
            return message.format(**words), mend.format(**words)
    if reason.startswith("Expected '=' after a key"):
        colon = ":" in _STRING.sub("", said)
        message = "a colon gives no value" if colon else "a key has no equals sign"
        return message, 'write an equals sign, as key = "text" or key = { days = 90 }'
    return ("these slashes begin no comment", "begin a comment with #") if said.startswith("//") else None


def _value(line: str) -> tuple[str, str] | None:
    """Name the slips in a value: a date, true or false, a text without quotes."""
    pair = _PAIR.match(line)
    if pair is None:
        return None
    key, value = pair[1], pair[2]
    if not value:
        return f'"{key}" has no value', 'write one behind the equals sign: a text in quotes, a number, a date, or ["a list"]'
    if _LIKE_DATE.match(value):
        return f'"{value}" is no date', "write year, month and day, each with a nought where needed: 2026-11-01"
    if value.lower() in _FLAGS:
        return f'"{value}" is neither true nor false', f"write {key} = {_FLAGS[value.lower()]}, in small letters without quotes"
    if value[0].isalpha():
        return "a text stands without quotes", f'write {key} = "{value}"'
    return None
