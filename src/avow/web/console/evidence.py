"""Evidence: what was refused, which choices hold, what the policy says, and whether it is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.gate.roles import WORKING, Act, Member
from avow.store import paging
from avow.store.paging import LINES
from avow.web.console.door import Door, place
from avow.web.console.needs import Shows, needs
from avow.web.evidence import promises
from avow.web.privacy_center import metrics

#: How far back the counted refusals and reads are shown.
EVIDENCE_DAYS = 30
#: How far back reports of browsers are shown: as long as they are kept, so that "first seen" is true.
REPORT_DAYS = 366
#: Pages that are named beside a party; the others are counted.
PAGES_SHOWN = 8


class EvidencePages:
    """Refusals, browser reports, choices, the policy, and the evidence next to its promises."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house

    def routes(self) -> list[Route]:
        """Return the pages."""
        return [
            self._door.page("/console/refusals", self._refusals, needs(Act.ADMINISTER, Act.PUBLISH, requests=WORKING)),
            self._door.page("/console/browser-reports", self._browser_reports, needs(Act.ADMINISTER, Act.PUBLISH)),
            self._door.page("/console/choices", self._choices, needs(Act.MEASURE, requests=WORKING, shows=Shows.FIGURES)),
            self._door.page("/console/policy", self._policy, needs()),
            self._door.page("/console/policy/printouts/{name}", self._printout, needs()),
            self._door.page("/console/evidence", self._evidence, needs()),
            self._door.page("/console/evidence/requests", self._metrics, needs(Act.ADMINISTER, Act.PUBLISH, requests=WORKING)),
        ]

    def _metrics(self, request: Request, member: Member) -> Response:
        is_public = self._house.policy.rulebook.publishes_metrics
        return self._door.show(request, "metrics.html", member, is_public=is_public, **metrics.facts(self._house.metrics.years()))

    def _refusals(self, request: Request, member: Member) -> Response:
        evidence, since = self._house.evidence, self._door.view.today() - timedelta(days=EVIDENCE_DAYS)
        return self._door.show(
            request,
            "refusals.html",
            member,
            found=paging.cut(evidence.refusals(since, self._door.site(request)), place(request), LINES),
            reads=evidence.purpose_reads(since),
            days=EVIDENCE_DAYS,
        )

    def _browser_reports(self, request: Request, member: Member) -> Response:
        since = self._door.view.today() - timedelta(days=REPORT_DAYS)
        reports = self._house.evidence.browser_reports(since, self._door.site(request))
        undeclared = [one for one in reports if one.is_undeclared_party]
        return self._door.show(
            request,
            "browser_reports.html",
            member,
            found=paging.cut(undeclared, place(request), LINES),
            declared=[one for one in reports if one.is_declared],
            own=[one for one in reports if one.is_own],
            snippet=self._house.policy.printout("csp", "nginx"),
            shown=PAGES_SHOWN,
        )

    def _choices(self, request: Request, member: Member) -> Response:
        labels = {purpose.name: purpose.label for purpose in self._door.facts(request).purposes}
        return self._door.show(request, "choices.html", member, counts=self._house.choices.counts(), labels=labels)

    def _policy(self, request: Request, member: Member) -> Response:
        policy, versions = self._house.policy, self._house.versions.history()
        roles = self._house.roles
        theirs = roles.measures(member) | (set(policy.rulebook.points) - roles.out_of_reach(member, Act.READ))
        points = [one if one.name in theirs else replace(one, records=None, oldest=None) for one in policy.evidence()]
        return self._door.show(
            request,
            "policy.html",
            member,
            points=points,
            printouts=policy.printouts(),
            versions=versions,
            publishes=self._house.roles.looks(member, {Act.PUBLISH}) is None,
            done=request.query_params.get("done", ""),
        )

    def _printout(self, request: Request, member: Member) -> Response:
        """Show a printout of the policy to read or print, or hand it out as a file for machines."""
        printed = self._house.policy.printout(request.path_params["name"], request.query_params.get("format"))
        if printed is None:
            raise HTTPException(404)
        if printed.html is not None:
            return self._door.show(request, "printout.html", member, printed=printed)
        headers = {"Content-Disposition": f'attachment; filename="{printed.filename}"'}
        return Response(printed.text, media_type=printed.media_type, headers=headers)

    def _evidence(self, request: Request, member: Member) -> Response:
        is_public = self._house.promises.is_public
        return self._door.show(request, "evidence.html", member, is_public=is_public, **promises(self._door.view))
