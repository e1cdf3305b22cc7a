"""The notice before a program decides something significant about people, as pages print it. Rule: 11 CCR 7220(c)."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from avow.policy.language.vocabulary import ABOUT_DECISIONS, METHODS, SIGNIFICANT_DECISIONS
from avow.policy.markup import joined
from avow.policy.rulebook.declarations import AutomatedDecision
from avow.policy.rulebook.rulebook import Rulebook

_RIGHT = "automated-decision"


def before_use(rulebook: Rulebook, points: Iterable[str] = ()) -> Markup:
    """Return the notice of each automated decision that uses one of these points, of every one for none; "" for none.

    Its five parts: what it is for, how to opt out and to learn more, that nobody is treated worse for it, how it works, and what
    happens for who opts out. Rule: 11 CCR 7220(c).
    """
    wanted = frozenset(points)
    found = [one for one in rulebook.automated_decisions.values() if not wanted or wanted & set(one.points)]
    return Markup("").join(_one(rulebook, one) for one in found)


def _one(rulebook: Rulebook, one: AutomatedDecision) -> Markup:
    right = rulebook.rights.get(_RIGHT)
    ways = joined((METHODS[method] for method in right.methods), "or") if right else ""
    rights = joined(ABOUT_DECISIONS[name] for name in right.gives) if right else ""
    asks = f" You can {rights}: ask by {ways}. We treat you the same whether you do or not." if right and rights else ""
    return Markup(
        "<p><strong>A program helps to decide: {}.</strong> It is used to decide {}. It goes by {}. It puts out {}.{} "
        "If you opt out, {}.</p>\n"
    ).format(one.label, SIGNIFICANT_DECISIONS[one.decides], one.logic, one.output, asks, one.instead)
