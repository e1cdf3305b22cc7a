"""Find marks of the language that are misspelt: Markdown would show them to visitors instead of obeying them.

A block that opens with too few backticks, a heading without a space, `{.statment}`, `{{ chart }`: none of them is an
error for a Markdown reader, and each would print what only the compiler should see.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final

from avow.policy.grammar import GRAMMAR
from avow.policy.vocabulary import PLACEHOLDERS

_OPENING: Final = re.compile(r"\s*[`~]{1,2}\s*avow\s*$|\s*(?:`{3,}|~{3,})\s*avow\s*$", re.IGNORECASE)
_TABLE: Final = re.compile(r"\[([a-z_]+)(?:\.[^\]]*)?\]")
_BLOCK_MEND: Final = "open the block with ```avow at the start of a line, in small letters, and close it with ```"
_TIGHT_HEADING: Final = re.compile(r"^(?:#{2,6}(?=[^\s#])|#(?=[^\s#].*\{#))")
_HALF_PLACEHOLDER: Final = re.compile(r"\{\{[^{}]*\}(?!\})|\{\{[^{}]*$|(?<!\{)\{[^{}]*\}\}")
_SINGLE: Final = re.compile(r"\{\s*([a-z-]+)\s*\}")
_ATTRIBUTE: Final = re.compile(r"\{\s*[.#][^}]*\}?")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
#: Marks that turn the direction of writing, so that a reader sees other words than the machine (Unicode TR 36, "bidi").
_TURNING: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|$)")
_HEADING_MEND: Final = "end the heading with {#anchor}, {#anchor site=name} or {#anchor law=CODE}"


@dataclass(frozen=True, slots=True)
class Slip:
    """A misspelt mark: where it stands in the words, what is wrong, and what to write."""

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


def in_line(line: str) -> Slip | None:
    """Find a mark that turns the direction of writing, wherever it stands in the file: in prose, in headings, in blocks."""
    found = _TURNING.search(line)
    if found is None:
        return None
    message = f"a mark that turns the direction of writing (U+{ord(found[0]):04X}) hides what stands here"
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
    for pattern in (_TIGHT_HEADING, _HALF_PLACEHOLDER, _ATTRIBUTE, _COMMENT):
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
    if pattern is _COMMENT:
        return "remove it: a note for yourselves stands in a block, behind #"
    if said.lstrip("{ ").startswith("."):
        return "end the paragraph with {.statement}, after its last word"
    return "an anchor ends a heading: ## Title {#anchor}"
