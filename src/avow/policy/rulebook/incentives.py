"""Which financial incentive a purpose belongs to, and what of people it takes. Rule: 11 CCR 7016(d)(2)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from avow.policy.rulebook.declarations import Incentive
from avow.policy.rulebook.rulebook import Rulebook

#: The source of an answer that was given on the page of incentives, next to the notice.
INCENTIVE_SOURCE: Final = "incentive"


def joined_by(rulebook: Rulebook) -> frozenset[str]:
    """Return the purposes to which a yes is the opt-in to an incentive. Rule: Cal. Civ. Code § 1798.125(b)(3)."""
    return frozenset(purpose for one in rulebook.incentives.values() for purpose in one.purposes)


def of_purposes(rulebook: Rulebook, purposes: Collection[str]) -> tuple[Incentive, ...]:
    """Return the incentives that any of these purposes belongs to, in the order of the policy."""
    return tuple(one for one in rulebook.incentives.values() if not one.purposes.isdisjoint(purposes))


def categories(rulebook: Rulebook, incentive: Incentive) -> tuple[str, ...]:
    """Return the letters of the statutory categories that an incentive takes, in their order. Rule: 11 CCR 7016(d)(2)."""
    taken = {
        letter
        for point in rulebook.points.values()
        for item in point.fields
        if not incentive.purposes.isdisjoint(point.needing(item))
        for letter in rulebook.data[item].categories
    }
    return tuple(sorted(taken))


def months_before_asking_again(rulebook: Rulebook, incentive: Incentive) -> int:
    """Return the months after a no in which nobody is asked again: the policy's, and no fewer than the law's."""
    return max(incentive.asks_again_months, rulebook.law_table.incentive_again_months)
