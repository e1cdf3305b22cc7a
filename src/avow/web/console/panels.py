"""The panels of the dashboard: what each asks, how it is drawn, and on which policy it has a place. A new panel is one line.

What a panel asks is a function of the one who asks and of the `Look`; what it returns is what its template takes
(`templates/console/panels/`). The page gives each its place at once, as large as its `room` says, and its figures when they are
there; without script all of them are in the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from avow.analytics.extents import Extent, extents
from avow.analytics.live import live
from avow.analytics.period import Period
from avow.analytics.question import ROBOTS, Column, Query, Ranked, Scope, ranked, ranked_by
from avow.analytics.reading import reading
from avow.analytics.reconciled import Sources, reconciled
from avow.analytics.visits import Totals, series
from avow.collection import places
from avow.local_days import LocalDay
from avow.publication.answers import PointFacts
from avow.web.charts import chart

#: Points that see events; forms are in the inbox.
MEASURED: Final = ("tag", "web-beacon", "server-log")
#: Of the tag's events, those that are page views; other technologies see nothing else.
_VIEWS: Final = ("", "view")
#: Who says which country an address belongs to; the licence asks for it next to the figures.
_GEOLOCATION: Final = dict(zip(("name", "address", "licence"), places.SOURCE, strict=True))

#: The room of a panel with some lines; of one with ten it is "tall".
_SHORT: Final = "short"

Drawn = Mapping[str, Any]  # Any: what templates take


@dataclass(frozen=True, slots=True)
class Look:
    """What a member looks at: a span of time, page views of these points, and the points whose figures they may see at all.

    `of` returns the totals of a scope, and `each` its page views by each column: what several panels of a page ask is worked
    out once for all of them. `now_ms` is the moment.
    """

    span: Period
    scope: Scope
    points: tuple[PointFacts, ...]
    of: Callable[[Scope, Query], Totals]
    each: Callable[[Scope, Query], Mapping[Column, tuple[Ranked, ...]]]
    now_ms: int

    def by(self, days: tuple[LocalDay, ...]) -> Look:
        """Return the same look by these tallied days of its span, and by events of the rest."""
        return replace(self, scope=replace(self.scope, days=days))

    def all_of(self, query: Query) -> Totals:
        """Return the totals of all page views that are looked at."""
        return self.of(self.scope, query)

    def kinds(self, *kinds: str) -> Scope:
        """Return the scope of the tag's events of these kinds, whatever points the page views are taken from."""
        return replace(self.scope, points=tuple(one.name for one in self.points if one.event in kinds))

    @property
    def labels(self) -> Mapping[str, PointFacts]:
        """The points by name."""
        return {one.name: one for one in self.points}


Ask = Callable[[Query, Look], Drawn]


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; `name` stands in its address, `room` is the class that reserves its height."""

    name: str
    title: str
    ask: Ask
    template: str = "ranked"
    room: str = "tall"
    has_place: Callable[[Look], bool] = lambda _look: True


def seeing(points: Sequence[PointFacts], technologies: Sequence[str]) -> tuple[PointFacts, ...]:
    """Return the points that see pages viewed, of these technologies: no other event of the tag is counted as a view."""
    return tuple(one for one in points if one.technology in technologies and one.event in _VIEWS)


def _views_by(column: Column, head: str, **more: object) -> Ask:
    """Return what asks page views of people by a column, and what part of all of them each line is."""

    def ask(query: Query, look: Look) -> Drawn:
        return _lines(look.each(look.scope, query)[column], head, **({"of": look.all_of(query).views} | more))

    return ask


def _lines(rows: tuple[Ranked, ...], head: str, **more: object) -> Drawn:
    """Return what the template of ranked tables takes; `of`: what all lines are parts of, 0 for nothing."""
    return {
        "rows": rows,
        "head": head,
        "count": "Views",
        "of": 0,
        "empty": "Nothing in this period.",
        "labels": {},
        "source": None,
        **more,
    }


def _totals(query: Query, look: Look) -> Drawn:
    return {"totals": look.all_of(query)}


def _series(query: Query, look: Look) -> Drawn:
    """Return the drawing; where there is nothing to draw, also where else to look."""
    moments = series(query, look.scope, look.span)
    drawing = chart(moments)
    elsewhere = _elsewhere(extents(query, look.scope.site), look) if drawing.is_empty else ()
    return {"span": look.span, "moments": moments, "drawing": drawing, "elsewhere": elsewhere}


def _elsewhere(known: Sequence[Extent], look: Look) -> tuple[tuple[PointFacts, Extent], ...]:
    """Return the measured points with events, none of them in this view: where to look when it is empty."""
    by_name = {one.name: one for one in seeing(look.points, MEASURED)}
    return tuple(
        (by_name[extent.point], extent)
        for extent in known
        if extent.point in by_name
        and (
            extent.last_ms < look.scope.from_ms
            or extent.first_ms >= look.scope.to_ms
            or (look.scope.points and extent.point not in look.scope.points)
        )
    )


def _robots(query: Query, look: Look) -> Drawn:
    return _lines(
        ranked(query, "dashboard_ranked", look.scope, **ROBOTS), "Robot", of=look.all_of(query).robots, empty="No robot came."
    )


def _reading(query: Query, look: Look) -> Drawn:
    return {"reading": reading(query, look.kinds("leave"))}


def _events(query: Query, look: Look) -> Drawn:
    done = look.kinds("custom", "outbound", "download")
    rows = ranked_by(query, Column.POINT, done)
    return _lines(rows, "Event", count="Times", labels=look.labels, empty="Nothing of it in this period.")


def _points(query: Query, look: Look) -> Drawn:
    rows = ranked_by(query, Column.POINT, look.scope)
    return _lines(rows, "Collection point", of=look.all_of(query).views, labels=look.labels)


def _addresses(kind: str, empty: str) -> Ask:
    """Return what asks the addresses that the tag's events of one kind are about."""

    def ask(query: Query, look: Look) -> Drawn:
        return _lines(ranked_by(query, Column.LINK, look.kinds(kind)), "Address", count="Times", empty=empty)

    return ask


