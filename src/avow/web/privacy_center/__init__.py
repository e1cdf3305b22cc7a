"""The privacy centre: asking to know or to delete, following a request, choices, versions of the policy. No script needed.

One class per subject; each handler parses, calls one function, renders.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.web.privacy_center.agents import AgentPages
from avow.web.privacy_center.appeals import AppealPages
from avow.web.privacy_center.choices import ChoicePages
from avow.web.privacy_center.correcting import CorrectingPages
from avow.web.privacy_center.following import FollowingPages
from avow.web.privacy_center.incentives import IncentivePages
from avow.web.privacy_center.instructions import InstructionPages
from avow.web.privacy_center.metrics import MetricsPages
from avow.web.privacy_center.requests import RequestPages
from avow.web.privacy_center.versions import VersionPages
from avow.web.rendering import View


class PrivacyCenter:
    """The pages under /privacy and /privacy-policy/."""

    def __init__(self, view: View) -> None:
        self._view = view

    def routes(self) -> list[Route]:
        """Return all routes of the privacy centre."""
        has_site = self._view.house.website.pages is not None
        requests, choices = RequestPages(self._view), ChoicePages(self._view)
        return [
            # A company's own site shows its policy on a page of its own.
            *([] if has_site else [Route("/privacy-policy", self._policy)]),
            *VersionPages(self._view).routes(),
            *MetricsPages(self._view).routes(),
            Route("/privacy", self._home),
            *requests.routes(),
            *CorrectingPages(self._view, requests).routes(),
            *AppealPages(self._view, requests).routes(),
            *FollowingPages(self._view).routes(),
            *choices.routes(),
            *IncentivePages(self._view, choices).routes(),
            *AgentPages(self._view).routes(),
            *InstructionPages(self._view).routes(),
        ]

    def _policy(self, request: Request) -> Response:
        page = self._view.house.policy.page(request.query_params.get("jurisdiction", ""))
        return self._view.page(request, "privacy_center/policy.html", policy=page)

    def _home(self, request: Request) -> Response:
        declared = self._view.house.agents.taking.rulebook.agents
        asks = declared is not None and "web" in declared.methods
        return self._view.page(request, "privacy_center/home.html", agents_ask=asks)
