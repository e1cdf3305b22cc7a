"""Pages of lists that grow: each begins behind a row, so that the hundredth costs what the first one does.

A place is named by what its list is ordered by, and stays where it is while lines are added above or taken away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Column, ColumnElement, RowMapping, Select, tuple_

from avow.store.control.database import Transaction

_T = TypeVar("_T")
_S = TypeVar("_S")

#: Lines of a list on one page.
LINES: Final = 100
#: A place as an address says it: the part of the list, a number, and the id that tells equal numbers apart.
_PLACE: Final = re.compile(r"([0-9])\.(-?[0-9]{1,17})\.([0-9A-Za-z_-]{1,80})")


#: A row's place: the number of its part of the list, the number that orders it, and its id.
Row = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind this row, or before it when `is_back`; the beginning of the list for no `row`."""

    row: Row | None = None
    is_back: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[_T]):
    """Lines of one page; `before` and `after` name the places of the pages around it, "" where there is none."""

    lines: tuple[_T, ...] = ()
    before: str = ""
    after: str = ""

    def each(self, line: Callable[[_T], _S]) -> Page[_S]:
        """Return the page with something else in the place of each line."""
        return Page(tuple(map(line, self.lines)), self.before, self.after)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a list: rows with the number that orders them and their id; the highest number first, unless it rises."""

    rows: Select[Any]
    number: Column[Any]  # Any: SQLAlchemy knows no types of a table's columns
    name: Column[Any]  # Any: as above
    rises: bool = False


def place(after: str = "", before: str = "") -> Place:
    """Return the place that an address names; the beginning for anything that is none."""
    for text, is_back in ((after, False), (before, True)):
        if found := _PLACE.fullmatch(text):
            return Place((int(found[1]), int(found[2]), found[3]), is_back=is_back)
    return Place()


def name(place_of: Row) -> str:
    """Return the place of a row as addresses say it."""
    return ".".join(map(str, place_of))


def page(tx: Transaction, parts: Sequence[Part], at: Place, limit: int) -> Page[RowMapping]:
    """Return a page of a list that is made of parts, one behind the other; each part is read by its index."""
    if at.row is not None and at.row[0] >= len(parts):
        at = Place()
    return laid_out(lambda at, limit: read(tx, parts, at, limit), at, limit)


def laid_out(reading: Callable[[Place, int], Sequence[tuple[Row, _T]]], at: Place, limit: int) -> Page[_T]:
    """Return a page of what `reading` gives from a place on, each with its row, in the order in which it is come by.

    Going back, a page that reaches the beginning is the first one, whole. Behind the end is the last one.
    """
    found = list(reading(at, limit + 1))
    has_more, found = len(found) > limit, found[:limit]
    if at.is_back and not has_more:
        return laid_out(reading, Place(), limit)
    if at.row is not None and not found:
        return replace(laid_out(reading, Place(at.row, is_back=True), limit), after="")
    if at.is_back:
        found.reverse()
    has_before, has_after = (has_more, True) if at.is_back else (at.row is not None, has_more)
    before = name(found[0][0]) if has_before and found else ""
    after = name(found[-1][0]) if has_after and found else ""
    return Page(tuple(line for _, line in found), before, after)


def cut(lines: Sequence[_T], at: Place, limit: int) -> Page[_T]:
    """Return a page of a list that has bounds of its own, and is there as a whole: a place is a number of lines."""

    def reading(at: Place, limit: int) -> list[tuple[Row, _T]]:
        behind = at.row[1] + 1 if at.row else 0
        places = range(min(behind - 1, len(lines)) - 1, -1, -1) if at.is_back else range(behind, len(lines))
        return [((0, place, "0"), lines[place]) for place in places[:limit]]

    return laid_out(reading, at, limit)


def read(tx: Transaction, parts: Sequence[Part], at: Place, limit: int) -> list[tuple[Row, RowMapping]]:
    """Return the next rows from a place on, backwards when it says so."""
    found: list[tuple[Row, RowMapping]] = []
    begin = at.row[0] if at.row else 0
    numbers: Iterable[int] = range(begin, -1, -1) if at.is_back else range(begin, len(parts))
    for number in numbers:
        part = parts[number]
        rises = part.rises is not at.is_back
        wanted = part.rows
        if at.row and number == begin:
            key, row = tuple_(part.number, part.name), tuple_(*at.row[1:])
            wanted = wanted.where(key > row if rises else key < row)
        columns = part.number, part.name
        order: list[ColumnElement[Any]] = [one.asc() if rises else one.desc() for one in columns]  # Any: as in Part
        rows = tx.execute(wanted.order_by(*order).limit(limit - len(found))).mappings()
        found += [((number, row[part.number.key], row[part.name.key]), row) for row in rows]
        if len(found) >= limit:
            break
    return found
