"""A statement for the engine, and its refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_CODE: Final = re.compile(r"Code: (\d+)")
#: A statement after which parts are replaced.
_CHANGES: Final = re.compile(r"\s*(?:--[^\n]*\n\s*)*(?:ALTER|OPTIMIZE|TRUNCATE|INSERT|CREATE|EXCHANGE|DROP)\b", re.IGNORECASE)
#: The engine's code for an error that carries none: UNKNOWN_EXCEPTION.
_UNKNOWN: Final = 1002


class StatementFailed(Exception):
    """The engine refused a statement: its numeric code and its message. Not an AvowError: it becomes an HTTP answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        found = _CODE.search(message)
        self.code = int(found[1]) if found else _UNKNOWN


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it came over HTTP; `data` is the body of an INSERT in format `data_format`.

    By `query_id`, where it has one, who asked can have it ended.
    """

    sql: str
    result_format: str = "TabSeparated"
    parameters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    data: bytes | None = None
    data_format: str = ""
    query_id: str = ""

    @property
    def changes(self) -> bool:
        """Whether it adds, removes or alters rows."""
        return self.data is not None or _CHANGES.match(self.sql) is not None
