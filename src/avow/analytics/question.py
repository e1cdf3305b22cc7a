"""What every question on the dashboard is asked about, and of whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Query(Protocol):
    """Something that runs a named query of the event store: `avow.store.events.Events` fits."""

    def query(self, name: str, **parameters: str | int) -> Sequence[Mapping[str, Any]]:  # Any: a column may hold any type
        """Run store/sql/<name>.sql with bound parameters and return its rows by column name."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events: of one site, from (inclusive) to (exclusive) in milliseconds, of one point or of all ("")."""

    site: str
    from_ms: int
    to_ms: int
    point: str = ""
    timezone: str = "UTC"

    def parameters(self) -> dict[str, str | int]:
        """Return the bound parameters that every dashboard query takes."""
        return {"site": self.site, "from_ms": self.from_ms, "to_ms": self.to_ms, "point": self.point}
