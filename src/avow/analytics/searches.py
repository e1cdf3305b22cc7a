"""What people searched for on the company's own pages.

A term that few people typed may be a name. Only terms of at least `LEAST_VISITS` different visits are ever shown; the
others are counted together. Rule: Cal. Civ. Code § 1798.100(c): no more than the purpose needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from avow.analytics.question import Query, Ranked, Scope, lines

#: Different visits that a term is shown from.
LEAST_VISITS: Final = 5
#: Terms in a table of the report.
TERMS: Final = 50


@dataclass(frozen=True, slots=True)
class Searches:
    """Searches of a period: how many, in how many visits, how many found nothing; terms shown, and those without a result."""

    count: int
    visits: int
    without_result: int
    terms: tuple[Ranked, ...]
    without: tuple[Ranked, ...]
    rare: int


def searches(query: Query, scope: Scope) -> Searches:
    """Return the report; `scope` names the points of searches, and one that names none has nothing."""
    if not scope.points:
        return Searches(0, 0, 0, (), (), 0)
    whole = query.query("dashboard_searches_all", **scope.parameters())[0]
    terms, without = _terms(query, scope, without=False), _terms(query, scope, without=True)
    shown = sum(one.views for one in terms)
    return Searches(
        int(whole["searches"]), int(whole["visitors"]), int(whole["without"]), terms, without, int(whole["searches"]) - shown
    )


def _terms(query: Query, scope: Scope, *, without: bool) -> tuple[Ranked, ...]:
    asked = {"least": LEAST_VISITS, "limit": TERMS, "without": int(without)}
    rows = query.query("dashboard_searches", **asked, **scope.parameters())
    return lines(rows)
