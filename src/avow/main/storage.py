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
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from avow.audit.log import ENTRY_BYTES, Log
from avow.collection import submissions
from avow.collection.drain import BATCH_RECORDS, Drain
from avow.collection.one_by_one import Followed
from avow.collection.paths import own_hosts
from avow.collection.refusals import Refusals
from avow.collection.visits import LOOK_SECONDS, VisitCounter, utc_today
from avow.config import load
from avow.definitions import (
    AvowError,
    ConfigurationError,
    Record,
    Recording,
    StoreUnavailable,
    Submission,
    local_date,
    now_ms,
)
from avow.jobs import Board, Job, start
from avow.main import dated, one_form, signs_of_life, standing, subscriptions, targets
from avow.main.cases import StoredCases
from avow.main.conversions import note_handed_over
from avow.main.installation import Installation, open_store
from avow.main.last_contact import LastContact
from avow.main.letters import Letters
from avow.main.mailbox import Mailbox
from avow.main.open_requests import OpenRequests
from avow.main.publishing import Publisher
from avow.main.refused import RefusalCounts
from avow.main.restoring import LOG_SIZE
from avow.main.server_logs import Imports, LogIntake
from avow.main.subscriptions import forget_unconfirmed, settle_ends
from avow.main.telling import Teller
from avow.main.versions import Versions
from avow.main.website import IntegrityWatch, SearchKeeper, sitemap_of
from avow.policy import Rulebook, browser_policy
from avow.recipients.mail import Carrier
from avow.retention import Clock, Retention
from avow.rights.cases import Case
from avow.rights.execution import Target
from avow.rights.response import Voice
from avow.rights.walk import Tools
from avow.store import identity
from avow.store.aside import AUDIT
from avow.store.control import audit, settings
from avow.store.embedded import Engine
from avow.store.store import Store
from avow.web.assets import Assets

log = logging.getLogger(__name__)

#: The storage process gives way to the web workers when there is too much for all: visitors wait for those, and what is
#: accepted is safe in the spool meanwhile. It weighs a third of a worker that never rests (sched(7)), so it never stands still.
NICENESS: Final = 5
#: How often the process says that it lives and looks whether the server does, seconds.
SIGN_SECONDS: Final = 1.0
#: How long the jobs may take to end: less than the server gives (`server.STOP_SECONDS`).
ENDING_SECONDS: Final = 25.0
#: Entries of the audit log published at once.
PUBLISH_ENTRIES: Final = 10_000
#: How often the sweep looks for what is due, and how often for somebody's word that it may go on, seconds.
RETENTION_SECONDS: Final = 3600.0
LOOK_FOR_WORD_SECONDS: Final = 60.0
#: How often the SQLite stores are looked at for damage.
SOUND_SECONDS: Final = 7 * 24 * 3600.0
#: That the choices of earlier versions are noted in the vault.
CHOICES_MARKED: Final = "choices-marked"
#: How often the purge also looks for rows that no work list names, milliseconds.
THOROUGH_MS: Final = 24 * 3600 * 1000


class Contacts:
    """The drain's sink: the store, where a form is narrowed by its sender's standing choices.

    It moves their due dates only when it came behind a link that we mailed; a form that anybody can write moves none.
    """

    def __init__(self, store: Store, rulebook_of: Callable[[str], Rulebook | None]) -> None:
        self._store = store
        self._rulebook_of = rulebook_of
        self._last_contact = LastContact(store, rulebook_of)

    def write(self, records: Sequence[Record]) -> Sequence[Recording]:
        """Keep the records, then what belongs to the same people as long as each was promised.

        Returns the chunks whose place in their recording holds another one.
        """
        kept = [one for record in records if (one := self._narrowed(record)) is not None]
        written = self._store.write(kept)
        note_handed_over(self._store, kept, self._rulebook_of)
        for record in kept:
            if isinstance(record, Submission) and record.people:
                standing.keep_with_form(self._store, record)
                if self._last_contact.is_proved(record):
                    self._last_contact.proved(record)
        return written.changed

    def _narrowed(self, record: Record) -> Record | None:
        """Return what its person's standing choices leave of a record; a form that names nobody is left as it came."""
        people = record.people if isinstance(record, Submission) else ()
        if not isinstance(record, Submission) or not people:
            return record
        if any(self._store.vault.ended_at(person, record.point) >= record.collected_ms for person in people):
            return None  # unsubscribed while it was in the spool
        rulebook, opted_out = self._rulebook_of(record.rulebook_id), standing.standing(self._store, people)
        return submissions.narrowed(record, rulebook, opted_out) if rulebook and opted_out else record


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


