"""How sure we must be of who asks, and how sure we are (11 CCR 7060-7062).

What is held falls into parts, and each is given to who proved enough for it. A part that is found by the address needs data
points: the link (or the code) that went there proves one, each question that somebody answers as a record of theirs does
another, counted record by record: who wrote to us from the same mailbox is no witness about what somebody else wrote. A part
that is found by the number of a browser is nobody's by name; its cookie, which nobody else can know, proves who it belongs to.

    kind                      least                      by sensitivity    then
    know, specific pieces     three points, declaration  no lower          categories
    know, categories          two points                 no pieces in it   the policy's own words
    delete, correct           the address alone          raises it         what is proved is erased, the rest is named
    opt-out, limit and alike  nothing at all

    sensitivity    a point that takes something sensitive, a file, an application or a report that its person had to authorise:
                   three points and a declaration
                   one that takes what only its person knows: two points, as far as its records hold what can be asked
                   any other (views of pages, a newsletter): the address alone

`[right.x] level` of the policy raises the least, and never lowers it. How many points a degree has is a value of the law table.
A member of staff who knows who asks, and says why, stands for all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from avow.definitions import IdentifierKind, RequestKind, Technology
from avow.policy import LawTable, Rulebook, law
from avow.policy.rulebook.declarations import CollectionPoint, DataItem

#: Kinds whose people are asked nothing. Rule: 11 CCR 7060(b); GDPR Art. 7(3), 21(3). An appeal names the request it is about.
UNPROVED: Final = frozenset({"opt-out", "limit", "object", "withdraw-consent", "automated-decision", "appeal"})
#: Kinds that show what is held, piece by piece, or whether it is right.
_SHOWING: Final = frozenset({"know", "portability", "confirm-identifier"})
#: Kinds that reach what a rule keeps beyond an erasure: it is shown, and corrected.
_REACHING_KEPT: Final = _SHOWING | {"correct"}
#: Kinds that stop what is done with data, and show and change none: how sensitive it is makes no difference.
_STOPPING: Final = frozenset({"restrict"})
#: What of a request to know is asked for, or given: nothing but categories.
CATEGORIES: Final = "categories"


class Degree(IntEnum):
    """How much is proved of who asks, or must be; each holds more than the one before it.

    `LINK`: the address alone. `TWO_POINTS`: a reasonable degree of certainty. `THREE_POINTS`: a reasonably high one, with a
    declaration under penalty of perjury. Rule: 11 CCR 7060(b), 7062(b)-(d).
    """

    NONE = 0
    LINK = 1
    TWO_POINTS = 2
    THREE_POINTS = 3


class ProvedBy(StrEnum):
    """How something was proved of who asks; in the detail of a history, next to the name of a field and never its value."""

    LINK = "link"
    CODE = "code"
    COOKIE = "cookie"
    MATCH = "match"
    DECLARATION = "declaration"
    STAFF = "staff"


class FoundBy(StrEnum):
    """By what a part of what is held is found."""

    ADDRESS = "address"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class Proved:
    """What is proved of who asks: of the address, by the browser, by questions (keyed hashes by item), by signature, by staff."""

    address: bool = False
    browser: bool = False
    matches: Mapping[str, frozenset[str]] = field(default_factory=dict)
    declared: bool = False
    by_staff: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what is held: a record at a point, or all events of an address ("" for the record), or those of browsers.

    `values` are the keyed hashes of what it holds of items that can be asked. `is_kept`: a rule keeps it, so it is shown, and
    erased by nobody's request.
    """

    found_by: FoundBy
    point: str
    record: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """What of somebody the proofs reach, and what is `beyond`: of that `points` are proved at most, and `wanted` is needed."""

    reached: tuple[Part, ...]
    beyond: tuple[Part, ...]
    points: int
    wanted: Degree

    @property
    def is_enough(self) -> bool:
        """Whether all that is held is reached. Rule: 11 CCR 7062."""
        return not self.beyond


