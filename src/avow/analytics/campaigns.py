"""What came of campaigns: visits, how many of them were converted, conversions and their value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from avow.analytics.question import Query, Scope

#: How long before a conversion a campaign may have brought its visitor; said beside the figures.
WINDOW_DAYS: Final = 30
#: Campaigns on one page; the rest is told as a number.
CAMPAIGN_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class Value:
    """An amount in one currency; "" where none was said with it."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign: the visits that it brought, those of them that were converted, and the conversions that belong to it.

    `name` is "" for no campaign. `demonstration` says how many of the conversions are of invented visitors.
    """

    name: str
    visits: int
    converted: int
    conversions: int
    values: tuple[Value, ...]
    demonstration: int = 0

    @property
    def rate(self) -> float:
        """Converted visits by visits, never more than 1; 0 without visits. One visit may have several conversions."""
        return self.converted / self.visits if self.visits else 0.0


@dataclass(frozen=True, slots=True)
class Conversions:
    """Which collection points see conversions: those that a page sends, and `reports` of other companies."""

    points: tuple[str, ...]
    reports: tuple[str, ...]


def campaigns(query: Query, views: Scope, asked: Conversions) -> tuple[Campaign, ...]:
    """Return every campaign with visits or conversions in the scope, most conversions first, no campaign at the end.

    `views` names the points of page views, by which campaigns are known.
    """
    came = query.query("campaign_visits", **views.parameters()) if views.points else ()
    visits = {str(row["name"]): int(row["visits"]) for row in came}
    found = query.query("campaign_conversions", **_parameters(views, asked)) if asked.points or asked.reports else ()
    counts: Counter[str] = Counter()
    invented: Counter[str] = Counter()
    converted = {str(row["name"]): int(row["converted"]) for row in found}
    for row in found:
        counts[str(row["name"])] += int(row["conversions"])
        invented[str(row["name"])] += int(row["demonstration"])
    lines = [
        Campaign(
            name,
            visits.get(name, 0),
            converted.get(name, 0),
            counts[name],
            values(row for row in found if row["name"] == name),
            invented[name],
        )
        for name in {*visits, *counts}
    ]
    return tuple(sorted(lines, key=lambda one: (not one.name, -one.conversions, -one.visits, one.name)))


def values(rows: Iterable[Mapping[str, Any]]) -> tuple[Value, ...]:  # Any: a column may hold any type
    """Return the amounts of some rows by currency, without those that are nothing."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        currency = str(row["currency"])
        sums[currency] = sums.get(currency, Decimal(0)) + Decimal(str(row["value"]))
    return tuple(Value(currency, amount) for currency, amount in sorted(sums.items()) if amount)


def _parameters(views: Scope, asked: Conversions) -> dict[str, str | int]:
    """Return the bound parameters of the conversions."""
    return {
        **views.parameters(),
        "point": ",".join((*asked.points, *asked.reports)),
        "reports": ",".join(asked.reports),
        "views": ",".join(views.points or ()),
        "window_ms": int(timedelta(days=WINDOW_DAYS).total_seconds() * 1000),
    }
