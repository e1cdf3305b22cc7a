"""What they looked at."""

from __future__ import annotations

from avow.analytics.question import Query, Ranked, Scope, ranked


def top_pages(query: Query, scope: Scope) -> tuple[Ranked, ...]:
    """Return the most viewed pages."""
    return ranked(query, "dashboard_pages", scope)
