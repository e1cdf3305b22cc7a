"""Law tables: one data file per jurisdiction, each value with its source, the day it was checked and how.

Reading them from the package is the only I/O of the policy room.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from avow.policy.law.table import MARKS, READ, Counting, DeletionException, FreeRequests, LawTable, LawValue, Period, Unit
from avow.policy.law.text import dump, load, table_text

__all__ = [
    "MARKS",
    "READ",
    "Counting",
    "DeletionException",
    "FreeRequests",
    "LawTable",
    "LawValue",
    "Period",
    "Unit",
    "dump",
    "load",
    "table_text",
    "tables",
]


@cache
def tables() -> Mapping[str, LawTable]:
    """Return every law table of the package by its code ("US-CA"), read once."""
    found = (_table(entry.read_text(encoding="utf-8")) for entry in files(__package__).iterdir() if entry.name.endswith(".toml"))
    return MappingProxyType({table.code: table for table in sorted(found, key=lambda table: table.code)})


def _table(text: str) -> LawTable:
    raw = tomllib.loads(text)
    values = {
        name: LawValue(
            value=tuple(entry["value"]) if isinstance(entry["value"], list) else entry["value"],
            unit=entry["unit"],
            source=entry["source"],
            checked=entry["checked"],
            verified=entry["verified"],
            note=entry.get("note", ""),
        )
        for name, entry in raw["values"].items()
    }
    exceptions = tuple(DeletionException(code=code, **entry) for code, entry in raw.get("exceptions", {}).items())
    return LawTable(raw["code"], raw["name"], raw["law"], MappingProxyType(values), exceptions)
