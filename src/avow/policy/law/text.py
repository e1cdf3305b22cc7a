"""Law tables as one canonical text, and back: a published policy is stored with it, so that the law of its day can be read again.

The text is JSON with sorted names and no blanks, so that equal tables have equal texts. A date is written {"date": "2026-11-23"}
to be told apart from a word. A text of an earlier version stays readable: what a later version adds is optional here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from avow.policy.law.table import DeletionException, LawTable, LawValue, Value

#: The first member of every text; another number is another layout.
FORMAT: Final = "avow law v1"


def dump(tables: Mapping[str, LawTable]) -> str:
    """Return the tables as canonical text; equal tables give equal texts, in whatever order they come. Why: decision 0016."""
    return _canonical({"format": FORMAT, "tables": {code: _plain(table) for code, table in tables.items()}})


def load(text: str) -> Mapping[str, LawTable]:
    """Return the tables that `dump` wrote, exactly; ValueError for any other text.

    Why: decision 0016 (a newer law table never makes an old version unreadable).
    """
    try:
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise ValueError(f'the law text has format {raw["format"]!r}, expected "{FORMAT}"')
        return MappingProxyType({code: _table(code, entry) for code, entry in sorted(raw["tables"].items())})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a text of law tables: {error!r}") from error


def table_text(table: LawTable) -> str:
    """Return one table as canonical text, the text by which a Rulebook's name depends on it."""
    return _canonical({table.code: _plain(table)})


def _canonical(content: object) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(table: LawTable) -> dict[str, object]:
    return {
        "name": table.name,
        "law": table.law,
        "values": {name: _plain_value(value) for name, value in table.values.items()},
        "exceptions": [[one.code, one.source, one.text, one.checked.isoformat(), one.verified] for one in table.exceptions],
    }


def _plain_value(value: LawValue) -> dict[str, object]:
    written: object = value.value
    if isinstance(written, date):
        written = {"date": written.isoformat()}
    elif isinstance(written, tuple):
        written = list(written)
    return {
        "value": written,
        "unit": value.unit,
        "source": value.source,
        "checked": value.checked.isoformat(),
        "verified": value.verified,
        "note": value.note,
    }


def _table(code: str, raw: dict[str, Any]) -> LawTable:  # Any: as json.loads
    values = {name: _value(entry) for name, entry in raw["values"].items()}
    exceptions = tuple(
        DeletionException(letter, source, text, date.fromisoformat(checked), verified)
        for letter, source, text, checked, verified in raw["exceptions"]
    )
    return LawTable(code, raw["name"], raw["law"], MappingProxyType(values), exceptions)


def _value(raw: dict[str, Any]) -> LawValue:  # Any: as json.loads
    written = raw["value"]
    value: Value = written
    if isinstance(written, dict):
        value = date.fromisoformat(written["date"])
    elif isinstance(written, list):
        value = tuple(written)
    return LawValue(value, raw["unit"], raw["source"], date.fromisoformat(raw["checked"]), raw["verified"], raw["note"])
