"""What they looked at."""

from __future__ import annotations

from avow.analytics.question import Column, Query, Ranked, Scope, ranked_by


def top_pages(query: Query, scope: Scope) -> tuple[Ranked, ...]:
    """Return the most viewed pages."""
    return ranked_by(query, Column.PAGE, scope)
