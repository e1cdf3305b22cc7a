"""Take a TOML text apart as it is written: statements, comments and empty lines in their order, which `tomllib` drops.

Only texts that `tomllib` has already read come here, so nothing is judged. Strings, numbers and dates stay as written,
but for literal strings that double quotes can hold as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t]+)
      |(?P<line>\r?\n)
      |(?P<comment>\#[^\n]*)
      |(?P<string>\"{3}(?:\\[\s\S]|(?!\"{3})[^\\])*\"{3,5}|'{3}(?:(?!'{3})[\s\S])*'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
      |(?P<mark>[\[\]{}=,])
      |(?P<word>[^\s\[\]{}=,\#"']+)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a line of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list, on one line, with the comment behind it."""

    text: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list: its items and the comments between them."""

    parts: tuple[Item | Comment, ...]

    @property
    def has_comment(self) -> bool:
        """Whether a comment is in it, so that it cannot be on one line."""
        return any(isinstance(part, Comment) or part.comment for part in self.parts)

    def inline(self) -> str:
        """Return the list on one line; comments are lost."""
        return f"[{', '.join(part.text for part in self.parts if isinstance(part, Item))}]"


@dataclass(frozen=True, slots=True)
class Header:
    """A table's name in its brackets."""

    text: str
    comment: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A key with its value: a list, or anything else as one text."""

    key: str
    value: Items | str
    comment: str


Statement = Comment | Header | Pair


def statements(text: str) -> Iterator[Statement | None]:
    """Yield each statement of a valid TOML text, and None for each run of empty lines. Why: decision 0022."""
    return _Reader(text).statements()


class _Reader:
    """One pass over the tokens; `at` is the next one. Spaces are not tokens."""

    def __init__(self, text: str) -> None:
        found = (token for token in _TOKEN.finditer(text) if token.lastgroup != "space")
        self.tokens = [(str(token.lastgroup), token[0]) for token in found]
        self.at = 0

    def statements(self) -> Iterator[Statement | None]:
        is_blank = False
        while self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if kind == "line":
                self.at += 1
                if self._kind() == "line" and not is_blank:
                    is_blank = True
                    yield None
                continue
            is_blank = False
            if kind == "comment":
                self.at += 1
                yield Comment(text.rstrip())
            elif text == "[":
                yield self._header()
            else:
                key = self._key("=")
                value = self._value()
                yield Pair(key, value, self._comment())

    def _kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def _text(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _header(self) -> Header:
        depth = 0
        while self._text() == "[":
            depth += 1
            self.at += 1
        name = self._key("]")
        self.at += depth - 1
        return Header(f"{'[' * depth}{name}{']' * depth}", self._comment())

    def _key(self, end: str) -> str:
        """Read a key up to the mark that ends it, and pass that."""
        parts = []
        while self._text() != end:
            parts.append(self._text())
            self.at += 1
        self.at += 1
        return "".join(parts)

    def _comment(self) -> str:
        """Read the comment behind a statement, if there is one."""
        if self._kind() != "comment":
            return ""
        self.at += 1
        return self.tokens[self.at - 1][1].rstrip()

    def _value(self) -> Items | str:
        if self._text() == "[":
            return self._items()
        if self._text() == "{":
            return self._inline_table()
        if self._kind() == "string":
            self.at += 1
            return _double_quoted(self.tokens[self.at - 1][1])
        words = []  # a date and a time may be apart by a space
        while self._kind() == "word":
            words.append(self._text())
            self.at += 1
        return " ".join(words)

    def _items(self) -> Items:
        parts: list[Item | Comment] = []
        self.at += 1
        is_same_line = False
        while self._text() != "]":
            kind, text = self.tokens[self.at]
            if kind == "line":
                is_same_line = False
                self.at += 1
            elif kind == "comment":
                self.at += 1
                last = parts[-1] if parts else None
                if is_same_line and isinstance(last, Item) and not last.comment:
                    parts[-1] = Item(last.text, text.rstrip())
                else:
                    parts.append(Comment(text.rstrip()))
            elif text == ",":
                self.at += 1
            else:
                parts.extend(self._item())
                is_same_line = True
        self.at += 1
        return Items(tuple(parts))

    def _item(self) -> Iterator[Item | Comment]:
        """Read one item; comments inside a list within the list come before it, for it is on one line."""
        value = self._value()
        if isinstance(value, Items):
            for part in value.parts:
                if isinstance(part, Comment):
                    yield part
                elif part.comment:
                    yield Comment(part.comment)
            yield Item(value.inline())
        else:
            yield Item(value)

    def _inline_table(self) -> str:
        """Read a table on one line."""
        parts = []
        self.at += 1
        while self._text() != "}":
            if self._text() == ",":
                self.at += 1
                continue
            key = self._key("=")
            value = self._value()
            parts.append(f"{key} = {value.inline() if isinstance(value, Items) else value}")
        self.at += 1
        return f"{{ {', '.join(parts)} }}" if parts else "{}"


def _double_quoted(text: str) -> str:
    """Return a literal string in double quotes where these hold it without an escape; any other as it is."""
    inner = text[1:-1]
    if text.startswith("'") and not text.startswith("'''") and not re.search(r'["\\\x00-\x1f\x7f]', inner):
        return f'"{inner}"'
    return text
