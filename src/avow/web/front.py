"""All doors of one version of the policy: what takes in, and the pages, each at its address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from avow.collection.building import Shared, Taking
from avow.collection.logs.uploaded import UPLOAD_BYTES
from avow.collection.refusals import RefusalRow
from avow.definitions import Refusal, moment
from avow.messaging.reports import Links
from avow.messaging.subscriptions import Subscriptions
from avow.policy import browser_policy
from avow.policy.rulebook.ages import Heard
from avow.web import openapi, young
from avow.web.assets import Assets
from avow.web.browser_reports import ReportEndpoint
from avow.web.collect import Collect
from avow.web.door import FEEDS_PATH, FORMS_PATH, IMPORTS_PATH, Door
from avow.web.feed_endpoint import FeedEndpoint
from avow.web.form_endpoint import FormEndpoint
from avow.web.form_page import OwnForms
from avow.web.house import House
from avow.web.instruction_endpoint import InstructionEndpoint
from avow.web.integrity import IntegrityEndpoint
from avow.web.mail import MailEndpoint
from avow.web.outbound import OutboundEndpoint
from avow.web.pages import app
from avow.web.postback_endpoint import PostbackEndpoint
from avow.web.preferences import Preferences
from avow.web.protocol import ProtocolEndpoint
from avow.web.readiness import ReadinessEndpoint
from avow.web.recordings import RecordingEndpoint, VisitorRecordings
from avow.web.rendering import View
from avow.web.site import CompanySite
from avow.website.hosts import HOST_PATH


@dataclass(frozen=True, slots=True)
class Front:
    """What is behind the doors of one version: the room that takes in, the rooms that pages call, the built files."""

    shared: Shared
    taking: Taking
    house: House
    subscriptions: Subscriptions
    assets: Assets
    now_ms: Callable[[], int]
    uploading: Counter[str] = field(default_factory=Counter)

    def door(self) -> Door:
        """Return the door that all requests go through."""
        configuration, taking, rulebook = self.shared.configuration, self.taking, self.taking.collector.rulebook
        declared = frozenset(browser_policy.declared_origins(rulebook))
        reports = ReportEndpoint(self.shared.reports, declared, self.house.website.name, configuration.timezone, self.now_ms)
        files = {
            FORMS_PATH: taking.forms.files_bytes,
            FEEDS_PATH: taking.feeds.files_bytes,
            IMPORTS_PATH: lambda rest: 0 if rest else UPLOAD_BYTES,
        }
        collect = Collect(taking.intake, self.now_ms, is_secure=self._is_secure)
        recordings = RecordingEndpoint(taking.recordings, taking.senders, self.now_ms)
        return Door(collect, reports, recordings, self.pages(), files, self.uploading)

    @property
    def _is_secure(self) -> bool:
        return self.house.website.is_secure

    def pages(self) -> ASGIApp:
        """Return the pages, forms and feeds as an ASGI application, which is behind the door."""
        configuration, taking, rulebook = self.shared.configuration, self.taking, self.taking.collector.rulebook
        preferences = Preferences(
            taking.browser_kept,
            lambda: moment(self.now_ms()).date(),
            self._count_refused,
            is_secure=self._is_secure,
        )
        site = CompanySite(self.house, self.assets, self._token, preferences.of)
        routes = [
            *self._taking_in(site),
            *self._conversions(),
            *VisitorRecordings(self.house, self.assets).routes(),
            *ReadinessEndpoint(
                self.house.readiness, configuration.listen.metrics_from, configuration.listen.trusted_proxies
            ).routes(),
            Route("/avow/integrity", IntegrityEndpoint(self.house.integrity, self.assets).answer),
            Route("/avow/preferences", preferences.answer, methods=["GET", "POST"]),
            Route("/avow/openapi.json", partial(openapi.answer, openapi.openapi(rulebook, self.house.website.origin))),
            Route("/healthz", _health),
            Route(HOST_PATH, _host),
            Mount("/audit", StaticFiles(directory=configuration.public_log)),
        ]
        return preferences.erasing(app(self.house, site, self.assets, routes))

    def _token(self, point: str) -> str:
        """Return the token of a form that is shown now."""
        return self.shared.guard.token(point, self.now_ms())

    def _taking_in(self, site: CompanySite) -> list[BaseRoute]:
        """Return the addresses of forms, feeds and e-mails."""
        view, taking = View(self.house, self.assets), self.taking
        own = OwnForms(view, self._token)
        endpoint = FormEndpoint(taking.senders, taking.forms, self.shared.guard, self.now_ms, view.page, own.page, self._young)
        feeds = FeedEndpoint(taking.feeds, self.now_ms)
        links = Links(self.shared.store)

        async def take_form(request: Request) -> Response:
            return await endpoint.take(request, site)

        return [
            Route("/avow/forms/{point}", take_form, methods=["POST"]),
            *own.routes(),
            Route("/avow/feeds/{point}", feeds.take, methods=["POST"]),
            *ProtocolEndpoint(self.house.agents.exchange).routes(),
            *InstructionEndpoint(self.house.rights.told.pages).routes(),
            *MailEndpoint(view, taking.senders, taking.mail_events, self.subscriptions, links, self.now_ms).routes(),
        ]

    async def _young(self, request: Request, response: Response, heard: Heard) -> None:
        """Opt a browser out whose form told an age under 16."""
        await young.opt_out(self.house, request, response, heard)

    def _conversions(self) -> list[BaseRoute]:
        """Return the addresses of links that are counted, and of what other companies report of them."""
        links = self.taking.collector.rulebook.external_links.values()
        counted = {link.name: link for link in links if link.clicks}
        outbound = OutboundEndpoint(self.taking.senders, self.taking.outbound, counted, self.now_ms)
        postbacks = PostbackEndpoint(self.taking.postbacks, self.now_ms)
        return [
            Route("/out/{name}", outbound.follow),
            Route("/avow/postbacks/{point}", postbacks.take, methods=["GET", "POST"]),
        ]

    def _count_refused(self, point: str, field: str, refusal: Refusal) -> None:
        """Count for the console what was refused of a browser's preferences."""
        site, today = self.house.website.name, moment(self.now_ms()).date()
        self.shared.refusals.add(RefusalRow(today, site, point, field, refusal.reason, refusal.rule))


async def _host(request: Request) -> Response:
    """Answer with the host that the request came under, by which an operator sees what a proxy makes of it."""
    return PlainTextResponse(request.headers.get("host", "")[:300], headers={"cache-control": "no-store"})


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})
