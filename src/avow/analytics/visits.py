"""How many people came, and when: totals and the series of a period."""

from __future__ import annotations

from dataclasses import dataclass, replace

from avow.analytics.period import Period, bucket_label, buckets
from avow.analytics.question import Query, Scope
from avow.definitions import local_date


@dataclass(frozen=True, slots=True)
class Totals:
    """Page views, visits and visitors of people; page views of robots; how many of all are demonstration data."""

    views: int = 0
    visits: int = 0
    visitors: int = 0
    robots: int = 0
    demonstration: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of the series; `bucket` is its first second."""

    bucket: int
    label: str
    views: int
    visits: int
    visitors: int


def totals(query: Query, scope: Scope) -> Totals:
    """Return the totals of the scope."""
    rows = query.query("dashboard_totals_filtered" if scope.filters else "dashboard_totals", **scope.asked())
    if not rows:
        return Totals()
    row = rows[0]
    return Totals(*(int(row[name]) for name in ("views", "visits", "visitors", "robots", "demonstration")))


def series(query: Query, scope: Scope, span: Period) -> tuple[Moment, ...]:
    """Return one line per step of the period, zero where nothing came."""
    steps = buckets(span)
    if span.step in {"day", "month"}:
        name = "dashboard_days_filtered" if scope.filters else "dashboard_days"
        rows = query.query(name, months=int(span.step == "month"), **scope.asked())
        days = {row["first"]: row for row in rows}
        found = {step: days[day] for step in steps if (day := local_date(step * 1000, span.timezone)) in days}
    else:
        name = "dashboard_series_filtered" if scope.filters else "dashboard_series"
        rows = query.query(name, steps=list(steps), **replace(scope, days=()).asked())
        found = {int(row["bucket"]): row for row in rows}
    return tuple(
        Moment(
            bucket,
            bucket_label(bucket, span),
            *(int(found[bucket][name]) if bucket in found else 0 for name in ("views", "visits", "visitors")),
        )
        for bucket in steps
    )
