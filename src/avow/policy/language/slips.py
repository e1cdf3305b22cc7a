"""Find marks of the language that are misspelt: Markdown would show them to visitors instead of obeying them.

A block that opens with too few backticks, a heading without a space, `{.statment}`, `{{ chart }`: none of them is an
error for a Markdown reader, and each would print what only the compiler should see.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from avow.policy.language.grammar import GRAMMAR
from avow.policy.language.vocabulary import PLACEHOLDERS

_OPENING: Final = re.compile(r"\s*[`~]{1,2}\s*avow\s*$|\s*(?:`{3,}|~{3,})\s*avow\s*$", re.IGNORECASE)
_TABLE: Final = re.compile(r"\[([a-z_]+)(?:\.[^\]]*)?\]")
_BLOCK_MEND: Final = "open the block with ```avow at the start of a line, in small letters, and close it with ```"
_TIGHT_HEADING: Final = re.compile(r"^(?:#{2,6}(?=[^\s#])|#(?=[^\s#].*\{#))")
_HALF_PLACEHOLDER: Final = re.compile(r"\{\{[^{}]*\}(?!\})|\{\{[^{}]*$|(?<!\{)\{[^{}]*\}\}")
_SINGLE: Final = re.compile(r"\{\s*([a-z-]+)\s*\}")
_ATTRIBUTE: Final = re.compile(r"\{\s*[.#][^}]*\}?")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
#: Marks that turn the direction of writing, so that a reader sees other words than the machine (Unicode TR 36, "bidi"): as
#: they are, as TOML writes them, and as HTML does.
_TURNING: Final = re.compile(
    r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    r"|\\(?:u|U0000)(?:061c|200[ef]|202[a-e]|206[6-9])"
    r"|&#x0*(?:61c|200[ef]|202[a-e]|206[6-9]);|&#0*(?:1564|820[67]|823[4-8]|829[4-7]);|&[lr]lm;",
    re.IGNORECASE,
)
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|$)")
#: Elements of HTML, which a policy does not have: their marks stay text.
_HTML: Final = re.compile(
    r"</?(?:a|abbr|article|aside|b|blockquote|br|button|center|code|details|div|em|font|footer|form|h[1-6]|header|hr|i|iframe|img"
    r"|input|label|li|link|main|mark|meta|nav|object|ol|p|pre|s|script|section|small|span|strong|style|sub|summary|sup|svg|table"
    r"|tbody|td|th|thead|tr|u|ul|video)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ROW: Final = re.compile(r"[ \t>]*\|.*\|[ \t]*$")
_RULE: Final = re.compile(r"[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$")
_BAR: Final = re.compile(r"(?<!\\)\|")
_HEADING_MEND: Final = "end the heading with {#anchor}, {#anchor site=name} or {#anchor law=CODE}"


@dataclass(frozen=True, slots=True)
class Slip:
    """A misspelt mark: where it is in the words, what is wrong, and what to write."""

    start: int
    end: int
    message: str
    mend: str


def in_fence(info: str, content: str) -> Slip | None:
    """Find a block of declarations whose fence does not say so, so that visitors would see it as code."""
    said = info.strip(" {}.").split(" ")[0].lower()
    is_near = len(said) <= len("avow") + 2 and bool(difflib.get_close_matches(said, ["avow"], cutoff=0.6))
    table = _TABLE.match(content.lstrip())
    if is_near or (said in {"", "toml"} and table and table[1] in GRAMMAR):
        message = (
            f'a block marked "{info.strip()}" declares nothing' if info.strip() else "a block without a mark declares nothing"
        )
        return Slip(0, 0, f"{message}, and visitors would see it", _BLOCK_MEND)
    return None


def in_code(line: str) -> Slip | None:
    """Find a fence that opens nothing: too few backticks, or so far to the right that it is code itself."""
    if _OPENING.match(line):
        return Slip(0, 0, "this opens no block, and visitors would see it", _BLOCK_MEND)
    return None


def in_indented(line: str) -> Slip | None:
    """Find what is so far to the right that it is shown as code: a fence, or the rows of a table."""
    if _ROW.match(line):
        return Slip(0, 0, "this row is of no table, and visitors would see its bars", "begin the line with no spaces")
    return in_code(line)


def in_rows(lines: Sequence[str]) -> int | None:
    """Return the line of a paragraph at which the rows of a table begin that is none, so that visitors would see its bars."""
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else ""
        if _ROW.match(line) or _RULE.match(line) or (" | " in line and " | " in after):
            return number
    return None


#: What is wrong with rows of no table, and how to mend it.
NO_TABLE: Final = Slip(
    0,
    0,
    "this row is of no table, and visitors would see its bars",
    "put a line of dashes under the first row, with as many cells, and no empty line between rows: | --- | --- |",
)


def in_cells(row: str, header: str) -> Slip | None:
    """Find a row that has more cells than its table has columns: what is beyond is shown to nobody."""
    cells, columns = (len(_BAR.split(line.strip(" \t>").removeprefix("|").removesuffix("|"))) for line in (row, header))
    if columns > 1 and not _BAR.search(row):
        return Slip(0, 0, "this line is a row of the table above it", "put an empty line between the table and this")
    if cells <= columns:
        return None
    message = f"this row has {cells} cells, and its table {columns} columns: visitors would not see the rest"
    return Slip(0, 0, message, "give the first row and the line of dashes as many cells, or write \\| where a bar is meant")


def in_line(line: str) -> Slip | None:
    """Find a mark that turns the direction of writing, wherever it is in the file: in prose, in headings, in blocks."""
    found = _TURNING.search(line)
    if found is None:
        return None
    mark = found[0] if len(found[0]) > 1 else f"U+{ord(found[0]):04X}"
    message = f"a mark that turns the direction of writing ({mark}) hides what stands here"
    return Slip(found.start(), found.end(), message, "remove it: no text of a policy needs one")


def in_heading(words: str) -> Slip | None:
    """Find an anchor that is not one."""
    found = re.search(r"\{.*", words)
    if found is None:
        return None
    return Slip(found.start(), found.end(), f'"{found[0].strip()}" is no anchor, and visitors would see it', _HEADING_MEND)


def in_words(words: str) -> Slip | None:
    """Find the first mark in a paragraph that is none, or a character that nobody can read."""
    unseen = _UNSEEN.search(words)
    if unseen:
        return Slip(unseen.start(), unseen.end(), "a character that cannot be seen stands here", "type the line again")
    single = _SINGLE.fullmatch(words.strip())
    if single and single[1] in PLACEHOLDERS:
        start = words.index("{")
        return _slip(start, single[0], f"write {{{{ {single[1]} }}}}")
    for pattern in (_TIGHT_HEADING, _HALF_PLACEHOLDER, _ATTRIBUTE, _COMMENT, _HTML):
        found = pattern.search(words)
        if found:
            return _slip(found.start(), found[0], _mend(pattern, found[0]))
    return None


def _slip(start: int, said: str, mend: str) -> Slip:
    return Slip(start, start + len(said), f'"{said.strip()}" means nothing here, and visitors would see it', mend)


def _mend(pattern: re.Pattern[str], said: str) -> str:
    if pattern is _TIGHT_HEADING:
        return "put a space behind the # marks of a heading"
    if pattern is _HALF_PLACEHOLDER:
        return "write a placeholder with two braces on either side: {{ chart }}"
    if pattern is _HTML:
        return "remove it: a policy has no HTML; *words* are stressed by stars, and [words](address) are a link"
    if pattern is _COMMENT:
        return "remove it: a note for yourselves stands in a block, behind #"
    if said.lstrip("{ ").startswith("."):
        return "end the paragraph with {.statement}, after its last word"
    return "an anchor ends a heading: ## Title {#anchor}"
