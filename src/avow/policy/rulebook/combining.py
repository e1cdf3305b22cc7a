"""What a purpose combines: of which points it puts together what is of one person, and by what that is known.

Records of several points are shown or used together only for a purpose whose `combines` names all of these points; each
record's own version decides about it. What tells that they are of one person is an identifier that each of the points takes
for just this purpose: the number of the browser, or what the person wrote.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c); 11 CCR 7002. Why: decision 0067.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from avow.definitions import LETTERS, IdentifierKind, Refusal, Technology
from avow.policy.law import rules
from avow.policy.markup import joined
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.policy.rulebook.rulebook import CollectionPoint, Rulebook

_WRITTEN: Final = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
_BROWSER: Final = frozenset({IdentifierKind.VISITOR})
#: Technology -> by what its records are found; by nothing for any other. A form may also note which browser it came from.
FINDING: Final[Mapping[Technology, frozenset[IdentifierKind]]] = MappingProxyType(
    {
        Technology.FORM: _WRITTEN | _BROWSER,
        Technology.CAREERS_PORTAL: _WRITTEN | _BROWSER,
        Technology.FEED: _WRITTEN,
        Technology.EMAIL: _WRITTEN,
        Technology.CLEAR_GIF: frozenset({IdentifierKind.EMAIL}),
        Technology.TAG: _BROWSER,
        Technology.WEB_BEACON: _BROWSER,
        Technology.PIXEL: _BROWSER,
        Technology.SESSION_RECORDING: _BROWSER,
    }
)


def found_by(rulebook: Rulebook, point: str, purpose: str) -> frozenset[IdentifierKind]:
    """Return by what the records of a point are found for a purpose; nothing for a point that is not used for it.

    Rule: Cal. Civ. Code § 1798.100(c): an identifier that only another purpose needs finds nothing for this one.
    """
    declared = rulebook.points.get(point)
    if declared is None or declared.collected_by or any(right.form == point for right in rulebook.rights.values()):
        return frozenset()
    needed = {name: rulebook.data[name].identifier for name in rulebook.fields_for(point, purpose)}
    return finding(declared.technology, needed)


def finding(technology: Technology, items: Mapping[str, str | None]) -> frozenset[IdentifierKind]:
    """Return by what records are found that hold these items, each with the kind of identifier that it is or None.

    Rule: Cal. Civ. Code § 1798.100(c).
    """
    # The number of a browser is the one that the server itself knows it by.
    kinds = {kind for name, kind in items.items() if kind != IdentifierKind.VISITOR or name == VISITOR_ID}
    return frozenset(kind for kind in FINDING.get(technology, ()) if kind in kinds)


def may_combine(rulebook: Rulebook, purpose: str, one: str, other: str, by: IdentifierKind) -> Refusal | None:
    """Return None when records of two points, found by this, may be put together for a purpose, else the reason why not.

    Rule: Cal. Civ. Code § 1798.100(a)(1), (c): no use that is incompatible with what was told.
    """
    declared = rulebook.purposes.get(purpose)
    label = declared.label if declared else purpose
    if declared is None or not {one, other} <= set(declared.combines):
        together = f"what {called(rulebook, one)} and {called(rulebook, other)} tell of one person"
        return Refusal(f"nothing declares that “{label}” puts together {together}", rules.NOTICE_AND_MINIMISATION)
    for point in (one, other):
        if by not in found_by(rulebook, point, purpose):
            return Refusal(f"{called(rulebook, point)} is not found by “{by}” for “{label}”", rules.NOTICE_AND_MINIMISATION)
    return None


def by_browser(rulebook: Rulebook, form: CollectionPoint) -> frozenset[str]:
    """Return the purposes for which a form may note which browser it came from: those that combine it by that number.

    Rule: Cal. Civ. Code § 1798.100(c).
    """
    if VISITOR_ID not in form.fields:
        return frozenset()
    return frozenset(name for name in form.needing(VISITOR_ID) if form.name in _combined(rulebook, name))


def _combined(rulebook: Rulebook, purpose: str) -> tuple[str, ...]:
    declared = rulebook.purposes.get(purpose)
    return declared.combines if declared else ()


def others(rulebook: Rulebook, purpose: str, point: str) -> tuple[str, ...]:
    """Return the points whose records a purpose puts together with those of this one; nothing where it does not.

    Rule: Cal. Civ. Code § 1798.100(a)(1).
    """
    named = _combined(rulebook, purpose)
    return tuple(name for name in named if name != point) if point in named else ()


def called(rulebook: Rulebook, point: str) -> str:
    """Return how people are told of a point; one of another website by its name."""
    declared = rulebook.points.get(point)
    return f"“{declared.label if declared else point.replace('-', ' ')}”"


def words(rulebook: Rulebook, purpose: str) -> str:
    """Return the sentence by which visitors read what a purpose combines; "" where it combines nothing.

    Rule: Cal. Civ. Code § 1798.100(a)(1): what a notice does not tell is not done.
    """
    named = _combined(rulebook, purpose)
    if not named:
        return ""
    told = [_told(rulebook, name) for name in named]
    return f"We put together {joined(told)}, when it is of one person, for {rulebook.purposes[purpose].description}."


def _told(rulebook: Rulebook, point: str) -> str:
    declared = rulebook.points.get(point)
    verb = "you wrote to us" if declared and declared.technology in LETTERS and declared.source == "consumer" else "we learn"
    return f"what {verb} by {called(rulebook, point)}"
