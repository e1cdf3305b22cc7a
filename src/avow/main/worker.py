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
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import uvloop

from avow import access, assurance, jobs, messaging, publication, retention, rights, website
from avow.analytics.recordings import WatchedRecordings
from avow.assurance.vital_parts import Neighbours
from avow.collection import building as collection
from avow.collection import counted
from avow.collection.outbound import LinkAddresses
from avow.collection.parties import Browsers
from avow.collection.recorder import RecordingChoices
from avow.collection.recordings import as_read
from avow.collection.refusals import EVENTS_RULE, GUARD_RULE, LINES_RULE
from avow.collection.sender_counts import SharedCounts
from avow.collection.sender_memory import counted_for
from avow.collection.visits import LOOK_SECONDS, plain_address, utc_today
from avow.config import load
from avow.definitions import AvowError, now_ms
from avow.gate.choices import Choices
from avow.gate.disclosures import PartyLoads
from avow.gate.versions import Versions
from avow.main.installation import Installation, of_requests, open_store
from avow.policy import Rulebook
from avow.rights import figures
from avow.rights.desk import Desk
from avow.spool.spool import Spool
from avow.web.assets import Assets
from avow.web.door import Door
from avow.web.exchange import Exchange
from avow.web.front import Front
from avow.web.house import House
from avow.web.http1 import Connections, Way
from avow.web.senders import CountedSenders
from avow.web.site import pages_with_forms

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
    door = DoorInForce(shared.intake.versions, partial(_door, shared))
    door.prepare()
    timetable = [
        jobs.Job("counts", FLUSH_SECONDS, partial(_flush, shared)),
        jobs.Job("versions", VERSIONS_SECONDS, door.prepare, shared.intake.store.control.changes),
        jobs.Job("salt", LOOK_SECONDS, lambda: shared.intake.visits.forget(utc_today())),
    ]
    jobs.start(timetable, threading.Event())
    connections = Connections(door, loop)
    server = await connections.listen(listener)
    await stop.wait()
    server.close()
    await connections.stop(STOP_SECONDS)
    shared.intake.spool.close()
    _flush(shared)


def _shared(installation: Installation) -> _Shared:
    """Return what this worker process has once."""
    configuration = installation.configuration
    store = open_store(configuration)
    _stop_without_server()
    spool = Spool(configuration.spool, store.vault, configuration.storage.spool_mebibytes * 1024 * 1024)
    versions, assets = Versions(store.control, configuration.timezone, now_ms), Assets()
    neighbours = Neighbours(
        partial(retention.waiting, store.control),
        partial(figures.missed, store, versions),
        {EVENTS_RULE: "events_per_minute", GUARD_RULE: "form_guard"},
        LINES_RULE,
    )
    trusted = frozenset(map(plain_address, configuration.listen.trusted_proxies))
    address_of, counts = partial(counted_for, trusted=trusted), SharedCounts(installation.run)  # of tries, for all workers
    return _Shared(
        installation,
        collection.shared(configuration, store, versions, spool),
        PartyLoads(),
        access.build(store, configuration.website.origin, counts, address_of, now_ms),
        assets,
        website.build(store, configuration, assets.tag, partial(counted.add_seen, store), now_ms),
        assurance.build(configuration, store, spool, versions, neighbours, now_ms),
    )


@dataclass(frozen=True, slots=True)
class _Shared:
    """What a worker has once, whatever version is in force."""

    installation: Installation
    intake: collection.Shared
    loads: PartyLoads
    access: access.Access
    assets: Assets
    website: website.Website
    assurance: assurance.Assurance


def _door(shared: _Shared, rulebook: Rulebook) -> Door:
    """Return the door of one version of the policy."""
    intake, configuration = shared.intake, shared.installation.configuration
    store, versions = intake.store, intake.versions
    desk = rights.build(store, rulebook, versions, configuration, now_ms)
    mail = messaging.build(store, rulebook, versions, intake.spool, configuration, desk.correct_address, of_requests(), now_ms)
    token, with_forms = shared.installation.demonstration_token(), pages_with_forms(configuration.website.pages)
    taking = collection.build(intake, rulebook, mail.subscriptions, with_forms, token)
    house = _house(shared, taking, desk, mail)
    return Front(intake, taking, house, mail.subscriptions, shared.assets, now_ms).door()


def _house(shared: _Shared, taking: collection.Taking, desk: Desk, mail: messaging.Messaging) -> House:
    """Return what the pages need."""
    store, versions, rulebook = shared.intake.store, shared.intake.versions, taking.collector.rulebook
    configuration = shared.installation.configuration
    shown = publication.build(store, rulebook, versions, configuration, now_ms)
    asked, sweeps = partial(figures.asked, store, versions), partial(retention.sweeps, store.control)
    proofs = assurance.proofs(configuration, store, rulebook, versions, asked, sweeps)
    choices = Choices(store, rulebook, now_ms, desk.person_of)
    return House(
        website=configuration.website,
        timezone=configuration.timezone,
        now_ms=now_ms,
        policy=shown.policy,
        versions=shown.history,
        promises=proofs.promises,
        rights=desk,
        choices=choices,
        browsers=Browsers(rulebook, shown.website, shared.loads, now_ms),
        recorded=RecordingChoices(store, rulebook, taking.recorder, choices, now_ms),
        recordings=WatchedRecordings(store, versions, as_read, now_ms),
        staff=shared.access.staff,
        register=shared.access.register,
        inbox=mail.inbox,
        outbox=mail.outbox,
        mailings=mail.reports,
        evidence=proofs.evidence,
        events=store.events,
        outbound=LinkAddresses(rulebook, store.vault.hmac),
        search=shared.website.search,
        integrity=shared.website.integrity,
        aside=shared.assurance.shelf,
        readiness=shared.assurance.watch,
        notices=shared.assurance.notices,
        senders=CountedSenders(taking.senders, shared.intake.counts, shared.intake.guard, now_ms),
    )


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
    shared.access.flush()
    shared.intake.flush()
    shared.loads.flush(shared.intake.store, shared.intake.versions.rulebook)
    return False
