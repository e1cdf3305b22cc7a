"""What a visit is, in the engine's words: the one text by which days are tallied, and by which open ones are asked.

A visit is (site, local day, visit number, person). Recognised people who share a visit number are visits of their own;
what was seen of the number and recognised nobody belongs to the one with the smallest subject, where there is one. So an
audience that three sources saw is counted once. Views without a number count, and are of no visit.

Statements name these as `{{name}}`. Bound parameters of all of them: `site` ("" for all) and of the time

    froms, untils      moments between which events are asked, milliseconds, in order
    segments, bases    since when, in seconds, days are of 24 hours each, and the first of them as days since 1970

and of those that ask: `point` (names with commas between, "" for all), `firsts` and `lasts` (days that are tallied, in spans,
both ends counted), of lines `dimension`, with the `column`, `robot` and `unknown` that it is made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Dimension(NamedTuple):
    """By what lines are made: of which column, of people or of robots, and whether what is not known of it is a line."""

    name: str
    column: str
    robot: int = 0
    unknown: int = 0

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
            Dimension("page", "page"),
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
_OPEN: Final = (
    "({site:String} = '' OR site = {site:String})"
    " AND time >= fromUnixTimestamp64Milli(arrayMin({froms:Array(Int64)}))"
    " AND time < fromUnixTimestamp64Milli(arrayMax({untils:Array(Int64)}))"
    " AND (length({froms:Array(Int64)}) = 1"
    f" OR arrayExists((a, b) -> {_MS} >= a AND {_MS} < b, {{froms:Array(Int64)}}, {{untils:Array(Int64)}}))"
)
_TALLIED: Final = (
    "({site:String} = '' OR site = {site:String})"
    " AND day >= arrayMin({firsts:Array(Date)}) AND day <= arrayMax({lasts:Array(Date)})"
    " AND arrayExists((a, b) -> day >= a AND day <= b, {firsts:Array(Date)}, {lasts:Array(Date)})"
)
_NAMES: Final = "splitByChar(',', {point:String})"
_HERE: Final = "({point:String} = '' OR has(" + _NAMES + ", p))"

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
    SELECT site, {{day_of_time}} AS day, visit, min(subject) AS head
    FROM events
    WHERE is_view = 1 AND notEmpty(subject) AND visit != 0 AND {{open}}
    GROUP BY site, day, visit
  ) AS heads
  USING (site, day, visit)
)"""

#: Of what is known of a visit, the first that was said; of campaigns the last one, by which it came at the end.
_FIRST: Final = ("referrer", "browser", "system", "device", "language", "country")
_SAID: Final = ",\n      ".join(
    f"{bound}If((time, record_id, toString({name})), {name} != '') AS {name}_said"
    for bound, name in (*(("min", name) for name in _FIRST), ("max", "campaign"))
)
_KNOWN: Final = ",\n    ".join(
    f"{bound}If({name}_said, {name}_said.3 != '').3 AS {name}"
    for bound, name in (*(("min", name) for name in _FIRST), ("max", "campaign"))
)
_VISITS: Final = """(
  SELECT site, day, visit, owner AS subject, {{visitor_of}} AS visitor, robot,
    min(first) AS started, max(last) AS ended,
    argMin(entry, first_at) AS entry, argMax(exit, last_at) AS exit,
    {{known}},
    arraySort(groupArray((point, n, i))) AS at_points,
    CAST(at_points.1, 'Array(LowCardinality(String))') AS points, at_points.2 AS views, at_points.3 AS invented,
    sum(spent) AS seconds
  FROM
  (
    SELECT site, day, visit, owner, robot, toString(point) AS point,
      min(time) AS first, max(time) AS last, min((time, record_id)) AS first_at, max((time, record_id)) AS last_at,
      argMin(page, (time, record_id)) AS entry, argMax(page, (time, record_id)) AS exit,
      {{said}},
      count() AS n, toUInt64(sum(demonstration)) AS i, toUInt64(sum(seconds)) AS spent
    FROM {{seen}}
    GROUP BY site, day, visit, owner, robot, point
  )
  GROUP BY site, day, visit, owner, robot
)"""

_LINES: Final = """(
  SELECT site, day, key, points, sum(counted) AS visits, sumForEach(views) AS views, sumForEach(loose) AS loose,
    sumForEach(invented) AS invented, sumForEach(seconds) AS seconds, sumForEach(depth) AS depth
  FROM
  (
    SELECT site, day, visit, owner, key, toUInt64(visit != 0) AS counted,
      arraySort(groupArray((point, n, i, s, d))) AS at_points,
      CAST(at_points.1, 'Array(LowCardinality(String))') AS points,
      at_points.2 AS views, arrayMap(one -> if(visit = 0, one, 0), views) AS loose,
      at_points.3 AS invented, at_points.4 AS seconds, at_points.5 AS depth
    FROM
    (
      SELECT site, day, visit, owner, toString({column:Identifier}) AS key, toString(point) AS point, count() AS n,
        toUInt64(sum(demonstration)) AS i, toUInt64(sum(seconds)) AS s, toUInt64(if(visit = 0, sum(depth), max(depth))) AS d
      FROM {{seen}}
      WHERE robot = {robot:UInt8} AND ({unknown:UInt8} = 1 OR key != '')
      GROUP BY site, day, visit, owner, key, point
    )
    GROUP BY site, day, visit, owner, key
  )
  GROUP BY site, day, key, points
)"""

#: Columns under names that no statement gives to what it returns.
_LINE: Final = (
    "site, day, key, points, visits AS n_visits, views AS n_views, loose AS n_loose, invented AS n_invented,"
    " seconds AS n_seconds, depth AS n_depth"
)
_ROW: Final = f"site, day, visit, visitor, robot, {', '.join(OF_A_VISIT)}, points, views AS n_views, invented AS n_invented"
_FILTERS: Final = "{filters:Array(String)}"
_FILTERED: Final = " AND ".join(
    f"(NOT has({_FILTERS}, '{name}') OR {name} = {{wanted:Array(String)}}[indexOf({_FILTERS}, '{name}')])" for name in OF_A_VISIT
)

#: What statements name: the events that were `seen`, each with its `owner`; `visits` and `lines` made of them; and for who asks
#: `every_line` of a dimension and `every_visit` that the filters leave, tallied or not; whether one is `at_points` that are
#: asked, how many `views_there` of its own points it has, and how many of them were `invented_there`.
TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "day_of_time": _DAY,
        "open": _OPEN,
        "tallied": _TALLIED,
        "said": _SAID,
        "known": _KNOWN,
        "line": _LINE,
        "row": _ROW,
        "seen": _SEEN,
        "visitor_of": "if(empty(owner), visit, sipHash64(owner))",
        "visits": _VISITS,
        "lines": _LINES,
        "every_line": """(
  SELECT {{line}} FROM daily WHERE dimension = {dimension:String} AND {{tallied}}
  UNION ALL
  SELECT {{line}} FROM {{lines}}
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
        "here": _HERE,
        "has_points": f"({{point:String}} = '' OR hasAny(points, {_NAMES}))",
        "views_there": f"arraySum((p, n) -> n * {_HERE}, points, n_views)",
        "invented_there": f"arraySum((p, n) -> n * {_HERE}, points, n_invented)",
        "loose_there": f"arraySum((p, n) -> n * {_HERE}, points, n_loose)",
        "seconds_there": f"arraySum((p, n) -> n * {_HERE}, points, n_seconds)",
        "depth_there": f"arraySum((p, n) -> n * {_HERE}, points, n_depth)",
        "points_there": f"arrayCount(p -> {_HERE}, points)",
    }
)
