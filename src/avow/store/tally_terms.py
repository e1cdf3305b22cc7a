"""What a visit is, in the engine's words: the one text by which days are tallied, and by which open ones are asked.

A visit is (site, local day, visit number, person). Recognised people who share a visit number are visits of their own;
what was seen of the number and recognised nobody belongs to the one with the smallest subject, where there is one. So an
audience that three sources saw is counted once. Views without a number count, and are of no visit.

Statements name these as `{{name}}`. Bound parameters of all of them: `site` ("" for all) and of the time

    froms, untils      moments between which events are asked, milliseconds, in order
    ranges             the same as a start and an end in turn, the nearest taken together where there are many
    segments, bases    since when, in seconds, days are of 24 hours each, and the first of them as days since 1970

and of those that ask: `points` (a pattern that finds one of them in names with commas between), `firsts` and `lasts` (days
that are tallied, in spans, both ends counted), of lines `dimension`, with the `column`, `robot` and `unknown` that it is made
with.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from avow.local_days import RANGES

_LINES: Final = ("tally_lines",)


class Dimension(NamedTuple):
    """By what lines are made: of which column, of people or of robots, and whether what is not known of it is a line.

    `statements` are those that make them.
    """

    name: str
    column: str
    robot: int = 0
    unknown: int = 0
    statements: tuple[str, ...] = _LINES

    def parameters(self) -> dict[str, str | int]:
        """Return the bound parameters of the statements that take it."""
        return {"dimension": self.name, "column": self.column, "robot": self.robot, "unknown": self.unknown}


#: What is known of every visit: columns of `visits` that a filter may name.
OF_A_VISIT: Final = ("entry", "exit", "referrer", "campaign", "browser", "system", "device", "language", "country")
#: Every dimension. The first has one line for each set of points: totals, the series and one audience from several sources.
#: No terms of searches: one that a person typed on five days would pass for a term of five visits (`analytics.searches`).
DIMENSIONS: Final[Mapping[str, Dimension]] = MappingProxyType(
    {
        one.name: one
        for one in (
            Dimension("", "whole", unknown=1),
            Dimension("robot", "browser", robot=1, unknown=1),
            Dimension("page", "page", statements=(*_LINES, "tally_depth")),
            Dimension("referrer", "referrer"),
            Dimension("campaign", "campaign"),
            Dimension("browser", "browser", unknown=1),
            Dimension("system", "system", unknown=1),
            Dimension("device", "device", unknown=1),
            Dimension("language", "language"),
            Dimension("country", "country"),
            Dimension("link", "link"),
        )
    }
)

_SECOND: Final = "toInt64(toUnixTimestamp(time))"
_SEGMENT: Final = f"roundDown({_SECOND}, {{segments:Array(Int64)}})"
_DAY: Final = (
    f"toDate(toUInt16(transform({_SEGMENT}, {{segments:Array(Int64)}}, {{bases:Array(Int64)}}, toInt64(0))"
    f" + intDiv({_SECOND} - {_SEGMENT}, 86400)))"
)
_MS: Final = "toUnixTimestamp64Milli(time)"
_HERE: Final = "({site:String} = '' OR site = {site:String})"
#: What lies between these spans is skipped; where there are more spans, each moment is held against all of them, too.
_RANGES: Final = " OR ".join(
    f"(time >= fromUnixTimestamp64Milli({{ranges:Array(Int64)}}[{2 * number + 1}])"
    f" AND time < fromUnixTimestamp64Milli({{ranges:Array(Int64)}}[{2 * number + 2}]))"
    for number in range(RANGES)
)
_OPEN: Final = (
    f"{_HERE} AND ({_RANGES}) AND (length({{froms:Array(Int64)}}) <= {RANGES}"
    f" OR arrayExists((a, b) -> {_MS} >= a AND {_MS} < b, {{froms:Array(Int64)}}, {{untils:Array(Int64)}}))"
)
_RUN: Final = f"{_HERE} AND day >= arrayMin({{firsts:Array(Date)}}) AND day <= arrayMax({{lasts:Array(Date)}})"
_TALLIED: Final = (
    f"{_RUN} AND (length({{firsts:Array(Date)}}) = 1"
    " OR arrayExists((a, b) -> day >= a AND day <= b, {firsts:Array(Date)}, {lasts:Array(Date)}))"
)
#: The same in fewer words, where one span is open, of days of 24 hours, and one run of days is tallied, as mostly: the engine
#: takes half as long to read the statement.
PLAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "open": f"{_HERE} AND time >= fromUnixTimestamp64Milli({{ranges:Array(Int64)}}[1])"
        " AND time < fromUnixTimestamp64Milli({ranges:Array(Int64)}[2])",
        "tallied": _RUN,
        "day_of_time": f"toDate(toUInt16({{bases:Array(Int64)}}[1] + intDiv({_SECOND} - {{segments:Array(Int64)}}[1], 86400)))",
    }
)


def is_plain(parameters: Mapping[str, object]) -> bool:
    """Return whether what is asked with these parameters can be said in the words of `PLAIN`."""
    sizes = [len(found) if isinstance(found := parameters.get(name), list) else 0 for name in ("froms", "segments", "firsts")]
    return sizes[:2] == [1, 1] and sizes[2] <= 1


_SEEN: Final = """(
  SELECT every.*, if(visit = 0 OR notEmpty(subject), subject, head) AS owner
  FROM
  (
    SELECT site, point, record_id, time, page, referrer, campaign, browser, system, device, language, country, link,
           seconds, depth, subject, visit, robot, demonstration, '' AS whole, {{day_of_time}} AS day
    FROM events
    WHERE is_view = 1 AND {{open}}
  ) AS every
  ANY LEFT JOIN
  (
    SELECT site, {{day_of_time}} AS day, visit, minIf(subject, notEmpty(subject)) AS head
    FROM events
    WHERE is_view = 1 AND visit != 0 AND {{open}}
    GROUP BY site, day, visit
    HAVING notEmpty(head) AND countIf(empty(subject)) > 0
  ) AS heads
  USING (site, day, visit)
)"""

#: Of events of the same moment, the order of their records: one number, which the engine compares faster than two.
_AT: Final = f"bitShiftLeft(toUInt256({_MS}), 128) + toUInt256(reinterpretAsUInt128(record_id))"
#: Of what is known of a visit, the first that was said; of campaigns the last one, by which it came at the end.
_KNOWN: Final = ",\n    ".join(
    f"{bound}If(toString({name}), at, {name} != '') AS {name}"
    for bound, name in (
        *(("argMin", name) for name in ("referrer", "browser", "system", "device", "language", "country")),
        ("argMax", "campaign"),
    )
)
_VISITS: Final = """(
  SELECT site, day, visit, owner AS subject, {{visitor_of}} AS visitor, robot, min(time) AS started, max(time) AS ended,
    argMin(toString(page), at) AS entry, argMax(toString(page), at) AS exit,
    {{known}},
    arraySort(groupArray(toString(point))) AS by, arrayDistinct(by) AS names, arrayStringConcat(names, ',') AS points,
    arrayMap(one -> countEqual(by, one), names) AS views,
    groupArrayIf(toString(point), demonstration = 1) AS by_invented,
    arrayMap(one -> countEqual(by_invented, one), names) AS invented,
    sum(seconds) AS seconds
  FROM (SELECT *, {{at}} AS at FROM {{seen}}) AS every
  GROUP BY site, day, visit, owner, robot
)"""

#: The events of which lines are made, each with the key of its line.
_KEYED: Final = """(
  SELECT site, day, visit, owner, toString({column:Identifier}) AS key, toString(point) AS point, record_id,
         demonstration, seconds, depth
  FROM {{seen}}
  WHERE robot = {robot:UInt8} AND ({unknown:UInt8} = 1 OR key != '')
)"""
_ROW: Final = f"site, day, visit, visitor, robot, {', '.join(OF_A_VISIT)}, points, views AS n_views, invented AS n_invented"
_FILTERS: Final = "{filters:Array(String)}"
_FILTERED: Final = " AND ".join(
    f"(NOT has({_FILTERS}, '{name}') OR {name} = {{wanted:Array(String)}}[indexOf({_FILTERS}, '{name}')])" for name in OF_A_VISIT
)

#: What an event says in each dimension of people.
_EACH: Final = ", ".join(f"('{one.name}', toString({one.column}))" for one in DIMENSIONS.values() if one.name and not one.robot)
_ASKED: Final = "match(%s, {points:String})"

#: What statements name: the events that were `seen`, each with its `owner`, and `keyed` by what lines are made of; how many
#: `visits_seen` there are among them; `visits` made of them, and pages that were `left`, one row a visit; for who asks also
#: `every_visit` that the filters leave, tallied or not. `seen_there` are events of the points that are asked, and `there` are
#: lines and visits of `tallied` days that one of these points saw; of a visit, `views_there` are theirs, and `invented_there`
#: those of them that were invented.
TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "day_of_time": _DAY,
        "open": _OPEN,
        "tallied": _TALLIED,
        "at": _AT,
        "known": _KNOWN,
        "row": _ROW,
        "seen": _SEEN,
        "keyed": _KEYED,
        "visitor_of": "if(empty(owner), visit, sipHash64(owner))",
        "visits_seen": "uniqExactIf((site, day, visit, owner), visit != 0)",
        "visits": _VISITS,
        "left": """(
  SELECT toString(page) AS name, sum(seconds) AS of_one, max(depth) AS furthest
  FROM {{seen}}
  WHERE robot = 0 AND page != '' AND {{seen_there}}
  GROUP BY name, site, day, visit, owner, if(visit = 0, record_id, toUUID('00000000-0000-0000-0000-000000000000'))
)""",
        "every_visit": """(
  SELECT * FROM
  (
    SELECT {{row}} FROM visits WHERE {{tallied}}
    UNION ALL
    SELECT {{row}} FROM {{visits}}
  )
  WHERE {{filtered}}
)""",
        "filtered": _FILTERED,
        "each_line": f"[{_EACH}]",
        "seen_there": _ASKED % "point",
        "there": _ASKED % "points",
        "views_there": f"arraySum((p, n) -> n * {_ASKED % 'p'}, splitByChar(',', points), n_views)",
        "invented_there": f"arraySum((p, n) -> n * {_ASKED % 'p'}, splitByChar(',', points), n_invented)",
    }
)
