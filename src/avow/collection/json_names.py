"""Names that stand twice in a JSON object: parsers keep one of the values and lose the other without a word (RFC 8259, 4)."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, Final

#: A name that a reader could take for two: JSON allows space before a colon.
SPACED: Final = re.compile(rb'"[ \t\r\n]+:')


class Said(dict[str, Any]):  # Any: whatever JSON can hold
    """A JSON object with the first value of each name; `twice` are the names that came again with another value."""

    twice: tuple[str, ...] = ()


def twice(text: str) -> tuple[str, ...]:
    """Return the names that stand more than once in an object of a JSON text. Raises ValueError for no JSON."""
    found: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> dict[str, object]:
        said = dict(pairs)
        if len(said) < len(pairs):
            found.extend(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        return said

    json.loads(text, object_pairs_hook=look)
    return tuple(found)


def firsts(text: str) -> object:
    """Return what a JSON text says, its objects as `Said`. Raises ValueError for no JSON."""
    return json.loads(text, object_pairs_hook=_said)


def _said(pairs: list[tuple[str, object]]) -> Said:
    found = Said()
    for name, value in pairs:
        found.setdefault(name, value)
    found.twice = tuple(dict.fromkeys(name for name, value in pairs if found[name] != value))
    return found
