"""What of a person ends together, and may end before they do: the retention class of a record, under a key of its own.

    ""                     ends with its person alone: what a browser tells by itself
    "POINT"                what people send: a point may be named to be deleted by itself
    "POINT:PURPOSE+..."    what was sent for these purposes alone, each of which ends when its consent is withdrawn

A class is worked out from the version under which a record came, and kept with it: a later version gives other names to what
comes later, and changes none. A record that serves a purpose besides, for which nobody is asked, is of the class of its point.
Rule: Cal. Civ. Code § 1798.100(a)(3); 11 CCR 7022(g); GDPR Art. 7(3), 17(1)(b). Why: decision 0087.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Final

from avow.definitions import LETTERS
from avow.policy.rulebook.declarations import CollectionPoint
from avow.policy.rulebook.rulebook import Rulebook

#: The criterion of a period that ends when its person takes back their yes.
WITHDRAWN: Final = "consent-withdrawn"
_APART, _AND = ":", "+"
#: Most purposes of one point whose combinations are gone through; a policy with more names them in points of their own.
_MOST: Final = 8


def of(rulebook: Rulebook, point: str, purposes: Collection[str]) -> str:
    """Return the class of what comes in at a point for these purposes, under this version."""
    declared = rulebook.points[point]
    if declared.technology not in LETTERS:
        return ""
    ending = ends_with_consent(rulebook, declared, purposes)
    return _named(point, ending) if ending and ending == frozenset(purposes) else point


def ends_with_consent(rulebook: Rulebook, point: CollectionPoint, purposes: Collection[str]) -> frozenset[str]:
    """Return those of these purposes of a point whose period ends when the consent to them is withdrawn."""
    return frozenset(
        name
        for name in point.purposes.intersection(purposes)
        if rulebook.purposes[name].needs_consent and point.retentions[name].until == WITHDRAWN
    )


def at(rulebook: Rulebook, points: Collection[str]) -> Iterator[str]:
    """Yield every class that this version has at these points."""
    for declared in (rulebook.points[name] for name in points if name in rulebook.points):
        if declared.technology in LETTERS:
            yield declared.name
            ending = sorted(ends_with_consent(rulebook, declared, declared.purposes))[:_MOST]
            for count in range(1, len(ending) + 1):
                yield from (_named(declared.name, some) for some in combinations(ending, count))


def consents(name: str) -> frozenset[str]:
    """Return the purposes with whose consents a class ends; none for one that ends otherwise."""
    _, _, purposes = name.partition(_APART)
    return frozenset(purposes.split(_AND)) if purposes else frozenset()


def point_of(name: str) -> str:
    """Return the collection point of a class."""
    return name.partition(_APART)[0]


def _named(point: str, purposes: Collection[str]) -> str:
    return f"{point}{_APART}{_AND.join(sorted(purposes))}"
