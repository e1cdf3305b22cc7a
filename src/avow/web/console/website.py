"""The company's own website: what was searched for on it, and how it looks from outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.analytics.period import LABELS
from avow.analytics.question import Scope
from avow.analytics.searches import LEAST_VISITS, searches
from avow.gate.roles import Act, Member
from avow.gate.sites import EVERY_SITE
from avow.store.asker import Asker
from avow.web.console.door import Door
from avow.web.console.needs import Shows, needs
from avow.web.console.periods import asked_period
from avow.website.answers import DayView, IntegrityView

#: How far back the days of the site are shown.
HISTORY_DAYS = 30


@dataclass(frozen=True, slots=True)
class History:
    """The last days of one address: a drawing of one bar a day, and in figures."""

    address: str
    drawing: Markup
    looks: int
    well: int
    days: tuple[DayView, ...]

    @property
    def part(self) -> str:
        """How many of the looks found it well, in percent; never rounded up to all of them."""
        if not self.looks:
            return "never looked at"
        percent = 100 * self.well / self.looks
        return "100 %" if self.well == self.looks else f"{min(percent, 99.99):.2f} %"


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One website as it was seen from outside; `name` is "" for the only one."""

    name: str
    origin: str
    configured: bool
    view: IntegrityView
    histories: tuple[History, ...]

    @property
    def altered(self) -> bool:
        """Whether it serves another tag than was built."""
        return self.configured and any(one.outcome == "altered" for one in self.view.now)


class WebsitePages:
    """The pages /console/searches and /console/integrity."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house

    def routes(self) -> list[Route]:
        """Return the pages."""
        return [
            self._door.figures("/console/searches", self._searches, needs(Act.MEASURE, shows=Shows.FIGURES)),
            self._door.page("/console/integrity", self._integrity, needs(Act.ADMINISTER, Act.PUBLISH)),
        ]

    def _searches(self, request: Request, member: Member, asker: Asker) -> Response:
        house = self._house
        span = asked_period(request.query_params, house)
        points = tuple(one.name for one in self._door.measured(request, member).points if one.event == "search")
        return self._door.show(
            request,
            "searches.html",
            member,
            span=span,
            periods=LABELS,
            declared=bool(points),
            covered=house.search.pages(),
            searches=searches(asker, Scope(self._door.site(request), span.from_ms, span.to_ms, points)),
            least=LEAST_VISITS,
        )

    def _integrity(self, request: Request, member: Member) -> Response:
        today = self._door.view.today()
        since, chosen = today - timedelta(days=HISTORY_DAYS - 1), self._door.site(request)
        watches, places = self._house.integrity.everywhere(), []
        for one in (watch for watch in watches if chosen in {EVERY_SITE, watch.site.name}):
            view, name = one.view(since), one.site.name if len(watches) > 1 else ""
            places.append(LookedAt(name, one.site.origin, one.is_configured(), view, histories(view.days, today)))
        return self._door.show(request, "integrity.html", member, places=places, days=HISTORY_DAYS)


def histories(days: Iterable[DayView], today: date) -> tuple[History, ...]:
    """Return the history of each address, in their order."""
    by_address: dict[str, dict[date, DayView]] = {}
    for one in days:
        by_address.setdefault(one.address, {})[one.day] = one
    shown = [today - timedelta(days=back) for back in range(HISTORY_DAYS - 1, -1, -1)]
    return tuple(
        History(
            address,
            _drawing(address, known, shown),
            sum(one.looks for one in known.values()),
            sum(one.well for one in known.values()),
            tuple(known[day] for day in reversed(shown) if day in known),
        )
        for address, known in sorted(by_address.items())
    )


def _drawing(address: str, known: dict[date, DayView], shown: list[date]) -> Markup:
    """Return one bar for each day: full where every look found it well, in two parts where some did not."""
    bars = Markup("").join(_bar(place, day, known.get(day)) for place, day in enumerate(shown))
    return Markup(
        '<svg class="strip" viewBox="0 0 {} 20" preserveAspectRatio="none" role="img" aria-label="{}: the last {} days; '
        'the table below has the figures">{}</svg>'
    ).format(len(shown) * 10, address, len(shown), bars)


def _bar(place: int, day: date, seen: DayView | None) -> Markup:
    if seen is None or not seen.looks:
        words = f"{day}: not looked at"
        return Markup('<rect class="none" x="{}" y="0" width="8" height="20"><title>{}</title></rect>').format(place * 10, words)
    bad = 0.0 if seen.well == seen.looks else max(20 * (1 - seen.well / seen.looks), 4.0)
    words = f"{day}: {seen.well:,} of {seen.looks:,} looks found it well"
    return Markup(
        '<g><title>{0}</title><rect class="well" x="{1}" y="{2:.1f}" width="8" height="{3:.1f}"/>'
        '<rect class="ill" x="{1}" y="0" width="8" height="{2:.1f}"/></g>'
    ).format(words, place * 10, bad, 20 - bad)