def _mark_choices(store: Store) -> None:
    """Note in the vault, once, what people refused under an earlier version: to erase them takes back nothing of it."""
    with store.control.reading() as tx:
        is_done = settings.get(tx, CHOICES_MARKED) is not None
    if not is_done:
        store.mark_choices()
        with store.control.transaction() as tx:
            settings.put(tx, CHOICES_MARKED, "yes")


def _open_in_one_form(store: Store) -> None:
    """Bring what is open and was kept as it was typed into the one form of addresses, and say in the log how much."""
    contacts, waiting = StoredCases(store).bring_into_one_form(), subscriptions.bring_into_one_form(store)
    if contacts or waiting:
        log.warning("addresses in their one form: %d consumer requests, %d subscriptions", contacts, waiting)


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
        versions = Versions(store.control, installation.configuration.timezone, now_ms)
        board = Board()
        _mark_choices(store)
        dated.date_earlier(store, versions)
        StoredCases(store).name_people()  # before the first job looks for the requests of a person
        _open_in_one_form(store)
        timetable = [*_timetable(installation, store, versions), *_website(installation, store, versions, stop.is_set)]
        threads = start(timetable, stop, board)
        signs_of_life.tell(installation.run, board.ran())
        gc.collect()
        gc.freeze()  # what is there from the start stays: the collector need not look at it again for every large batch
        parent = multiprocessing.parent_process()
        while not stop.wait(SIGN_SECONDS):
            signs_of_life.tell(installation.run, board.ran())
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


