"""A web worker: collector, pages and the door in front of them; built after the fork, in the worker's own process.

Each version of the policy has a door of its own, with everything behind it built from that version alone. A request goes
through the door of the version in force at its moment; one that is being answered ends behind the door it came through.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import multiprocessing
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import uvloop
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from avow import access, jobs
from avow.collection import paths
from avow.collection.accept import Collector
from avow.collection.attachments import Attachments
from avow.collection.browser_kept import BrowserKept
from avow.collection.browser_reports import BrowserReports
from avow.collection.event_leases import EventLeases
from avow.collection.feeds import FeedKey, Feeds
from avow.collection.forms import Forms
from avow.collection.intake import Intake
from avow.collection.mail_events import MailEvents
from avow.collection.outbound import Outbound
from avow.collection.postbacks import Postbacks
from avow.collection.recorder import Recorder, RecordingCollector
from avow.collection.refusals import RefusalRow, Refusals
from avow.collection.sender_counts import SharedCounts
from avow.collection.senders import Senders
from avow.collection.spam import FormGuard
from avow.collection.spool import Spool
from avow.collection.virus_scan import Clamd
from avow.collection.visits import LOOK_SECONDS, VisitCounter, plain_address, utc_today
from avow.config import load
from avow.definitions import AvowError, Refusal, moment, now_ms
from avow.main import accounts, pages, standing, vital_parts
from avow.main.browsers import PolicyBrowsers
from avow.main.cases import StoredCases
from avow.main.conversions import LinkAddresses, StoredClicks
from avow.main.desk import Desk
from avow.main.drift import ReportCounts
from avow.main.feeds import AuthorisationsOnFile, feed_keys
from avow.main.inbox import InboxPages
from avow.main.installation import Installation, open_store
from avow.main.last_contact import LastContact
from avow.main.mailings import MailingPages, StoredLinks
from avow.main.notices import PolicyToday, Sources, StaffNotices
from avow.main.outbox import StoredOutbox, message_line
from avow.main.promises import PromisePages
from avow.main.readiness import Watch
from avow.main.recordings import RecordingPages
from avow.main.refused import RefusalCounts
from avow.main.set_aside import Shelf
from avow.main.subscriptions import StoredSubscriptions
from avow.main.third_parties import PartyLoads
from avow.main.version_pages import VersionPages
from avow.main.versions import Versions
from avow.main.website import IntegrityWatch, index_path, sitemap_of
from avow.policy import Rulebook, browser_policy
from avow.rights.response import Voice
from avow.store.store import Store
from avow.web import openapi
from avow.web.assets import Assets
from avow.web.browser_reports import ReportEndpoint
from avow.web.collect import Collect
from avow.web.door import FEEDS_PATH, FORMS_PATH, Door
from avow.web.exchange import Exchange
from avow.web.feed_endpoint import FeedEndpoint
from avow.web.form_endpoint import FormEndpoint
from avow.web.http1 import Connections, Way
from avow.web.integrity import IntegrityEndpoint
from avow.web.mail import MailEndpoint
from avow.web.outbound import OutboundEndpoint
from avow.web.pages import app
from avow.web.postback_endpoint import PostbackEndpoint
from avow.web.preferences import Preferences
from avow.web.readiness import ReadinessEndpoint
from avow.web.recordings import RecordingEndpoint, VisitorRecordings
from avow.web.rendering import View
from avow.web.senders import CountedSenders
from avow.web.services import NoSearch, Services
from avow.web.site import CompanySite, pages_with_forms
from avow.website.search import SearchIndex

log = logging.getLogger(__name__)

#: Requests that are under way when a worker is stopped have so long to end, seconds.
STOP_SECONDS: Final = 15.0
#: Free memory that a worker keeps instead of giving it back to the system, bytes.
KEPT_BYTES: Final = 16 * 1024 * 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
#: How often counts of refusals and reports go to the store, seconds.
FLUSH_SECONDS: Final = 1.0
#: How often a worker looks for a version that was published, seconds. An announced one it takes at its midnight by itself.
VERSIONS_SECONDS: Final = 1.0


class DoorInForce:
    """Where a worker's requests go: the door of the version in force, built when it is first needed."""

    def __init__(self, versions: Versions, build_door: Callable[[Rulebook], Door]) -> None:
        self._versions = versions
        self._build = build_door
        self._doors: dict[str, Door] = {}

    def way(self, exchange: Exchange) -> Way:
        """Return who answers one HTTP request."""
        return self._door(self._versions.in_force()).way(exchange)

    def sender(self, exchange: Exchange) -> str:
        """Return whom a request's body is counted for."""
        return self._door(self._versions.in_force()).sender(exchange)

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


def run(configuration_path: Path, listener: socket.socket) -> None:
    """Serve HTTP on a listening socket until SIGTERM or SIGINT, or until the server that started this process is gone."""
    _keep_memory()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(configuration_path, listener))
    except AvowError as error:
        log.error("the web worker cannot go on: %s", error)  # noqa: TRY400 - the operator needs the reason, not our lines
        raise SystemExit(1) from None


