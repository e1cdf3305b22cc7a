"""Mailings in the console: the lists, what was sent, and what came back from those who agreed to be measured."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.gate.roles import Act, Member
from avow.web.console.door import Door, place
from avow.web.console.needs import Shows, needs


class MailingsPages:
    """The pages under /console/mailings."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._mailings = door.house.mailings

    def routes(self) -> list[Route]:
        """Return the list and one mailing's report."""
        return [
            self._door.page("/console/mailings", self._list, needs(Act.MEASURE, Act.PUBLISH, shows=Shows.FIGURES)),
            self._door.page("/console/mailings/{mailing_id}", self._report, needs(Act.MEASURE, Act.PUBLISH, shows=Shows.FIGURES)),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        away = self._away(member)
        lists, found = self._mailings.lists(away), self._mailings.lines(place(request), away)
        return self._door.show(request, "mailings.html", member, lists=lists, found=found)

    def _report(self, request: Request, member: Member) -> Response:
        roles, policy = self._door.house.roles, self._door.house.policy.rulebook
        report = self._mailings.report(request.path_params["mailing_id"], set(policy.points) - roles.measures(member))
        if report is None:
            raise HTTPException(404)
        return self._door.show(request, "mailing.html", member, report=report, line=report.line)

    def _away(self, member: Member) -> frozenset[str]:
        """Return the lists that a member has nothing to do with: who sends mailings has to do with all of them."""
        roles, points = self._door.house.roles, frozenset(self._door.house.policy.rulebook.points)
        return frozenset() if roles.looks(member, [Act.PUBLISH]) is None else points - roles.measures(member)
