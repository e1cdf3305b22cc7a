"""The answer by category: six parts, for this person alone, from what is really held and what really went where.

    1 categories collected, with the data items    4 categories of third parties to whom it was disclosed
    2 sources                                       5 sold or shared, by category, to whom
    3 purposes, of selling and sharing as well      6 disclosed for a business purpose, by category, to whom

5 and 6 are two lists, never one. Each company in them is said by its kind and by its name, so that a person can ask there; where
the law of the request gives a right to the list of third parties, it is there by itself.
Rule: Cal. Civ. Code § 1798.110(a), (b), § 1798.115(a), § 1798.130(a)(3), (4); 11 CCR 7024(k); ORS 646A.574(1)(a)(B) (by name).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from avow.policy import Rulebook
from avow.policy.language.vocabulary import EFFECTIVE_ROLES, SHORT_CATEGORIES, SOURCES


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One disclosure of this person's data: to which declared recipient, of which categories (letters), for which purpose.

    `as_` is what it was by the version under which it went: "sale", "sharing" or "business-purpose"; "" where nobody knows, which
    is told as a sale. `role` is what the recipient was.
    """

    recipient: str
    categories: str
    purpose: str = ""
    as_: str = "business-purpose"
    role: str = "service-provider"

    @property
    def is_sold_or_shared(self) -> bool:
        """Whether it belongs to the first of the two lists."""
        return self.as_ != "business-purpose"


@dataclass(frozen=True, slots=True)
class CategoryAnswer:
    """What was collected in one statutory category: parts 1 to 3."""

    category: str
    term: str
    data: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedCategory:
    """One category in one of the two lists: to which kinds of companies it went, and the names of these companies."""

    category: str
    term: str
    recipient_categories: tuple[str, ...]
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SixParts:
    """The answer. `third_parties` are the kinds of third parties, `third_party_names` their list where the law asks for it.

    `names_are_owed` says whether it does: an empty list then says that there is none.
    """

    categories: tuple[CategoryAnswer, ...]
    third_parties: tuple[str, ...]
    names_are_owed: bool
    third_party_names: tuple[str, ...]
    sold_or_shared: tuple[ListedCategory, ...]
    disclosed: tuple[ListedCategory, ...]


def answer(held: Collection[tuple[str, str]], disclosed: Sequence[Disclosed], rulebook: Rulebook, *, by_name: bool) -> SixParts:
    """Return the six parts from the (data item, point) pairs that are held and from what went to others.

    `by_name`: the law of the request asks for third parties by name. Rule: 11 CCR 7024(k).
    """
    sold = [one for one in disclosed if one.is_sold_or_shared]
    third = [one for one in disclosed if one.is_sold_or_shared or one.role == "third-party"]
    return SixParts(
        categories=_collected(held, sold, rulebook),
        third_parties=_kinds(third, rulebook),
        names_are_owed=by_name,
        third_party_names=_names(third, rulebook) if by_name else (),
        sold_or_shared=_listed(sold, rulebook),
        disclosed=_listed([one for one in disclosed if not one.is_sold_or_shared], rulebook),
    )


def _collected(held: Iterable[tuple[str, str]], sold: Sequence[Disclosed], rulebook: Rulebook) -> tuple[CategoryAnswer, ...]:
    """Return parts 1 to 3."""
    by_category: dict[str, set[tuple[str, str]]] = {}
    for name, point in held:
        for letter in rulebook.data[name].categories if name in rulebook.data else ():
            by_category.setdefault(letter, set()).add((name, point))
    return tuple(_category(letter, pairs, sold, rulebook) for letter, pairs in sorted(by_category.items()))


def _category(letter: str, pairs: set[tuple[str, str]], sold: Sequence[Disclosed], rulebook: Rulebook) -> CategoryAnswer:
    points = [rulebook.points[name] for name in sorted({point for _, point in pairs}) if name in rulebook.points]
    purposes = {name for point in points for name in point.purposes}
    purposes |= {one.purpose for one in sold if letter in one.categories and one.purpose}
    called = {name: rulebook.purposes[name].label if name in rulebook.purposes else name for name in purposes}
    sources = {point.source for point in points}
    declared = {name: rulebook.sources[name].words for name in sources if name in rulebook.sources}
    return CategoryAnswer(
        letter,
        SHORT_CATEGORIES[letter],
        tuple(sorted({rulebook.data[name].label for name, _ in pairs})),
        tuple(sorted(SOURCES.get(name) or declared.get(name) or name for name in sources)),
        tuple(sorted(called.values())),
    )


def _listed(disclosed: Sequence[Disclosed], rulebook: Rulebook) -> tuple[ListedCategory, ...]:
    """Return one of the two lists: for each category to which kinds of companies it went."""
    letters = sorted({letter for one in disclosed for letter in one.categories})
    went = {letter: [one for one in disclosed if letter in one.categories] for letter in letters}
    return tuple(
        ListedCategory(letter, SHORT_CATEGORIES.get(letter, letter), _kinds(some, rulebook), _names(some, rulebook))
        for letter, some in went.items()
    )


def _kinds(disclosed: Iterable[Disclosed], rulebook: Rulebook) -> tuple[str, ...]:
    """Return what kinds of companies these went to: what each is by the law, and what it does."""
    return tuple(sorted({_kind(one, rulebook) for one in disclosed}))


def _kind(one: Disclosed, rulebook: Rulebook) -> str:
    role, declared = EFFECTIVE_ROLES.get(one.role, one.role), rulebook.recipients.get(one.recipient)
    return f"{role}: {declared.services}" if declared else role


def _names(disclosed: Iterable[Disclosed], rulebook: Rulebook) -> tuple[str, ...]:
    found = {one.recipient for one in disclosed}
    return tuple(sorted(rulebook.recipients[name].label if name in rulebook.recipients else name for name in found))
