"""By when whom to tell about a breach of security, from its discovery and the law table.

Rule: Cal. Civ. Code § 1798.82(a)(2), (f); GDPR Art. 33(1). When a table has no such period, the law's words count:
look at its notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from avow.policy.law.counting import Due, due
from avow.policy.law.table import LawTable


@dataclass(frozen=True, slots=True)
class BreachDates:
    """The first dates of one breach: telling the people, and the moment until which an authority must know."""

    people: Due | None
    authority: datetime | None


def breach_dates(discovered: datetime, table: LawTable) -> BreachDates:
    """Return by when people and authority must be told of a breach that was discovered at this moment, zone and all.

    The people's period counts from the date of the discovery where they live; the authority's hours run through nights
    and weekends. Rule: Cal. Civ. Code § 1798.82(a)(2), 30 calendar days; GDPR Art. 33(1), 72 hours.
    """
    if discovered.tzinfo is None:
        raise ValueError("a discovery needs its time zone; got a naive datetime")
    people, authority = table.period("breach_people"), table.period("breach_authority")
    return BreachDates(
        people=due(discovered.astimezone(ZoneInfo(table.timezone)).date(), people, table.counting) if people else None,
        # Adding to a moment with an offset adds real hours: no change of the clocks comes between.
        authority=discovered + timedelta(hours=authority.number) if authority else None,
    )


def authority_after_notice(people_told: int, told_on: date, table: LawTable) -> Due | None:
    """Return by when the authority must have a sample of the notice; None when too few people were told, or no law asks.

    Rule: Cal. Civ. Code § 1798.82(f): more than 500 residents, 15 calendar days after telling them.
    """
    period, over = table.period("breach_authority_after_notice"), table.values.get("breach_authority_over")
    if period is None or over is None or not isinstance(over.value, int) or people_told <= over.value:
        return None
    return due(told_on, period, table.counting)
