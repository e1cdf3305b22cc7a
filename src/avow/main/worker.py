"""A web worker: collector, pages and the door in front of them; built after the fork, in the worker's own process.

Each version of the policy has a door of its own, with everything behind it built from that version alone. A request goes
through the door of the version in force at its moment; one that is being answered ends behind the door it came through.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian.rsgi import Scope
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from avow import access, jobs
from avow.collection.accept import Collector
from avow.collection.browser_kept import BrowserKept
from avow.collection.browser_reports import BrowserReports
from avow.collection.feeds import FeedKey, Feeds
from avow.collection.forms import Forms
from avow.collection.recorder import Recorder, RecordingCollector
from avow.collection.refusals import RefusalRow, Refusals
from avow.collection.spam import FormGuard
from avow.collection.spool import Spool
from avow.collection.virus_scan import Clamd
from avow.collection.visits import VisitCounter
from avow.config import load
from avow.definitions import Refusal, moment, now_ms
from avow.main import pages, standing
from avow.main.browsers import PolicyBrowsers
from avow.main.cases import StoredCases
from avow.main.desk import Desk
from avow.main.drift import ReportCounts
from avow.main.feeds import AuthorisationsOnFile, feed_keys
from avow.main.inbox import InboxPages
from avow.main.installation import Installation, open_store
from avow.main.mailbox import Mailbox
from avow.main.promises import PromisePages
from avow.main.recordings import RecordingPages
from avow.main.version_pages import VersionPages
from avow.main.versions import Versions
from avow.main.website import IntegrityWatch, index_path, sitemap_of
from avow.policy import Rulebook, browser_policy
from avow.rights.response import Voice
from avow.store.store import Store
from avow.web.assets import Assets
from avow.web.browser_reports import ReportEndpoint
from avow.web.collect import Collect
from avow.web.feed_endpoint import FeedEndpoint
from avow.web.form_endpoint import FormEndpoint
from avow.web.integrity import IntegrityEndpoint
from avow.web.pages import app
from avow.web.preferences import Preferences
from avow.web.recordings import RecordingEndpoint, VisitorRecordings
from avow.web.rendering import View
from avow.web.rsgi import Door
from avow.web.services import NoSearch, Services
from avow.web.site import CompanySite, pages_with_forms
from avow.website.search import SearchIndex

#: The environment variable by which the server tells its workers where the configuration is.
CONFIGURATION: Final = "AVOW_CONFIGURATION"
#: How often counts of refusals and reports go to the store, seconds.
FLUSH_SECONDS: Final = 1.0
#: How often a worker looks for a version that was published, seconds. An announced one it takes at its midnight by itself.
VERSIONS_SECONDS: Final = 1.0


class DoorInForce:
    """The RSGI application of a worker: the door of the version in force, built when it is first needed."""

    def __init__(self, versions: Versions, build_door: Callable[[Rulebook], Door]) -> None:
        self._versions = versions
        self._build = build_door
        self._doors: dict[str, Door] = {}

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer one HTTP request."""
        await self._door(self._versions.in_force()).__rsgi__(scope, proto)

    def prepare(self) -> bool:
        """See what was published since, and build the announced version's door ahead of its midnight; returns False."""
        self._versions.refresh()
        wanted = (self._versions.in_force(), self._versions.following())
        for rulebook in wanted:
            if rulebook is not None:
                self._door(rulebook)
        kept = {rulebook.id for rulebook in wanted if rulebook is not None}
        self._doors = {rulebook_id: door for rulebook_id, door in self._doors.items() if rulebook_id in kept}
        return False

    def _door(self, rulebook: Rulebook) -> Door:
        door = self._doors.get(rulebook.id)
        if door is None:
            door = self._doors[rulebook.id] = self._build(rulebook)
        return door


def build() -> DoorInForce:
    """Return the application of this worker process. Granian calls it once in each."""
    installation = Installation(load(Path(os.environ[CONFIGURATION])))
    configuration = installation.configuration
    store = open_store(configuration)
    _stop_without_server()
    shared = _Shared(
        installation,
        store,
        Versions(store.control, configuration.timezone, now_ms),
        Spool(installation.spool, store.vault, configuration.storage.spool_mebibytes * 1024 * 1024),
        VisitCounter(installation.run),
        Refusals(),
        BrowserReports(),
        access.Tries(),
        Assets(),
        FormGuard(store.vault.hmac),
        feed_keys(configuration.feeds),
        SearchIndex(index_path(installation)),
    )
    door = DoorInForce(shared.versions, partial(_door, shared))
    door.prepare()
    flush = partial(_flush, shared)
    timetable = [jobs.Job("counts", FLUSH_SECONDS, flush), jobs.Job("versions", VERSIONS_SECONDS, door.prepare)]
    jobs.start(timetable, threading.Event())
    return door


@dataclass(frozen=True, slots=True)
class _Shared:
    """What a worker has once, whatever version is in force."""

    installation: Installation
    store: Store
    versions: Versions
    spool: Spool
    visits: VisitCounter
    refusals: Refusals
    reports: BrowserReports
    tries: access.Tries
    assets: Assets
    guard: FormGuard
    feed_keys: Mapping[str, FeedKey]
    search: SearchIndex


