"""Whether somebody takes part in a financial incentive, and before when nobody asks them again.

The answer is yes or no, for the incentive's own purposes alone: what else a person chose or asked for is not in it, so nothing
that hands out what an incentive offers learns who used a right.
Rule: Cal. Civ. Code § 1798.125(a), (b)(3); 11 CCR 7016(d)(3), (4), 7080(a).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from avow.definitions import Identifier, IdentifierKind, identifier, moment
from avow.gate import choices
from avow.policy import Rulebook
from avow.policy.law.counting import add_months
from avow.policy.rulebook.incentives import months_before_asking_again
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class Incentives:
    """The financial incentives of a version of the policy, and who is in them. Unknown names raise KeyError."""

    store: Store
    rulebook: Rulebook
    now_ms: Callable[[], int]

    def takes_part(self, name: str, people: Collection[Identifier]) -> bool:
        """Return whether these people, who are one person, said yes to all of an incentive, and took nothing of it back."""
        return self.rulebook.incentives[name].purposes <= choices.said_by(self.store, people).opted_in

    def not_asked_before(self, name: str, people: Collection[Identifier]) -> date | None:
        """Return the day before which these people are not asked for an incentive that they refused or left; None for now.

        Also once they were erased, by the mark in the vault. Rule: Cal. Civ. Code § 1798.125(b)(3).
        """
        incentive = self.rulebook.incentives[name]
        noted = self.store.vault.choices_noted(people).values()
        refused = [at for one in noted for purpose, (at, is_out) in one.items() if is_out and purpose in incentive.purposes]
        if not refused:
            return None
        again = add_months(moment(max(refused)).date(), months_before_asking_again(self.rulebook, incentive))
        return again if again > moment(self.now_ms()).date() else None

    def number_not_asked_before(self, name: str, visitor_id: str) -> date | None:
        """Return the same of a browser's number."""
        return self.not_asked_before(name, [identifier(IdentifierKind.VISITOR, visitor_id)])
