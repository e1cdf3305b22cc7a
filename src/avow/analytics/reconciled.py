"""One audience from three sources: what the tag, a beacon and the server's log saw, each visit once for each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from avow.analytics.question import Query, Scope, of_any


@dataclass(frozen=True, slots=True)
class Sources:
    """The collection points of each source that may count visits; a log that serves other purposes alone is none."""

    tag: tuple[str, ...]
    beacon: tuple[str, ...]
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Visits in all, how many of them each source saw, and how many the server's log saw alone (no script, no image)."""

    visits: int
    tag: int
    beacon: int
    log: int
    log_alone: int


def reconciled(query: Query, scope: Scope, sources: Sources) -> Reconciled:
    """Return the one audience of the scope's period, whatever points the scope names."""
    every = (*sources.tag, *sources.beacon, *sources.log)
    rows = query.query(
        "dashboard_reconciled",
        **replace(scope.unfiltered("sources"), points=every).asked(),
        tag=of_any(sources.tag),
        beacon=of_any(sources.beacon),
        log=of_any(sources.log),
        browser=of_any((*sources.tag, *sources.beacon)),
    )
    row = rows[0] if rows else {}
    return Reconciled(*(int(row.get(name) or 0) for name in ("visits", "tag", "beacon", "log", "log_alone")))
