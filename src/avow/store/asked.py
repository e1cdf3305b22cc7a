"""What the panels of the dashboard ask of events: the columns that are set at intake, and the conditions of their statements.

Each is written here once. The engine works the columns out itself, when a row is inserted and again when a mutation changes
what they are made of (MATERIALIZED): a correction reaches them, and of somebody deidentified `visitor` says no more than
the visit. They are in no insert, no export and no backup. The statements name a condition as `{{name}}`; values stay bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from avow.store.tally_terms import PLAIN, TERMS

#: The table of events, and the name by which statements say that they may be about the one that is to take its place.
EVENTS: Final = "events"


class Asked(NamedTuple):
    """A column that panels ask: its type, the expression that makes it, the declared field that it is ("" for none)."""

    name: str
    type: str
    value: str
    field: str = ""

    @property
    def sql(self) -> str:
        """Return its declaration."""
        return f"{self.name} {self.type} MATERIALIZED {self.value}"


#: Endings of what a server's log says beside pages: parts of a page.
_PART_OF_A_PAGE: Final = r"(?i)\\.(css|js|map|png|jpe?g|gif|ico|svg|webp|avif|woff2?|ttf|mp4|webm|xml|txt)$"
_VIEW: Final = f"status = 0 OR (status IN (200, 304) AND method IN ('', 'GET') AND NOT match(page, '{_PART_OF_A_PAGE}'))"

#: Every such column. A line of a server's log is a page view (`is_view`) when it is a successful GET of something that is not
#: a part of a page; whatever has no status, an event or a pixel, is one where its point is. `visitor` tells people apart: by
#: the known subject where the person allowed one, else by the visit, which nobody can link from day to day; 0 where neither is
#: known. `results` is -1 where a search does not say how many pages it found.
ASKED: Final = (
    Asked("is_view", "UInt8", _VIEW),
    Asked("visitor", "UInt64", "if(empty(subject), visit, sipHash64(subject))"),
    Asked("country", "LowCardinality(String)", "props['country']", "country"),
    Asked("seconds", "UInt32", "toUInt32OrZero(props['engagement-time'])", "engagement-time"),
    Asked("depth", "UInt8", "least(toUInt32OrZero(props['scroll-depth']), 100)", "scroll-depth"),
    Asked("search_term", "String", "props['search-term']", "search-term"),
    Asked("results", "Int32", "toInt32OrDefault(props['search-results'], toInt32(-1))", "search-results"),
    Asked("link", "String", "props['link-followed']", "link-followed"),
)

_HAPPENED: Final = (
    "({site:String} = '' OR site = {site:String})"
    " AND time >= fromUnixTimestamp64Milli({from_ms:Int64}) AND time < fromUnixTimestamp64Milli({to_ms:Int64})"
)
_MARKED: Final = (
    "time <= fromUnixTimestamp64Milli("
    "transform(concat(toString(subject), ' ', point), {pairs:Array(String)}, {untils:Array(Int64)}, toInt64(-1)), 'UTC')"
)
_AT_POINTS: Final = "has(splitByChar(',', {point:String}), point)"

#: What statements name: what `happened` at a site, all of them for "", in a span of time; what is `at_points`, whose names have
#: commas between; what is `marked`: of one of some `pairs` of subject and point, with a space between, and from until the moment
#: at its place in `untils`.
FRAGMENTS: Final[Mapping[str, str]] = {
    **TERMS,
    "asked": ",\n    ".join(one.sql for one in ASKED),
    "happened": _HAPPENED,
    "at_points": _AT_POINTS,
    "marked": _MARKED,
}
_PLAIN: Final[Mapping[str, str]] = {**FRAGMENTS, **PLAIN}
_NAMED: Final = re.compile(r"\{\{(\w+)\}\}")


def filled(text: str, table: str = EVENTS, *, plain: bool = False) -> str:
    """Return the text of a statement with its fragments, and theirs, about a table of events; KeyError for one that is none.

    `plain`: in the few words that are enough for most of what is asked (`tally_terms.is_plain`).
    """
    words = _PLAIN if plain else FRAGMENTS
    return _NAMED.sub(lambda named: table if named[1] == EVENTS else filled(words[named[1]], table, plain=plain), text)
