"""The cookies that Avow itself sets in a visitor's browser: one list, which the policy page prints and the doors set by.

Rule: Cal. Civ. Code § 1798.110(c)(1)-(3); Bus. & Prof. Code § 22575(b)(1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from avow.definitions import IdentifierKind, Technology
from avow.policy.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class OwnCookie:
    """One cookie of Avow's own: its name, what it holds in plain words, and its days; 0: until the browser is closed."""

    name: str
    holds: str
    days: int = 0


#: Its days are those of the collection points that recognise a browser.
VISITOR: Final = OwnCookie("avow_visitor", "a random number, by which we recognise your browser")
FORMER: Final = OwnCookie(
    "avow_former", "the number that your browser had until you said no, so that you can still ask for what was kept under it"
)
CHOICES: Final = OwnCookie("avow_choices", "what you allowed, and what you did not", 400)
KEEPS: Final = OwnCookie("avow_keeps", "that your browser keeps cookies, and so could keep your choices")
#: Every one that a visitor may get.
OF_VISITORS: Final = (VISITOR, FORMER, CHOICES, KEEPS)
#: Names that no point may store under: those of visitors, and those of staff.
RESERVED: Final = frozenset({*(one.name for one in OF_VISITORS), "avow_staff", "avow_device", "avow_site"})


def set_by(rulebook: Rulebook) -> Iterator[tuple[OwnCookie, int]]:
    """Yield the cookies that visitors may get under a policy, each with its days; 0: until the browser is closed.

    Rule: Bus. & Prof. Code § 22575(b)(1).
    """
    lives = [point.cookie_days or 0 for point in rulebook.points.values() if _recognises(rulebook, point.name)]
    if any(lives):
        yield VISITOR, max(lives)
        yield FORMER, FORMER.days
    if rulebook.choices:
        yield CHOICES, CHOICES.days
        yield KEEPS, KEEPS.days


def _recognises(rulebook: Rulebook, name: str) -> bool:
    point = rulebook.points[name]
    kinds = {rulebook.data[item].identifier for item in point.fields}
    return IdentifierKind.VISITOR in kinds and point.technology is not Technology.COOKIE