def _door(shared: _Shared, rulebook: Rulebook) -> Door:
    """Return the door of one version of the policy."""
    installation, configuration = shared.installation, shared.installation.configuration
    collector = Collector(rulebook, configuration.website.name, shared.spool, shared.visits, shared.refusals)
    collect = Collect(
        collector,
        now_ms,
        frozenset(configuration.listen.trusted_proxies),
        installation.demonstration_token(),
        is_secure=configuration.website.origin.startswith("https://"),
    )
    recorder = Recorder(rulebook, pages_with_forms(configuration.website.pages))
    services = _services(shared, rulebook, recorder)
    preferences = Preferences(
        BrowserKept(rulebook),
        lambda: moment(now_ms()).date(),
        partial(_count_refused, shared),
        is_secure=configuration.website.origin.startswith("https://"),
    )
    site = CompanySite(services, shared.assets, lambda point: shared.guard.token(point, now_ms()), preferences.of)
    forms = Forms(collector, shared.store, Clamd(configuration.uploads.clamd) if configuration.uploads.clamd else None)
    endpoint = FormEndpoint(collect, forms, shared.guard, now_ms, View(services, shared.assets).page)
    feeds = Feeds(collector, shared.feed_keys, AuthorisationsOnFile(shared.store), shared.store.vault.hmac)
    reports = ReportEndpoint(
        shared.reports,
        frozenset(browser_policy.declared_origins(rulebook)),
        configuration.website.name,
        configuration.timezone,
        now_ms,
    )
    taken = RecordingCollector(recorder, rulebook, configuration.website.name, shared.spool, shared.refusals)
    recordings = RecordingEndpoint(taken, collect.sender, collect.visitor_cookie, now_ms)
    routes = [
        *_routes(installation, endpoint, FeedEndpoint(feeds, now_ms), site),
        *VisitorRecordings(services, shared.assets).routes(),
        Route("/avow/integrity", IntegrityEndpoint(services.integrity, shared.assets).answer),
        Route("/avow/preferences", preferences.answer, methods=["GET", "POST"]),
    ]
    pages_of_all = preferences.erasing(app(services, site, shared.assets, routes))
    return Door(collect, reports, recordings, pages_of_all, forms.files_bytes)


def _services(shared: _Shared, rulebook: Rulebook, recorder: Recorder) -> Services:
    """Return what the pages need."""
    installation, store, versions = shared.installation, shared.store, shared.versions
    configuration = installation.configuration
    voice = Voice(configuration.website.origin.rstrip("/"), store.vault.hmac, rulebook)
    desk = Desk(StoredCases(store), voice, versions, configuration.timezone, now_ms)
    choices = standing.ChoicesKept(store, rulebook, now_ms, desk.person_of)
    return Services(
        website=configuration.website,
        timezone=configuration.timezone,
        now_ms=now_ms,
        policy=pages.PolicyPages(
            rulebook,
            store,
            versions,
            now_ms,
            pages.website_of(rulebook, configuration.website.name, configuration.website.origin),
            configuration.website.origin.startswith("https://"),
        ),
        versions=VersionPages(store.control, versions),
        promises=PromisePages(rulebook, store, versions, installation.public_log, installation.private_log),
        rights=desk,
        choices=choices,
        browsers=PolicyBrowsers(rulebook, pages.website_of(rulebook, configuration.website.name, configuration.website.origin)),
        recordings=RecordingPages(store, rulebook, versions, recorder, choices, configuration.timezone, now_ms),
        staff=pages.StaffDoor(pages.StoredAccounts(store), shared.tries, now_ms),
        inbox=InboxPages(store, rulebook, versions, configuration.timezone, now_ms),
        outbox=Mailbox(store, versions, configuration.mail.recipient),
        evidence=pages.EvidencePages(store, installation.public_log, installation.private_log, installation.log_origin),
        events=store.events,
        search=shared.search if sitemap_of(configuration) else NoSearch(),
        integrity=IntegrityWatch(store, configuration, shared.assets, now_ms),
    )


def _count_refused(shared: _Shared, point: str, field: str, refusal: Refusal) -> None:
    """Count for the console what was refused of a browser's preferences."""
    site, today = shared.installation.configuration.website.name, moment(now_ms()).date()
    shared.refusals.add(RefusalRow(today, site, point, field, refusal.reason, refusal.rule))


def _routes(installation: Installation, endpoint: FormEndpoint, feeds: FeedEndpoint, site: CompanySite) -> list[BaseRoute]:
    """Return the routes that are no pages: forms, the published log, health."""

    async def take_form(request: Request) -> Response:
        return await endpoint.take(request, site)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})

    return [
        Route("/avow/forms/{point}", take_form, methods=["POST"]),
        Route("/avow/feeds/{point}", feeds.take, methods=["POST"]),
        Route("/healthz", health),
        Mount("/audit", StaticFiles(directory=installation.public_log)),
    ]


def _stop_without_server() -> None:
    """End this worker when the server that started it is gone, so that no orphan keeps the port.

    What was acknowledged is on the disk: nothing has to be finished.
    """
    parent = os.getppid()

    def check() -> bool:
        if os.getppid() != parent:
            os._exit(1)
        return False

    jobs.start([jobs.Job("server-watch", 1.0, check)], threading.Event())


def _flush(shared: _Shared) -> bool:
    """Hand the counts of refusals and of browsers' reports to the store."""
    shared.refusals.flush(pages.RefusalCounts(shared.store))
    shared.reports.flush(ReportCounts(shared.store))
    return False