def _reconciled(query: Query, look: Look) -> Drawn:
    """Return which points count visits: every tag and beacon, and a log that serves one of their purposes."""
    log = tuple(one.name for one in look.points if one.technology == "server-log" and one.counts_visits)
    tag, beacon = (tuple(one.name for one in seeing(look.points, (technology,))) for technology in ("tag", "web-beacon"))
    return {"reconciled": reconciled(query, look.scope, Sources(tag, beacon, log)), "counted_log": bool(log)}


def _live(query: Query, look: Look) -> Drawn:
    now = live(query, look.scope, look.now_ms, look.span.timezone)
    return {"live": now, "drawing": chart(now.minutes), "now_ms": look.now_ms}


def _located(look: Look) -> bool:
    """Return whether a point takes the country of whoever looks."""
    return any("country" in one.fields for one in look.points)


def _sees(*kinds: str) -> Callable[[Look], bool]:
    """Return whether a point sees events of one of these kinds."""
    return lambda look: any(one.event in kinds for one in look.points)


_NO_SITE: Final = "Nobody came from another site in this period."
_NO_CAMPAIGN: Final = "No link with utm_source, utm_medium or utm_campaign was followed."
_NO_LINK: Final = "Nobody followed a link to another site."
#: Who is here now: it is asked more often than the others, and whatever the period.
LIVE: Final = Panel("live", "Live: last 30 minutes", _live, "live", "strip")
#: Every panel, in the order in which they stand and are asked.
PANELS: Final = (
    Panel("totals", "", _totals, "totals", "sums"),
    Panel("series", "Over time", _series, "series", "wide"),
    LIVE,
    Panel("pages", "Top pages", _views_by(Column.PAGE, "Page")),
    Panel("referrers", "Referrers", _views_by(Column.REFERRER, "Site", empty=_NO_SITE)),
    Panel("campaigns", "Campaigns", _views_by(Column.CAMPAIGN, "Source / medium / name", empty=_NO_CAMPAIGN)),
    Panel("reading", "Reading", _reading, "reading", has_place=_sees("leave")),
    Panel("countries", "Countries", _views_by(Column.COUNTRY, "Country", source=_GEOLOCATION), room=_SHORT, has_place=_located),
    Panel("languages", "Languages", _views_by(Column.LANGUAGE, "Language"), room=_SHORT),
    Panel("browsers", "Browsers", _views_by(Column.BROWSER, "Browser"), room=_SHORT),
    Panel("systems", "Operating systems", _views_by(Column.SYSTEM, "System"), room=_SHORT),
    Panel("devices", "Devices", _views_by(Column.DEVICE, "Kind"), room=_SHORT),
    Panel("robots", "Robots", _robots, room=_SHORT),
    Panel("events", "What people did", _events, room=_SHORT, has_place=_sees("custom", "outbound", "download")),
    Panel("points", "Collected by", _points, room=_SHORT),
    Panel("links", "Links to other sites", _addresses("outbound", _NO_LINK), room=_SHORT, has_place=_sees("outbound")),
    Panel("files", "Files fetched", _addresses("download", "Nobody fetched a file."), room=_SHORT, has_place=_sees("download")),
    Panel("reconciled", "One audience, seen three ways", _reconciled, "reconciled", "long"),
)
BY_NAME: Final = MappingProxyType({one.name: one for one in PANELS})


def placed(look: Look) -> tuple[Panel, ...]:
    """Return the panels that have a place on a page."""
    return tuple(one for one in PANELS if one.has_place(look))
