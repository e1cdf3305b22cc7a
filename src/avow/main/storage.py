"""The storage process: owns the event engine, drains the spool, publishes the audit log, keeps the timetable."""

from __future__ import annotations

import fcntl
import gc
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from avow import messaging, publication, recipients, retention, rights, website
from avow.assurance import signs_of_life
from avow.assurance.log_publication import publish
from avow.assurance.nightly import Nightly
from avow.audit.log import Log
from avow.collection import counted
from avow.collection.arrival import Arrival
from avow.collection.drain import BATCH_RECORDS, Drain
from avow.collection.logs.log_intake import Imports, LogIntake
from avow.collection.logs.uploaded import Importing
from avow.collection.one_by_one import Followed
from avow.collection.recordings.chunks import events_read
from avow.collection.refusals import Refusals
from avow.collection.visits import LOOK_SECONDS, VisitCounter
from avow.collection.waiting import Waiting
from avow.config import load
from avow.definitions import (
    AvowError,
    ConfigurationError,
    StoreUnavailable,
    now_ms,
)
from avow.gate import choices, disclosures
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.jobs import Board, Job, start
from avow.main.installation import Installation, of_requests, open_store
from avow.messaging import subscriptions
from avow.messaging.subscriptions import forget_unconfirmed, settle_ends
from avow.policy import browser_policy
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.page_duties import page_duties
from avow.recipients.carrying import Kinds, Leased
from avow.recipients.connectors.mail import Carrier
from avow.recipients.rounds import Round
from avow.retention import Clock
from avow.rights import downstream
from avow.rights.kept import Cases
from avow.rights.left_over import QUEUE, Erased
from avow.rights.one_form import PAUSE_SECONDS as ONE_FORM_SECONDS
from avow.rights.recorded import Player
from avow.rights.targets import Waiting as SpoolWaiting
from avow.store import identity
from avow.store.embedded import Engine
from avow.store.moving import Moving
from avow.store.store import Store
from avow.store.tallying import Tallying
from avow.web.assets import Assets
from avow.website.watching import Watch

log = logging.getLogger(__name__)

#: The storage process gives way to the web workers when there is too much for all: visitors wait for those, and what is
#: accepted is safe in the spool meanwhile. It weighs a third of a worker that never rests (sched(7)), so it never stands still.
NICENESS: Final = 5
#: How often the process says that it lives and looks whether the server does, seconds.
SIGN_SECONDS: Final = 1.0
#: How long the jobs may take to end: less than the server gives (`server.STOP_SECONDS`).
ENDING_SECONDS: Final = 25.0
LOOK_FOR_WORD_SECONDS: Final = 60.0
#: How often days that are over are looked for of which nothing is made, or whose events changed and rest since, seconds.
TALLIES_SECONDS: Final = 20.0
#: How often the move of the events into a new table is tried again when something was in its way, seconds.
TABLE_SECONDS: Final = 10.0
#: How often the SQLite stores are looked at for damage.
SOUND_SECONDS: Final = 7 * 24 * 3600.0


def _open_in_one_form(store: Store) -> None:
    """Bring what is open and was kept as it was typed into the one form of addresses, and say in the log how much."""
    contacts, waiting = Cases(store).bring_into_one_form(), subscriptions.bring_into_one_form(store)
    if contacts or waiting:
        log.warning("addresses in their one form: %d consumer requests, %d subscriptions", contacts, waiting)


def run(configuration_path: Path) -> None:
    """Run until SIGTERM or SIGINT, or until the server that started this process is gone.

    Ends with status 1 and a line in the log when a store cannot be opened or written; the server starts it again.
    """
    try:
        _run(configuration_path)
    except (AvowError, OSError) as error:  # OSError: the disk is full, or broken
        log.error("the storage process cannot start: %s", error)  # noqa: TRY400 - the operator needs the reason, not our lines
        raise SystemExit(1) from None


def _run(configuration_path: Path) -> None:
    os.nice(NICENESS)
    installation = Installation(load(configuration_path))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with only_storage(installation.run):
        _work(installation, stop)


