"""Who is here now: the last 30 minutes, minute by minute."""

from __future__ import annotations

from dataclasses import dataclass

from avow.analytics.period import Period
from avow.analytics.question import Column, Query, Ranked, Scope, ranked_by
from avow.analytics.visits import Moment, Totals, series, totals

LIVE_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Live:
    """Totals, minutes and pages of the last 30 minutes."""

    totals: Totals
    minutes: tuple[Moment, ...]
    pages: tuple[Ranked, ...]


def live(query: Query, scope: Scope, now_ms: int, timezone: str) -> Live:
    """Return what happened in the last 30 minutes, the current one included, whatever period the scope has."""
    to_ms = (now_ms // 60_000 + 1) * 60_000
    span = Period("live", "Last 30 minutes", to_ms - LIVE_MINUTES * 60_000, to_ms, "minute", timezone)
    recent = scope.during(span.from_ms, span.to_ms)
    return Live(totals(query, recent), series(query, recent, span), ranked_by(query, Column.PAGE, recent))
