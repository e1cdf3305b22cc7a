"""The dashboard: audience, pages, sources, devices, and who is here now."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.analytics.devices import devices
from avow.analytics.live import live
from avow.analytics.pages import top_pages
from avow.analytics.period import LABELS, Period, period
from avow.analytics.question import Scope
from avow.analytics.reading import actions, reading
from avow.analytics.reconciled import Sources, reconciled
from avow.analytics.sources import Extent, extents, sources
from avow.analytics.visits import series, totals
from avow.collection import places
from avow.gate.roles import Act, Member
from avow.publication.answers import PointFacts
from avow.web.charts import chart
from avow.web.console.door import Door
from avow.web.console.needs import HOME, Shows, needs
from avow.web.forms import day_of
from avow.web.house import House

#: Points that see events; forms are in the inbox.
_MEASURED = ("tag", "web-beacon", "server-log")
#: What the dashboard shows first: pages as browsers saw them, so that nobody is counted again by the server's log.
_BROWSER = ("tag", "web-beacon")
#: Of the tag's events, those that are page views; other technologies see nothing else.
_VIEWS = ("", "view")
#: Who says which country an address belongs to; the licence asks for it beside the figures.
_GEOLOCATION = dict(zip(("name", "address", "licence"), places.SOURCE, strict=True))


class AudiencePages:
    """The pages /console, and the two parts of it that refresh by themselves."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house

    def routes(self) -> list[Route]:
        """Return the dashboard and its parts."""
        return [
            self._door.page(HOME, self._whole, needs(Act.MEASURE, shows=Shows.FIGURES)),
            self._door.page("/console/dashboard/figures", self._figures, needs(Act.MEASURE, shows=Shows.FIGURES)),
            self._door.page("/console/dashboard/live", self._live, needs(Act.MEASURE, shows=Shows.FIGURES)),
        ]

    def _whole(self, request: Request, member: Member) -> Response:
        points = _seeing(self._door.measured(request, member).points, _MEASURED)
        span, scope = self._asked(request, member)
        known = extents(self._house.events, scope.site)
        return self._door.show(
            request,
            "dashboard.html",
            member,
            periods=LABELS,
            points=points,
            chosen=request.query_params.get("point", ""),
            elsewhere=_elsewhere(known, scope, points),
            query=str(request.query_params),
            **self._figures_of(request, member, span, scope),
            **self._live_of(scope),
        )

    def _figures(self, request: Request, member: Member) -> Response:
        return self._door.show(
            request, "_figures.html", member, **self._figures_of(request, member, *self._asked(request, member))
        )

    def _live(self, request: Request, member: Member) -> Response:
        return self._door.show(request, "_live.html", member, **self._live_of(self._asked(request, member)[1]))

    def _asked(self, request: Request, member: Member) -> tuple[Period, Scope]:
        """Return the period and scope that the address asks for; what it does not know falls back to the first choice."""
        query = request.query_params
        span = asked_period(query, self._house)
        points = _seeing(self._door.measured(request, member).points, _MEASURED)
        asked = query.get("point", "")
        browsers = _names(_seeing(points, _BROWSER))
        chosen = {"all": _names(points), **{name: (name,) for name in _names(points)}}.get(asked, browsers)
        return span, Scope(self._door.site(request), span.from_ms, span.to_ms, chosen, self._house.timezone)

    def _figures_of(
        self, request: Request, member: Member, span: Period, scope: Scope
    ) -> dict[str, Any]:  # Any: what templates take
        """Return the figures of a period, from what is made of its days where that is, and from events."""
        ask = partial(self._figures_in, request, member, span)
        return self._house.tallies.answer(span.from_ms, span.to_ms, lambda days: ask(replace(scope, days=days)))

    def _figures_in(
        self, request: Request, member: Member, span: Period, scope: Scope
    ) -> dict[str, Any]:  # Any: what templates take
        events, points = self._house.events, self._door.measured(request, member).points
        moments, seen = series(events, scope, span), _sources_of(points)
        return {
            "span": span,
            "totals": totals(events, scope),
            "moments": moments,
            "drawing": chart(moments),
            "pages": top_pages(events, scope),
            "sources": sources(events, scope),
            "devices": devices(events, scope),
            "reconciled": reconciled(events, scope, seen),
            "counted_log": bool(seen.log),
            "reading": reading(events, _scope_of(points, scope, "leave")),
            "actions": actions(
                events,
                _scope_of(points, scope, "custom", "outbound", "download"),
                _scope_of(points, scope, "outbound"),
                _scope_of(points, scope, "download"),
            ),
            "declared": frozenset(name for point in points for name in point.fields),
            "measured": frozenset(point.event for point in points),
            "geolocation": _GEOLOCATION,
            "labels": {point.name: point for point in points},
        }

    def _live_of(self, scope: Scope) -> dict[str, Any]:  # Any: what templates take
        now_ms = self._house.now_ms()
        now = live(self._house.events, scope, now_ms, self._house.timezone)
        return {"live": now, "live_drawing": chart(now.minutes), "now_ms": now_ms}


def asked_period(query: QueryParams, house: House) -> Period:
    """Return the period that an address of the console asks for; 30 days for what it does not know."""
    days = (day_of(query.get(name, "")) for name in ("from", "to"))
    return period(query.get("period", "30d"), house.now_ms(), house.timezone, *days)


def _seeing(points: tuple[PointFacts, ...], technologies: tuple[str, ...]) -> tuple[PointFacts, ...]:
    """Return the points that see pages viewed, of these technologies: no other event of the tag is counted as a view."""
    return tuple(point for point in points if point.technology in technologies and point.event in _VIEWS)


def _scope_of(points: tuple[PointFacts, ...], scope: Scope, *kinds: str) -> Scope:
    """Return the scope of the tag's events of these kinds, whatever points the page views are taken from."""
    return replace(scope, points=tuple(point.name for point in points if point.event in kinds))


def _sources_of(points: tuple[PointFacts, ...]) -> Sources:
    """Return which points count visits: every tag and beacon, and a log that serves one of their purposes."""
    log = tuple(point.name for point in points if point.technology == "server-log" and point.counts_visits)
    return Sources(_names(_seeing(points, ("tag",))), _names(_seeing(points, ("web-beacon",))), log)


def _names(points: tuple[PointFacts, ...]) -> tuple[str, ...]:
    return tuple(point.name for point in points)


def _elsewhere(known: tuple[Extent, ...], scope: Scope, points: tuple[PointFacts, ...]) -> tuple[tuple[PointFacts, Extent], ...]:
    """Return the measured points with events, none of them in this period: where to look when the dashboard is empty."""
    by_name = {point.name: point for point in points}
    return tuple(
        (by_name[extent.point], extent)
        for extent in known
        if extent.point in by_name
        and (
            extent.last_ms < scope.from_ms
            or extent.first_ms >= scope.to_ms
            or (scope.points and extent.point not in scope.points)
        )
    )
