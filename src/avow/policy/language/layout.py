"""Lay out the blocks of a policy in one canonical way; the prose is its author's and stays as it is.

Within a table the equals signs stand below each other, tables are apart by one empty line, strings have double quotes, and
a list is on one line while it fits. A block that is not valid TOML, or would mean something else afterwards, is
left alone. Laying out twice gives the same as once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from avow.policy.language import toml_text
from avow.policy.language.parse import is_block, markdown
from avow.policy.language.toml_text import Comment, Header, Items, Pair, Statement

#: Columns that a line of a block may have before a list is spread over several; comments may pass it.
WIDTH: Final = 118
_BLANK: Final = ""


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A block that was not laid out: the line of its fence, from 1, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A policy text in its canonical layout, and the blocks that were left alone."""

    text: str
    left_alone: tuple[LeftAlone, ...]


def lay_out(text: str) -> LaidOut:
    """Return the text of one policy file in canonical layout. Line ends stay those of the file, a lone carriage return apart.

    Why: decision 0022.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    tokens = [token for token in markdown().parse("\n".join(lines) + "\n") if token.map]
    left_alone = []
    for token in reversed(tokens):  # from the end, so that the places of the others stay true
        if is_block(token):
            reason = _block(lines, token)
            if reason:
                left_alone.append(LeftAlone(_map(token)[0] + 1, reason))
    lines = _trimmed(lines)
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    return LaidOut(end.join(lines) + end, tuple(reversed(left_alone)))


def _map(token: Token) -> tuple[int, int]:
    assert token.map is not None  # only such tokens come here
    return token.map[0], token.map[1]


def _block(lines: list[str], token: Token) -> str:
    """Lay out one block within the lines of its file; return why not, or nothing."""
    first, after = _map(token)
    prefix = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    content = token.content.removesuffix("\n").split("\n") if token.content else []
    inside = lines[first + 1 : first + 1 + len(content)]
    if first + 1 + len(content) >= after or not lines[after - 1].strip().startswith(token.markup):
        return "it is never closed"
    if any(line.strip() and line != prefix + plain for line, plain in zip(inside, content, strict=True)):
        return "it stands inside a quotation or beside the mark of a list"
    try:
        before = tomllib.loads(token.content)
    except tomllib.TOMLDecodeError:
        return "it is not valid TOML; `avow policy check` says where"
    laid_out = "\n".join(_toml(token.content, WIDTH - len(prefix)))
    # Compared as written out: nan is not equal to itself, and the order of tables is part of what is kept.
    if repr(tomllib.loads(laid_out)) != repr(before):
        return "its layout would change what it says"
    lines[first + 1 : after - 1] = [f"{prefix}{line}" if line else "" for line in laid_out.split("\n")] if laid_out else []
    return ""


def _trimmed(lines: list[str]) -> list[str]:
    """Return the lines without spaces at their ends, but for those that mean a line break or stand in code."""
    text = "\n".join(lines) + "\n"
    tokens = [token for token in markdown().parse(text) if token.map and token.type in {"fence", "code_block"}]
    code = {number for token in tokens for number in range(_map(token)[0] + (token.type == "fence"), _map(token)[1])}
    code -= {last for token in tokens if token.markup and lines[last := _map(token)[1] - 1].strip().startswith(token.markup)}
    found = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        is_break = line.endswith("  ") and line.strip() and following.strip()
        is_kept = number in code or is_break or line.rstrip().endswith("\\")  # an escaped space is a letter
        found.append(line if is_kept else line.rstrip(" \t"))
    # A space may count where Markdown is at its most subtle; then the lines stay as they are.
    return found if _page("\n".join(found) + "\n") == _page(text) else lines


def _page(text: str) -> str:
    """Return the page as visitors see it, where spaces at line ends do not show."""
    return re.sub(r"[ \t]+\n", "\n", markdown().render(text))


def _toml(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a valid TOML text in canonical layout."""
    for table in _tables(list(toml_text.statements(text))):
        longest = max((len(one.key) for one in table if isinstance(one, Pair)), default=0)
        for statement in table:
            yield from _lines(statement, longest, width)


def _tables(statements: list[Statement | None]) -> Iterator[list[Statement | None]]:
    """Yield the statements of each table, None for an empty line; a comment just above a header goes with the header."""
    table: list[Statement | None] = []
    for statement in statements:
        if isinstance(statement, Header):
            at = len(table)
            while at and isinstance(table[at - 1], Comment):
                at -= 1
            ended = _without_outer_blanks(table[:at])
            if ended:
                yield [*ended, None]
            table = [*table[at:], statement]
        elif statement is None and table and (table[-1] is None or isinstance(table[-1], Header)):
            continue
        else:
            table.append(statement)
    yield _without_outer_blanks(table)


def _without_outer_blanks(table: list[Statement | None]) -> list[Statement | None]:
    first, last = 0, len(table)
    while first < last and table[first] is None:
        first += 1
    while last > first and table[last - 1] is None:
        last -= 1
    return table[first:last]


def _lines(statement: Statement | None, longest: int, width: int) -> Iterator[str]:
    """Yield the lines of one statement, its key as wide as the longest of its table."""
    match statement:
        case None:
            yield _BLANK
        case Comment():
            yield statement.text
        case Header():
            yield f"{statement.text}{_after(statement.comment)}"
        case Pair():
            start = f"{statement.key:{longest}} = "
            value = statement.value
            if not isinstance(value, Items) or (not value.has_comment and len(start) + len(value.inline()) <= width):
                yield f"{start}{value.inline() if isinstance(value, Items) else value}{_after(statement.comment)}"
                return
            yield f"{start}["
            yield from (f"  {line}" for line in _spread(value, width - 2))
            yield f"]{_after(statement.comment)}"


def _after(comment: str) -> str:
    return f"  {comment}" if comment else ""


def _spread(items: Items, width: int) -> Iterator[str]:
    """Yield the items of a list over several lines: as many as fit, or one by one where comments stand between them."""
    if items.has_comment:
        for item in items.parts:
            yield item.text if isinstance(item, Comment) else f"{item.text},{_after(item.comment)}"
        return
    line = ""
    for item in items.parts:
        more = f"{line} {item.text}," if line else f"{item.text},"
        if line and len(more) > width:
            yield line
            more = f"{item.text},"
        line = more
    if line:
        yield line