def _keep_memory() -> None:
    """Have the C library keep what a group of some megabytes took, for the next one (mallopt(3)).

    Giving it back and asking for it again costs a quarter of the time that a chunk of a recording takes, or more.
    """
    with contextlib.suppress(AttributeError):  # another C library than glibc, which decides by itself
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, KEPT_BYTES)


async def _serve(configuration_path: Path, listener: socket.socket) -> None:
    """Take connections until told to stop; then answer what is under way."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the usual 1,024 are fewer than the connections taken
    shared = _shared(Installation(load(configuration_path)))
    door = DoorInForce(shared.versions, partial(_door, shared))
    door.prepare()
    timetable = [
        jobs.Job("counts", FLUSH_SECONDS, partial(_flush, shared)),
        jobs.Job("versions", VERSIONS_SECONDS, door.prepare, shared.store.control.changes),
        jobs.Job("salt", LOOK_SECONDS, lambda: shared.visits.forget(utc_today())),
    ]
    jobs.start(timetable, threading.Event())
    connections = Connections(door, loop)
    server = await connections.listen(listener)
    await stop.wait()
    server.close()
    await connections.stop(STOP_SECONDS)
    shared.spool.close()
    _flush(shared)


def _shared(installation: Installation) -> _Shared:
    """Return what this worker process has once."""
    configuration = installation.configuration
    store = open_store(configuration)
    _stop_without_server()
    spool = Spool(installation.spool, store.vault, configuration.storage.spool_mebibytes * 1024 * 1024)
    versions = Versions(store.control, configuration.timezone, now_ms)
    shelf, watch = Shelf(store, now_ms), Watch(vital_parts.parts(installation, store, spool, now_ms))
    counts = SharedCounts(installation.run)
    return _Shared(
        installation,
        store,
        versions,
        spool,
        VisitCounter(installation.run),
        Refusals(),
        BrowserReports(),
        PartyLoads(),
        _sign_ins(installation, store),
        accounts.FailedSignIns(store.control, now_ms),
        Assets(),
        counts,
        FormGuard(store.vault.hmac, counts),
        EventLeases(counts, configuration.intake.events_per_minute),
        feed_keys(configuration.feeds),
        SearchIndex(index_path(installation)),
        shelf,
        watch,
        StaffNotices(Sources(watch, shelf, store.control, versions, PolicyToday()), now_ms),
    )


def _sign_ins(installation: Installation, store: Store) -> accounts.SignIns:
    """Return what lets staff in: tries are counted by the server process, for all workers."""
    return accounts.SignIns(
        accounts.StoredAccounts(store.control),
        access.Guard(SharedCounts(installation.run), store.vault.hmac),
        access.Passwords(),
        access.Failures(),
        frozenset(map(plain_address, installation.configuration.listen.trusted_proxies)),
        now_ms,
    )


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
    loads: PartyLoads
    signs: accounts.SignIns
    failed: accounts.FailedSignIns
    assets: Assets
    counts: SharedCounts
    guard: FormGuard
    leases: EventLeases
    feed_keys: Mapping[str, FeedKey]
    search: SearchIndex
    shelf: Shelf
    watch: Watch
    notices: StaffNotices


def _door(shared: _Shared, rulebook: Rulebook) -> Door:
    """Return the door of one version of the policy."""
    installation, configuration = shared.installation, shared.installation.configuration
    website = configuration.website
    own_hosts = paths.own_hosts(website.name, website.origin)
    collector = Collector(rulebook, website.name, shared.spool, shared.visits, shared.refusals)
    senders = Senders(collector, shared.leases, configuration.listen.trusted_proxies, installation.demonstration_token())
    intake = Intake(collector, senders, own_hosts)
    collect = Collect(intake, now_ms, is_secure=configuration.website.origin.startswith("https://"))
    recorder = Recorder(rulebook, pages_with_forms(configuration.website.pages))
    services = _services(shared, rulebook, recorder, senders)
    preferences = Preferences(
        BrowserKept(rulebook),
        lambda: moment(now_ms()).date(),
        partial(_count_refused, shared),
        is_secure=configuration.website.origin.startswith("https://"),
    )
    site = CompanySite(services, shared.assets, lambda point: shared.guard.token(point, now_ms()), preferences.of)
    subscriptions = _subscriptions(shared, rulebook)
    scanner = Clamd(configuration.uploads.clamd) if configuration.uploads.clamd else None
    attachments = Attachments(shared.store, scanner)
    forms = Forms(collector, attachments, subscriptions)
    endpoint = FormEndpoint(senders, forms, shared.guard, now_ms, View(services, shared.assets).page)
    on_file, keyed = AuthorisationsOnFile(shared.store), shared.store.vault.hmac
    feeds = Feeds(collector, attachments, shared.feed_keys, on_file, keyed, installation.moments)
    reports = ReportEndpoint(
        shared.reports,
        frozenset(browser_policy.declared_origins(rulebook)),
        configuration.website.name,
        configuration.timezone,
        now_ms,
    )
    taken = RecordingCollector(recorder, rulebook, configuration.website.name, shared.refusals, shared.spool)
    recordings = RecordingEndpoint(taken, senders, now_ms)
    routes = [
        *_routes(installation, endpoint, FeedEndpoint(feeds, now_ms), site),
        *ReadinessEndpoint(shared.watch, configuration.listen.metrics_from, configuration.listen.trusted_proxies).routes(),
        *VisitorRecordings(services, shared.assets).routes(),
        *_conversion_routes(shared, collector, senders),
        *_mail(shared, services, senders, MailEvents(collector), subscriptions),
        Route("/avow/integrity", IntegrityEndpoint(services.integrity, shared.assets).answer),
        Route("/avow/preferences", preferences.answer, methods=["GET", "POST"]),
        Route("/avow/openapi.json", partial(openapi.answer, openapi.openapi(rulebook, configuration.website.origin))),
    ]
    pages_of_all = preferences.erasing(app(services, site, shared.assets, routes))
    return Door(collect, reports, recordings, pages_of_all, {FORMS_PATH: forms.files_bytes, FEEDS_PATH: feeds.files_bytes})


def _services(shared: _Shared, rulebook: Rulebook, recorder: Recorder, senders: Senders) -> Services:
    """Return what the pages need."""
    installation, store, versions = shared.installation, shared.store, shared.versions
    configuration = installation.configuration
    voice = Voice(configuration.website.origin.rstrip("/"), store.vault.hmac, rulebook)
    line, last_contact = partial(message_line, store), LastContact(store, versions.rulebook)
    desk = Desk(StoredCases(store), voice, versions, configuration.timezone, line, last_contact, now_ms)
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
        browsers=PolicyBrowsers(
            rulebook,
            pages.website_of(rulebook, configuration.website.name, configuration.website.origin),
            shared.loads,
            now_ms,
        ),
        recordings=RecordingPages(store, rulebook, versions, recorder, choices, configuration.timezone, now_ms),
        staff=accounts.StaffDoor(shared.signs),
        register=accounts.StaffRegister(store.control, configuration.website.origin, now_ms),
        inbox=InboxPages(store, rulebook, versions, configuration.timezone, now_ms),
        outbox=StoredOutbox(store, desk.correct_address, now_ms),
        mailings=MailingPages(store, rulebook),
        evidence=pages.EvidencePages(store, installation.public_log, installation.private_log, installation.log_origin),
        events=store.events,
        outbound=LinkAddresses(rulebook, store.vault.hmac),
        search=shared.search if sitemap_of(configuration) else NoSearch(),
        integrity=IntegrityWatch(store, configuration, shared.assets, now_ms),
        aside=shared.shelf,
        readiness=shared.watch,
        notices=shared.notices,
        senders=CountedSenders(senders, shared.counts, shared.guard, now_ms),
    )


def _subscriptions(shared: _Shared, rulebook: Rulebook) -> StoredSubscriptions:
    """Return the subscriptions by e-mail, as a version of the policy takes them."""
    configuration = shared.installation.configuration
    facts = (shared.versions, shared.spool, configuration.website.origin.rstrip("/"), configuration.timezone)
    return StoredSubscriptions(shared.store, rulebook, *facts, now_ms)


def _mail(
    shared: _Shared, services: Services, senders: Senders, events: MailEvents, subscriptions: StoredSubscriptions
) -> list[Route]:
    """Return the addresses that stand in e-mails."""
    view = View(services, shared.assets)
    return MailEndpoint(view, senders, events, subscriptions, StoredLinks(shared.store), now_ms).routes()


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


def _conversion_routes(shared: _Shared, collector: Collector, senders: Senders) -> list[BaseRoute]:
    """Return the routes of links that are counted, and of what other companies report of them."""
    counted = {link.name: link for link in collector.rulebook.external_links.values() if link.clicks}
    keyed = shared.store.vault.hmac
    outbound = OutboundEndpoint(senders, Outbound(collector, keyed), counted, now_ms)
    clicks = StoredClicks(shared.store, shared.versions, collector.site)
    postbacks = PostbackEndpoint(Postbacks(collector, shared.feed_keys, clicks, keyed), now_ms)
    return [
        Route("/out/{name}", outbound.follow),
        Route("/avow/postbacks/{point}", postbacks.take, methods=["GET", "POST"]),
    ]


def _stop_without_server() -> None:
    """End this worker when the server that started it is gone, so that no orphan keeps the port.

    What was acknowledged is on the disk: nothing has to be finished.
    """
    parent = multiprocessing.parent_process()

    def check() -> bool:
        if parent is not None and not parent.is_alive():
            os._exit(1)
        return False

    jobs.start([jobs.Job("server-watch", 1.0, check)], threading.Event())


def _flush(shared: _Shared) -> bool:
    """Hand the counts of refusals, browsers' reports, other companies' scripts and failed sign-ins to the store."""
    shared.signs.failures.flush(shared.failed.keep)
    shared.refusals.flush(RefusalCounts(shared.store))
    shared.reports.flush(ReportCounts(shared.store))
    shared.loads.flush(shared.store, shared.versions.rulebook)
    return False