def needed(kind: RequestKind, pieces: str, sensitivity: Degree, level: str, table: LawTable) -> Degree:
    """Return how sure we must be before a request of this kind reaches something of this sensitivity.

    `pieces` is what is asked to be known, `level` the policy's. Rule: see the table above; 11 CCR 7060(b), 7062(b)-(d).
    """
    if kind.value in UNPROVED:
        return Degree.NONE
    least = {"reasonable": Degree.TWO_POINTS, "reasonably-high": Degree.THREE_POINTS}.get(level, Degree.LINK)
    if kind.value in _STOPPING:
        return least
    if kind.value not in _SHOWING:
        return max(least, sensitivity)
    own = values(table)
    if pieces == CATEGORIES:
        return max(least, Degree.TWO_POINTS if own.know_categories_points else Degree.LINK)
    return max(least, sensitivity, Degree.THREE_POINTS if own.know_specific_points else Degree.LINK)


def sensitivity(point: CollectionPoint | None, data: Mapping[str, DataItem]) -> Degree:
    """Return how sensitive what a point takes is, by what it is declared to take; a point that nobody knows is the highest.

    Rule: 11 CCR 7060(c)(3) (the more sensitive, the stricter), 7062(d).
    """
    items = [data.get(name) for name in point.fields] if point else [None]
    is_about_work = point is None or point.technology == Technology.CAREERS_PORTAL or bool(point.authorised_by)
    if is_about_work or any(_is_sensitive(item) for item in items):
        return Degree.THREE_POINTS
    told = any(item and item.sealed and not item.identifier for item in items)
    return Degree.TWO_POINTS if told else Degree.LINK


def _is_sensitive(item: DataItem | None) -> bool:
    return item is None or item.sensitive is not None or item.file is not None or "L" in item.categories


def values(table: LawTable) -> LawTable:
    """Return the table with the values of verification: one that was stored by an earlier version has none, and takes today's.

    Rule: 11 CCR 7062.
    """
    today = law.tables()
    return table if table.high_points else today.get(table.code, today["US-CA"])


def reach(
    parts: Iterable[Part],
    proved: Proved,
    kind: RequestKind,
    pieces: str,
    rulebook: Rulebook,
    table: LawTable,
    askable: Collection[str],
) -> Reach:
    """Return which parts the proofs reach; `askable` are the items that may be asked. Rule: 11 CCR 7062(b)-(e)."""
    right = rulebook.right(kind)
    level, own = right.level if right else "reasonably-high", values(table)
    reached: list[Part] = []
    beyond: list[Part] = []
    wanted, most = Degree.LINK, _points_of_address({}, proved)
    parts = tuple(one for one in parts if kind.value in _REACHING_KEPT or not one.is_kept)
    best = max((_points_of_address(one.values, proved) for one in parts), default=most)
    for part in parts:
        degree = needed(kind, pieces, sensitivity(rulebook.points.get(part.point), rulebook.data), level, table)
        points = best if not part.record else _points_of_address(part.values, proved)
        if part.found_by is FoundBy.BROWSER:
            points = own.high_points if proved.browser else 0
        can_be = 1 + len([name for name in part.values if name in askable])
        is_asked_in_full = kind.value in _SHOWING or degree is Degree.THREE_POINTS
        wants = {Degree.NONE: 0, Degree.LINK: 1, Degree.TWO_POINTS: own.reasonable_points, Degree.THREE_POINTS: own.high_points}
        least = wants[degree] if is_asked_in_full or part.found_by is FoundBy.BROWSER else min(wants[degree], can_be)
        is_signed = degree < Degree.THREE_POINTS or proved.declared or not own.needs_declaration
        is_reached = proved.by_staff or (points >= least and is_signed)
        (reached if is_reached else beyond).append(part)
        if not is_reached:
            wanted, most = max(wanted, degree), max(most, points)
    return Reach(tuple(reached), tuple(beyond), most, wanted)


def _points_of_address(held: Mapping[str, str], proved: Proved) -> int:
    """Return how many data points of one record are proved; none without the address, by which it was found."""
    right = sum(mark in proved.matches.get(name, frozenset()) for name, mark in held.items())
    return 1 + right if proved.address else 0


def names_nobody(point: CollectionPoint, data: Mapping[str, DataItem]) -> bool:
    """Return whether what a point takes is found by a browser's number alone. Rule: 11 CCR 7062(e)(2)."""
    kinds = {data[name].identifier for name in point.fields if name in data}
    return IdentifierKind.EMAIL not in kinds and IdentifierKind.PHONE not in kinds
