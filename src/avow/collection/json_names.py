"""Names that stand twice in a JSON object: parsers keep one of the values and lose the other without a word (RFC 8259, 4)."""

from __future__ import annotations

import json


def twice(text: str) -> tuple[str, ...]:
    """Return the names that stand more than once in an object of a JSON text. Raises ValueError for no JSON."""
    found: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        found.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    json.loads(text, object_pairs_hook=look)
    return tuple(found)
