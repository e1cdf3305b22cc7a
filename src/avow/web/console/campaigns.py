"""The page Campaigns: what came of advertisements here, and of links to other companies there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.analytics.campaigns import CAMPAIGN_ROWS, WINDOW_DAYS, Conversions, campaigns
from avow.analytics.outbound import CountedLink, followed
from avow.analytics.period import LABELS
from avow.analytics.question import Scope
from avow.gate.roles import Act, Member
from avow.publication.answers import PointFacts, PolicyFacts
from avow.store.asker import Asker
from avow.web.console.door import Door
from avow.web.console.needs import Shows, needs
from avow.web.console.periods import asked_period

#: Points whose page views say by which campaign a visit came.
_VIEWING = ("tag", "web-beacon")


class CampaignPages:
    """The page /console/campaigns."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house

    def routes(self) -> list[Route]:
        """Return the one page."""
        return [self._door.figures("/console/campaigns", self._show, needs(Act.MEASURE, shows=Shows.FIGURES))]

    def _show(self, request: Request, member: Member, asker: Asker) -> Response:
        house, facts = self._house, self._door.measured(request, member)
        span = asked_period(request.query_params, house)
        views = tuple(one.name for one in facts.points if one.technology in _VIEWING and one.event in {"", "view"})
        scope = Scope(self._door.site(request), span.from_ms, span.to_ms, views)
        points, chosen = _points(facts), request.query_params.get("point", "")
        lines = campaigns(asker, scope, _conversions(facts, chosen))
        counted = [CountedLink(one.label, one.clicks, one.reports) for one in facts.links if one.clicks]
        return self._door.show(
            request,
            "campaigns.html",
            member,
            span=span,
            periods=LABELS,
            points=points,
            chosen=chosen if any(one.name == chosen for one in points) else "",
            campaigns=lines[:CAMPAIGN_ROWS],
            left_out=max(0, len(lines) - CAMPAIGN_ROWS),
            links=followed(asker, scope, counted),
            window_days=WINDOW_DAYS,
        )


def _points(facts: PolicyFacts) -> tuple[PointFacts, ...]:
    """Return the points that see conversions: of our own pages, and reported by other companies."""
    reports = {link.reports for link in facts.links if link.reports}
    return tuple(one for one in facts.points if one.event == "conversion" or one.name in reports)


def _conversions(facts: PolicyFacts, chosen: str) -> Conversions:
    """Return the conversions that were asked for; what is not known falls back to all of them."""
    names = [one.name for one in _points(facts)]
    wanted = [chosen] if chosen in names else names
    reports = {link.reports for link in facts.links}
    return Conversions(tuple(one for one in wanted if one not in reports), tuple(one for one in wanted if one in reports))
