"""Where each key and value of a TOML text stands, which `tomllib` does not tell.

Only texts that `tomllib` has already read come here, so the walk need not judge the grammar, only follow it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: The way to a value: table names, keys, and positions within arrays.
Way = tuple[str | int, ...]

_SPACE: Final = " \t"
_BARE_ENDS: Final = ",]}#\n"


@dataclass(frozen=True, slots=True)
class Places:
    """Offsets (start, end) in the text of every key and every value, by their way."""

    keys: Mapping[Way, tuple[int, int]]
    values: Mapping[Way, tuple[int, int]]


def places(text: str) -> Places:
    """Return where the keys and values of a valid TOML text stand."""
    walk = _Walk(text)
    walk.document()
    return Places(walk.keys, walk.values)


class _Walk:
    """One pass over the text; `at` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[Way, tuple[int, int]] = {}
        self.values: dict[Way, tuple[int, int]] = {}

    def document(self) -> None:
        prefix: Way = ()
        while self._skip_blank():
            if self.text[self.at] == "[":
                array = self.text.startswith("[[", self.at)
                self.at += 2 if array else 1
                prefix = self._header(self._key(), array=array)
            else:
                self._pair(prefix)

    def _header(self, parts: list[tuple[str, int, int]], *, array: bool) -> Way:
        self.at = self._line_end()
        way: Way = ()
        for name, start, end in parts:
            way = (*way, name)
            self.keys.setdefault(way, (start, end))
        if not array:
            return way
        place = sum(1 for known in self.values if len(known) == len(way) + 1 and known[:-1] == way)
        self.values[(*way, place)] = self.keys[way]
        return (*way, place)

    def _pair(self, prefix: Way) -> None:
        way = prefix
        for name, start, end in self._key():
            way = (*way, name)
            self.keys.setdefault(way, (start, end))
        self.at = self.text.index("=", self.at) + 1
        self._value(way)

    def _key(self) -> list[tuple[str, int, int]]:
        """Read a dotted key; stop before what follows it."""
        parts = []
        while True:
            self._skip(_SPACE)
            if self.text[self.at] in "\"'":
                start, end = self._string()
            else:
                start = self.at
                while self.text[self.at].isalnum() or self.text[self.at] in "-_":
                    self.at += 1
                end = self.at
            parts.append((self.text[start:end], start, end))
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def _value(self, way: Way) -> None:
        self._skip(_SPACE)
        start = self.at
        first = self.text[start]
        if first in "\"'":
            self.values[way] = self._string()
            return
        if first == "[":
            self._items(way)
        elif first == "{":
            self._inline(way)
        else:
            while self.at < len(self.text) and self.text[self.at] not in _BARE_ENDS:
                self.at += 1
        self.values[way] = (start, start + len(self.text[start : self.at].rstrip()))

    def _items(self, way: Way) -> None:
        self.at += 1
        place = 0
        while self._skip_blank() and self.text[self.at] != "]":
            self._value((*way, place))
            place += 1
            self._skip_blank()
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def _inline(self, way: Way) -> None:
        self.at += 1
        while self._skip_blank() and self.text[self.at] != "}":
            self._pair(way)
            self._skip_blank()
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def _string(self) -> tuple[int, int]:
        """Pass over a string of any of the four kinds; return where its content stands."""
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        start = self.at + len(mark)
        end = start
        while not self.text.startswith(mark, end):
            end += 2 if quote == '"' and self.text[end] == "\\" else 1
        self.at = end + len(mark)
        while len(mark) > 1 and self.text.startswith(quote, self.at):  # up to two quotes may stand before the closing three
            self.at += 1
        return start, self.at - len(mark)

    def _skip(self, letters: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in letters:
            self.at += 1

    def _skip_blank(self) -> bool:
        """Pass over space, line ends and comments; return whether anything is left."""
        while self.at < len(self.text):
            if self.text[self.at] in " \t\r\n":
                self.at += 1
            elif self.text[self.at] == "#":
                self.at = self._line_end()
            else:
                return True
        return False

    def _line_end(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end