def _timetable(installation: Installation, store: Store, versions: Versions) -> list[Job]:
    """Return every job with its interval in seconds. What they work by is the version in force when they run."""
    configuration = installation.configuration
    cases = StoredCases(store, by_mail=bool(configuration.mail.host))
    audit_log = Log(installation.public_log, installation.private_log, installation.log_origin)
    sink = Contacts(store, versions.rulebook)
    refusals = Refusals()
    clock = Clock(store.control, now_ms, lambda: time.monotonic_ns() // 1_000_000)
    drain = Drain(installation.spool, store.vault, sink, refusals, store.aside, clock.is_believed)
    followed = Followed(sink.write, store.aside, now_ms)
    website = configuration.website
    hosts = own_hosts(website.name, website.origin)
    imports = Imports(website.name, versions, installation.moments, store.aside.tried, refusals, hosts, store.vault.hmac)
    logs = LogIntake(imports, VisitCounter(installation.run), utc_today, store.vault.hmac)
    followers = [logs.follower(declared, followed, store.control) for declared in configuration.server_logs]
    letters = Letters(store, versions, configuration.mail.recipient, configuration.website.origin.rstrip("/"))
    publisher = Publisher(store.control, versions)
    teller = Teller(store, versions, configuration.mail.recipient, configuration.website.origin)
    places = _targets(installation, store, cases)
    sweeps = Retention(store, clock)
    carrier = Carrier(
        Mailbox(store, versions, configuration.mail.recipient, letters), configuration.mail, is_believed=clock.is_believed
    )

    def tools(case: Case) -> Tools:
        return Tools(
            Voice(configuration.website.origin.rstrip("/"), store.vault.hmac, versions.with_law_of(case.rulebook_id)),
            cases,
            places,
            targets.Finder(store),
            targets.Discloser(store, cases, versions),
            audit_log,
        )

    def empty_spool() -> bool:
        moved = drain.once()
        refusals.flush(RefusalCounts(store))
        return moved >= BATCH_RECORDS

    def settle() -> int:
        return settle_ends(store, versions.in_force(), now_ms(), configuration.timezone)

    def send_mail() -> bool:
        return carrier.send_due(now_ms()) > 0

    requests = OpenRequests(cases, store.aside, tools, clock.is_believed, now_ms)
    written, walk = store.control.changes, one_form.OneForm(store, now_ms)
    return [
        Job("versions", 1.0, versions.refresh, written),
        Job("in-force", 1.0, lambda: clock.is_believed() and publisher.note_in_force(now_ms())),
        Job("telling", 30.0, lambda: teller.tell(now_ms()) > 0),
        Job("mailings", 2.0, lambda: letters.queue(now_ms()) > 0, written),
        Job("unconfirmed", 60.0, lambda: clock.is_believed() and forget_unconfirmed(store, now_ms()) > 0),
        Job("drain", 0.5, empty_spool),
        *(Job(f"server-log-{number}", 1.0, one.once) for number, one in enumerate(followers, start=1)),
        Job("one-form", one_form.PAUSE_SECONDS, walk.once, walk.changes),
        Job("salt", LOOK_SECONDS, lambda: logs.counter.forget(utc_today())),
        Job("requests", 1.0, requests.once, requests.changes),
        Job("purge", 1.0, _Purge(store, settle, clock.is_believed).once),
        Job("audit", 0.5, lambda: _publish(store, audit_log), written),
        Job("mail", 2.0, send_mail),
        Job("clock", 10.0, clock.look),
        Job("soundness", SOUND_SECONDS, lambda: _look_for_damage(installation)),
        Job("retention", LOOK_FOR_WORD_SECONDS, _Hourly(sweeps, configuration.timezone).once),
    ]


def _website(installation: Installation, store: Store, versions: Versions, is_over: Callable[[], bool]) -> list[Job]:
    """Return the jobs about the company's own pages, each only where there is something to read."""
    configuration = installation.configuration
    jobs = []
    if sitemap_of(configuration):
        keeper = SearchKeeper(installation, store.aside, lambda: versions.in_force().id, now_ms, is_over)
        jobs.append(Job("search", 2.0, keeper.once))
    if configuration.integrity.pages:
        watch = IntegrityWatch(store, configuration, Assets(), now_ms)

        def look() -> bool:
            return watch.once(browser_policy.declared_origins(versions.in_force()))

        jobs.append(Job("integrity", float(configuration.integrity.every_seconds), look))
    return jobs


@dataclass(slots=True)
class _Purge:
    """Removes the rows of erased people; once a day also what no work list names, and files that nobody claims.

    `settle` sees to subscriptions that were ended, which a crash or an old backup left standing. A file is on its way for
    two days: by a clock that is not believed none is old.
    """

    store: Store
    settle: Callable[[], int]
    is_believed: Callable[[], bool]
    thorough_ms: int = 0

    def once(self) -> bool:
        """Remove what there is; return whether that was anything."""
        now = now_ms()
        is_thorough = abs(now - self.thorough_ms) > THOROUGH_MS
        removed = self.store.purge(thorough=is_thorough, now_ms=now)
        if is_thorough:
            if self.is_believed():
                self.store.sweep_files(now)
            self.settle()
            self.thorough_ms = now
        return removed.total > 0


@dataclass(slots=True)
class _Hourly:
    """Runs the sweep once an hour, and within a minute when somebody confirmed that it may go."""

    sweeps: Retention
    timezone: str
    due: float = 0.0

    def once(self) -> bool:
        """Sweep when it is time; return whether anything was erased."""
        now = now_ms()
        if time.monotonic() < self.due and not self.sweeps.is_confirmed(now):
            return False
        self.due = time.monotonic() + RETENTION_SECONDS
        return self.sweeps.once(local_date(now, self.timezone), now)


def _look_for_damage(installation: Installation) -> bool:
    """See that no SQLite store is damaged inside; raise StoreUnavailable, whose words are logged, for one that is."""
    try:
        identity.require_sound(installation.stores)
    except ConfigurationError as error:
        raise StoreUnavailable(str(error)) from error
    return False


def _targets(installation: Installation, store: Store, cases: StoredCases) -> tuple[Target, ...]:
    """Return the places that erase, the key vault first."""
    return (
        targets.KeyVault(store),
        targets.Rows(store, targets.EVENTS),
        targets.Rows(store, targets.RECORDINGS),
        targets.Rows(store, targets.CONTROL),
        targets.SealedFiles(store, cases),
        targets.SpoolTarget(installation.spool, store),
    )


def _publish(store: Store, audit_log: Log) -> bool:
    """Move queued entries into the log; each is in it once, because the log remembers its last batch.

    The control store is told how far the log is, so that an older copy of either is known as one. An entry that the log
    does not take is set aside, and the others go on.
    """
    now = now_ms()
    with store.control.reading() as tx:
        entries = audit.pending(tx, PUBLISH_ENTRIES, audit_log.state.batch or ())
    if not entries:
        return False
    fitting = [(number, entry) for number, entry in entries if len(entry) <= ENTRY_BYTES]
    for number, entry in entries:
        if len(entry) > ENTRY_BYTES:
            store.aside.put(AUDIT, f"entry-{number}", "longer-than-an-entry", now, entry)
    audit_log.append(fitting)
    with store.control.transaction() as tx:
        audit.published(tx, [number for number, _ in entries])
        settings.put(tx, LOG_SIZE, str(audit_log.state.size))
    return True
