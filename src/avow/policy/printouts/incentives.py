"""The notice of a financial incentive, as pages print it. Rule: 11 CCR 7016(d)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

from avow.policy.language.vocabulary import METHODS, SHORT_CATEGORIES, VALUE_METHODS
from avow.policy.law import rules
from avow.policy.markup import bullets, joined, lowered
from avow.policy.rulebook.declarations import Incentive
from avow.policy.rulebook.incentives import categories, months_before_asking_again, of_purposes
from avow.policy.rulebook.rulebook import Rulebook

#: Where people join and withdraw.
INCENTIVES_PATH: Final = "/privacy/incentives"


def notices(rulebook: Rulebook, purposes: Iterable[str]) -> Markup:
    """Return the notice of each incentive that one of these purposes belongs to; "" for none. Rule: 11 CCR 7016(a), (d)."""
    found = of_purposes(rulebook, frozenset(purposes))
    return Markup("").join(
        Markup("<p><strong>Notice of financial incentive: {}.</strong></p>\n{}").format(one.label, terms(rulebook, one))
        for one in found
    )


def offers(rulebook: Rulebook) -> Markup:
    """Return what is offered for people's data, each with the way to its notice; "" for nothing. Rule: 11 CCR 7016(c)."""
    return bullets(
        Markup('<a href="{}#{}">{}</a>: you get {}').format(INCENTIVES_PATH, one.name, one.label, one.offers)
        for one in rulebook.incentives.values()
    )


def terms(rulebook: Rulebook, one: Incentive) -> Markup:
    """Return what the notice of one incentive says, in the order of the rule. Rule: 11 CCR 7016(d)(1)-(5)."""
    taken = joined(f"{lowered(SHORT_CATEGORIES[letter])} (category {letter})" for letter in categories(rulebook, one))
    uses = joined(purpose.description for name, purpose in rulebook.purposes.items() if name in one.purposes)
    said = [
        f"You get {one.offers}.",
        f"These are the terms: {one.terms}. Who takes part gives us {taken or 'nothing that is kept'}, for {uses}.",
        f"We estimate the value of these data at {one.value}. The method is {VALUE_METHODS[one.method]} ({rules.VALUE_METHODS}).",
        f"We worked it out from {one.calculation}. The offer is in proportion to it: {one.related}.",
    ]
    way_in = Markup('You take part only once you say yes on <a href="{}#{}">our page of incentives</a>.').format(
        INCENTIVES_PATH, one.name
    )
    paragraphs = Markup("").join(Markup("<p>{}</p>\n").format(sentence) for sentence in said)
    return paragraphs + Markup("<p>{} {}</p>\n").format(way_in, _way_out(rulebook, one))


def _way_out(rulebook: Rulebook, one: Incentive) -> str:
    """Return how to withdraw, and that nobody is asked again soon. Rule: 11 CCR 7016(d)(4); § 1798.125(b)(3)."""
    right = rulebook.rights.get("withdraw-consent")
    ways = joined((METHODS[method] for method in right.methods), "or") if right else ""
    by_address = f", or for your address by {ways}" if ways else ""
    return (
        f"You can withdraw at any time, on the same page{by_address}. It holds at once. If you say no or withdraw, we do not ask "
        f"you again for {months_before_asking_again(rulebook, one)} months."
    )