@contextmanager
def only_storage(run: Path) -> Iterator[None]:
    """Hold the lock of the stores: two engines over one folder lose what they write.

    A server that was killed may be started again before its storage process has noticed. Raises StoreUnavailable meanwhile.
    """
    with (run / "storage.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreUnavailable(f"{run.parent}: the storage process of before still ends; waiting for it") from error
        yield


def _work(installation: Installation, stop: threading.Event) -> None:
    """Open the stores, and do each job in its time until told to stop."""
    identity.settle(installation.stores)  # before the engine makes what is missing
    engine = None if installation.configuration.storage.events else Engine(installation.data / "events", installation.run)
    if engine is not None:
        engine.start()
    store = open_store(installation.configuration)
    try:
        store.events.prepare()
        Tallying(store.tallies, store.aside, installation.configuration.timezone).settle()
        versions = Versions(store.control, installation.configuration.timezone, now_ms)
        board = Board()
        choices.mark_earlier(store)
        disclosures.date_earlier(store, versions.rulebook)
        Cases(store).name_people()  # before the first job looks for the requests of a person
        _open_in_one_form(store)
        clock = Clock(store.control, now_ms, lambda: time.monotonic_ns() // 1_000_000)
        moving = Moving(store.events, store.vault)
        jobs = [
            *timetable(installation, store, versions, clock, stop.is_set, moving),
            *_website(installation, store, versions, stop.is_set),
        ]
        threads = start(jobs, stop, board)
        signs_of_life.tell(installation.run, board.ran(), moving.progress)
        gc.collect()
        gc.freeze()  # what is there from the start stays: the collector need not look at it again for every large batch
        parent = multiprocessing.parent_process()
        while not stop.wait(SIGN_SECONDS):
            signs_of_life.tell(installation.run, board.ran(), moving.progress)
            if parent is not None and not parent.is_alive():  # it was killed; without it we would hold the engine
                log.warning("the server is gone; stopping")
                stop.set()
        until = time.monotonic() + ENDING_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        if any(thread.is_alive() for thread in threads):  # nothing is lost by an end in the middle of a job
            log.warning("a job did not end in %.0f s; it is done again at the next start", ENDING_SECONDS)
            os._exit(1)
    finally:
        store.close()
        if engine is not None:
            engine.stop()


def timetable(
    installation: Installation,
    store: Store,
    versions: Versions,
    clock: Clock,
    is_over: Callable[[], bool] = lambda: False,
    moving: Moving | None = None,
) -> list[Job]:
    """Return every job with its interval in seconds. What they work by is the version in force when they run.

    `clock` says what time it is, and whether that is believed; `is_over` that the process ends; `moving` gives the events of an
    earlier installation their new table.
    """
    configuration, now_ms = installation.configuration, clock.wall_ms
    audit_log = Log(configuration.public_log, configuration.private_log, configuration.log_origin)

    def settle() -> int:
        return settle_ends(store, versions.in_force(), now_ms(), configuration.timezone)

    sweeping = retention.build(store, clock, settle, configuration.timezone)
    announcing = publication.announcing(store, versions, configuration)
    carrying = messaging.carrying(store, versions, configuration, of_requests())
    kinds = Kinds(carrying.compose, carrying.left, carrying.failed, carrying.may_have)
    contract = recipients.contract_of(store, versions, configuration.mail.recipient)
    carrier = Carrier(Leased(store, kinds, contract=contract), configuration.mail, is_believed=clock.is_believed)
    of_recipients = of_requests().is_erasing
    room = recipients.build(store, versions, configuration, of_recipients, now_ms)
    confirmed = partial(downstream.confirmed, Cases(store))
    rounds = recipients.carriers(store, versions, configuration, of_recipients, confirmed, clock.is_believed, now_ms)
    waiting = Waiting(configuration.spool, store)
    spooled = SpoolWaiting(waiting.left, waiting.forget)
    assets = Assets()
    player = Player(assets.text("player.js"), assets.text("player.css"))
    told = (events_read, carrying.read, player)
    post = recipients.callback(configuration).post
    walking = rights.walking(store, versions, configuration, audit_log, spooled, *told, clock.is_believed, now_ms, post)
    residue = _residue(installation, store, versions, walking.erased, clock, is_over)
    requests, one_form, written = walking.requests, walking.one_form, store.control.changes
    tallying = Tallying(store.tallies, store.aside, configuration.timezone)
    return [
        Job("versions", 1.0, versions.refresh, written),
        Job("in-force", 1.0, lambda: clock.is_believed() and announcing.publisher.note_in_force(now_ms())),
        Job("telling", 30.0, lambda: announcing.teller.tell(now_ms()) > 0),
        Job("mailings", 2.0, lambda: carrying.letters.queue(now_ms()) > 0, written),
        Job("batches", 2.0, lambda: room.sending.queue(now_ms()) > 0, written),
        Job("opt-outs", 2.0, lambda: room.passing_on.once(now_ms()), room.passing_on.opt_outs.mark),
        Job("standing", LOOK_FOR_WORD_SECONDS, partial(_stand, store, versions, recipients.standing_in(configuration), now_ms)),
        *(Job(f"to-{one.recipient}", 2.0, partial(_carry, one, now_ms), written) for one in rounds),
        Job("unconfirmed", 60.0, lambda: clock.is_believed() and forget_unconfirmed(store, now_ms()) > 0),
        *_taking_in(installation, store, versions, clock),
        Job("one-form", ONE_FORM_SECONDS, one_form.once, one_form.changes),
        Job("requests", 1.0, requests.once, requests.changes),
        Job("reminders", 60.0, walking.reminders.once),
        Job("agents", 2.0, walking.callbacks.once, written),
        Job("permissions", LOOK_FOR_WORD_SECONDS, walking.callbacks.forget),
        Job("purge", 1.0, sweeping.purge.once),
        Job("residue", 0.5, residue.once, residue.changes),
        Job("audit", 0.5, lambda: publish(store, audit_log, now_ms()), written),
        Job("mail", 2.0, lambda: carrier.send_due(now_ms()) > 0),
        Job("clock", 10.0, clock.look),
        Job("events-table", TABLE_SECONDS, (moving or Moving(store.events, store.vault)).once),
        Job("soundness", SOUND_SECONDS, lambda: _look_for_damage(installation)),
        Job("retention", LOOK_FOR_WORD_SECONDS, sweeping.hourly.once),
        Job("tallies", TALLIES_SECONDS, lambda: clock.is_believed() and tallying.once(now_ms()), written),
    ]


def _carry(one: Round, now_ms: Callable[[], int]) -> bool:
    """Hand over what goes to one recipient; return whether there may be more at once."""
    return one.send_due(now_ms()) > 0


def _residue(
    installation: Installation, store: Store, versions: Versions, erased: Erased, clock: Clock, is_over: Callable[[], bool]
) -> Nightly:
    """Return the search of each night for what is left of erased people."""
    configuration = installation.configuration
    folders = (configuration.data, *configuration.storage.backups)

    def zone() -> str:
        return versions.in_force().law_table.timezone

    return Nightly(store, folders, erased.due, erased.note, zone, clock.is_believed, is_over, clock.wall_ms, QUEUE)


def _stand(store: Store, versions: Versions, names: Sequence[str], now_ms: Callable[[], int]) -> bool:
    """Note who stores or carries for us all the time; returns False: nothing waits."""
    if names:
        disclosures.stand(store, versions.in_force(), names, now_ms())
    return False


def _taking_in(installation: Installation, store: Store, versions: Versions, clock: Clock) -> list[Job]:
    """Return the jobs that take in: what the workers spooled, and the lines of followed server logs."""
    configuration, refusals = installation.configuration, Refusals()
    sink = Arrival(store, versions.rulebook, recipients.arriving(configuration), of_requests().is_erasing)
    drain = Drain(configuration.spool, store.vault, sink, refusals, store.aside, clock.is_believed)
    followed, sites = Followed(sink.write, store.aside, clock.wall_ms), Sites(configuration)
    imports = Imports(sites, versions, installation.moments, store.aside.tried, refusals, store.vault.hmac)
    logs = LogIntake(imports, VisitCounter(installation.run), clock.wall_ms, store.vault.hmac)
    followers = [logs.follower(declared, followed, store.control) for declared in configuration.server_logs]

    def empty_spool() -> bool:
        moved = drain.once()
        refusals.flush(partial(counted.add_refusals, store))
        return moved >= BATCH_RECORDS

    return [
        Job("drain", 0.5, empty_spool),
        *(Job(f"server-log-{number}", 1.0, one.once) for number, one in enumerate(followers, start=1)),
        Job("imports", 1.0, Importing(store, imports, followed, clock.wall_ms).once, store.control.changes),
        Job("salt", LOOK_SECONDS, lambda: logs.counter.forget(clock.wall_ms())),
    ]


def _website(installation: Installation, store: Store, versions: Versions, is_over: Callable[[], bool]) -> list[Job]:
    """Return the jobs about the company's own pages, one of each for a website where there is something to read."""
    configuration = installation.configuration
    version, report = (lambda: versions.in_force().id), partial(counted.add_seen, store)
    kept = website.keeping(store, configuration, Assets().tag, report, version, is_over, now_ms)

    def look(watch: Watch) -> bool:
        rulebook = versions.in_force()
        name = watch.site.website(rulebook)
        return watch.once(browser_policy.declared_origins(rulebook, Audience(name)), page_duties(rulebook, name))

    every = float(configuration.integrity.every_seconds)
    return [
        *(Job(_numbered("search", number), 2.0, one.once) for number, one in enumerate(kept.searches, start=1)),
        *(Job(_numbered("integrity", number), every, partial(look, one)) for number, one in enumerate(kept.looks, start=1)),
    ]


def _numbered(name: str, number: int) -> str:
    """Return the name of a job of which there may be several."""
    return name if number == 1 else f"{name}-{number}"


def _look_for_damage(installation: Installation) -> bool:
    """See that no SQLite store is damaged inside; raise StoreUnavailable, whose words are logged, for one that is."""
    try:
        identity.require_sound(installation.stores)
    except ConfigurationError as error:
        raise StoreUnavailable(str(error)) from error
    return False
