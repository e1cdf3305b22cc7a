"""A web worker: collector, pages and the door in front of them; built after the fork, in the worker's own process."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from avow import access, jobs
from avow.collection.accept import Collector
from avow.collection.refusals import Refusals
from avow.collection.spool import Spool
from avow.collection.visits import VisitCounter
from avow.config import load
from avow.definitions import now_ms
from avow.main import pages
from avow.main.cases import StoredCases
from avow.main.desk import Desk
from avow.main.installation import Installation, open_rulebook, open_store
from avow.main.mailbox import Mailbox
from avow.policy import Rulebook
from avow.rights.response import Voice
from avow.store.store import Store
from avow.web.assets import Assets
from avow.web.collect import Collect
from avow.web.pages import app
from avow.web.rsgi import Door
from avow.web.services import Services
from avow.web.site import CompanySite

#: The environment variable by which the server tells its workers where the configuration is.
CONFIGURATION: Final = "AVOW_CONFIGURATION"
#: How often counts of refusals go to the store, seconds.
FLUSH_SECONDS: Final = 1.0


def build() -> Door:
    """Return the application of this worker process. Granian calls it once in each."""
    installation = Installation(load(Path(os.environ[CONFIGURATION])))
    configuration = installation.configuration
    rulebook = open_rulebook(configuration, datetime.now(UTC).date())
    store = open_store(configuration)
    _stop_without_server()
    refusals = Refusals()
    limit = configuration.storage.spool_mebibytes * 1024 * 1024
    spool = Spool(installation.spool, store.vault, limit)
    collector = Collector(rulebook, configuration.website.name, spool, VisitCounter(installation.run), refusals)
    collect = Collect(
        collector,
        now_ms,
        frozenset(configuration.listen.trusted_proxies),
        installation.demonstration_token(),
        is_secure=configuration.website.origin.startswith("https://"),
    )
    jobs.start([jobs.Job("refusals", FLUSH_SECONDS, lambda: _flush(refusals, pages.RefusalCounts(store)))], threading.Event())
    services = _services(installation, rulebook, store)
    assets = Assets()
    site = CompanySite(services, assets)
    return Door(collect, app(services, site, assets, _routes(installation, collect, site)))


def _services(installation: Installation, rulebook: Rulebook, store: Store) -> Services:
    """Return what the pages need."""
    configuration = installation.configuration
    voice = Voice(configuration.website.origin.rstrip("/"), store.vault.hmac, rulebook)
    return Services(
        website=configuration.website,
        timezone=configuration.timezone,
        now_ms=now_ms,
        policy=pages.PolicyPages(rulebook, store, now_ms),
        rights=Desk(StoredCases(store), voice, configuration.timezone, now_ms),
        choices=pages.ChoicesKept(store, rulebook, now_ms),
        staff=pages.StaffDoor(pages.StoredAccounts(store), access.Tries(), now_ms),
        inbox=pages.InboxPages(store, rulebook, configuration.timezone, now_ms),
        outbox=Mailbox(store, rulebook),
        evidence=pages.EvidencePages(store, installation.public_log, installation.private_log, installation.log_origin),
        events=store.events,
    )


def _routes(installation: Installation, collect: Collect, site: CompanySite) -> list[BaseRoute]:
    """Return the routes that are no pages: forms, the published log, health."""

    async def take_form(request: Request) -> Response:
        return await collect.form(request, site)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})

    return [
        Route("/avow/forms/{point}", take_form, methods=["POST"]),
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


def _flush(refusals: Refusals, store: pages.RefusalCounts) -> bool:
    """Hand the counts of refusals to the store."""
    refusals.flush(store)
    return False
