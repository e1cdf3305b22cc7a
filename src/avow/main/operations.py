"""What the commands of the command line need of an installation; fits `cli.Operations`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from avow import access, messaging, publication, recipients, rights
from avow.access.register import Register
from avow.assurance import demonstration, invented_days
from avow.assurance.invented_days import Wanted
from avow.assurance.shelf import Shelf
from avow.collection import counted
from avow.collection.logs import log_formats, log_intake
from avow.collection.logs.server_log import Import
from avow.collection.refusals import Refusals
from avow.config import Configuration, load, reachable
from avow.definitions import ConfigurationError, Refusal, SpoolFull, now_ms
from avow.gate import demonstrated
from avow.gate.demonstrated import Days, Made
from avow.gate.reads import Reads
from avow.gate.recipients import untrue_of
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.main import demonstrating, server, storage
from avow.main.installation import Installation, of_requests, open_control, open_store, place_of
from avow.messaging.factors import Factors
from avow.messaging.mailings import Mailings
from avow.messaging.outbox import Outbox
from avow.policy.rulebook.page_duties import page_duties
from avow.publication.files import compile_policy, open_rulebook
from avow.recipients.connectors.certificates import believed
from avow.rights.desk import Desk
from avow.rights.protocol.directory import AGENTS_PATH, DIRECTORY_BYTES, DIRECTORY_RULE
from avow.rights.restoring import Place
from avow.spool.spool import Spool
from avow.store.control import Control
from avow.store.embedded import Engine
from avow.store.holdings import Counts
from avow.store.store import Store
from avow.web.assets import Assets
from avow.web.block import block
from avow.website import watching
from avow.website.fetching import Fetcher
from avow.website.integrity import Look

#: Log lines that go to the spool together.
LINES: Final = 500
#: A full spool is tried again after this pause, seconds.
PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Operations:
    """One installation, opened as its commands need it; the configuration is read when a command needs it."""

    configuration_path: Path

    def configuration(self) -> Configuration:
        """Return the configuration; raise ConfigurationError."""
        return load(self.configuration_path)

    @contextmanager
    def control(self) -> Iterator[Control]:
        """Open the control store alone."""
        with closing(open_control(self.configuration())) as control:
            yield control

    @contextmanager
    def records(self) -> Iterator[Store]:
        """Open the store, its event engine only when it is asked something."""
        configuration = self.configuration()
        Installation(configuration).prepare()
        with closing(open_store(configuration)) as store:
            yield store

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store over the running server's engine, or over one of its own when none runs."""
        installation = Installation(self.configuration())
        installation.prepare()
        with ExitStack() as stack:
            with suppress(ConfigurationError):  # somebody serves: its engine answers
                stack.enter_context(server.only_server(installation.run))
                stack.enter_context(_engine(installation))
            store = open_store(installation.configuration)
            stack.callback(store.close)
            store.events.prepare()
            yield store

    @contextmanager
    def announcing(self) -> Iterator[publication.Announcing]:
        """Open the versions of the policy."""
        configuration = self.configuration()
        with self.records() as store:
            yield publication.announcing(store, Versions(store.control, configuration.timezone, now_ms), configuration)

    @contextmanager
    def factors(self) -> Iterator[Factors]:
        """Open what happened to records."""
        configuration = self.configuration()
        with self.records() as store:
            yield Factors(store, self._versions(store, configuration), now_ms)

    @contextmanager
    def letters(self) -> Iterator[Mailings]:
        """Open the mailings."""
        configuration = self.configuration()
        with self.records() as store:
            versions = self._versions(store, configuration)
            yield messaging.carrying(store, versions, configuration, of_requests()).letters

    @contextmanager
    def requests(self) -> Iterator[Desk]:
        """Open the desk of consumer requests."""
        configuration = self.configuration()
        with self.records() as store:
            versions = self._versions(store, configuration)
            yield rights.build(store, Sites(configuration).first, versions.in_force(), versions, configuration, now_ms)

    @contextmanager
    def outbox(self) -> Iterator[Outbox]:
        """Open the messages that go out."""
        configuration = self.configuration()
        with self.records() as store:
            versions = self._versions(store, configuration)
            desk = rights.build(store, Sites(configuration).first, versions.in_force(), versions, configuration, now_ms)
            composing = messaging.carrying(store, versions, configuration, of_requests())
            yield Outbox(store, desk.correct_address, composing, now_ms, Reads(store, versions, now_ms))

    @contextmanager
    def recipients(self) -> Iterator[recipients.Recipients]:
        """Open the recipients, and what goes to them."""
        configuration = self.configuration()
        with self.records() as store:
            versions = self._versions(store, configuration)
            yield recipients.build(store, versions, configuration, of_requests().is_erasing, now_ms)

    @contextmanager
    def agents(self, site: str = "") -> Iterator[rights.AgentRoom]:
        """Open what authorized agents come to, on a website: the only one for "". Raises ConfigurationError for none."""
        configuration = self.configuration()
        found = Sites(configuration).one(site) if site or len(configuration.sites) > 1 else Sites(configuration).first
        if isinstance(found, Refusal):
            raise ConfigurationError(found.reason)
        with self.records() as store:
            versions = self._versions(store, configuration)
            yield rights.agent_room(store, found, versions.in_force(), versions, configuration, now_ms)

    def directory_of_agents(self) -> bytes | Refusal:
        """Fetch the directory of agents of the Data Rights Protocol."""
        spoken = self.configuration().data_rights_protocol
        fetcher = Fetcher(spoken.directory, believes=believed(spoken.ca_file, "data_rights_protocol"))
        try:
            fetched = fetcher.get(AGENTS_PATH, DIRECTORY_BYTES)
        finally:
            fetcher.close()
        if isinstance(fetched, Refusal):
            return Refusal(f"{spoken.directory} did not answer: {fetched.reason}", fetched.rule)
        said = Refusal(f"{spoken.directory} says {fetched.status}", DIRECTORY_RULE)
        return fetched.body if fetched.status == HTTPStatus.OK else said

    def entry_of_business(self, site: str) -> Mapping[str, object] | Refusal:
        """Return the entry of a website for the directory of businesses."""
        configuration = self.configuration()
        found = Sites(configuration).one(site)
        if isinstance(found, Refusal):
            return found
        with self.agents(found.name) as room:
            return room.entry(found, configuration.data_rights_protocol)

    def untrue_of_contracts(self) -> tuple[tuple[str, str], ...]:
        """Return what the configured policy says of contracts that is known to be untrue; nothing where nothing is installed."""
        configuration = self.configuration()
        compiled = compile_policy(configuration.policy, datetime.now(UTC).date()).rulebook
        if compiled is None or not (configuration.storage.control or (configuration.data / "control.db").is_file()):
            return ()
        with self.control() as control:
            return untrue_of(control, compiled)

    @contextmanager
    def shelf(self) -> Iterator[Shelf]:
        """Open what is set aside."""
        with self.records() as store:
            yield Shelf(store, now_ms)

    @contextmanager
    def staff(self) -> Iterator[Register]:
        """Open the accounts of the console."""
        configuration = self.configuration()
        with self.control() as control:
            yield access.register_of(control, configuration, Versions(control, configuration.timezone, now_ms), now_ms)

    def place(self) -> Place:
        """Return where the installation lies."""
        return place_of(self.configuration())

    @contextmanager
    def stopped(self) -> Iterator[Place]:
        """Keep every server away, and return where the installation lies; raise ConfigurationError while one serves."""
        run = self.configuration().run
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        with server.only_server(run):
            yield self.place()

    @contextmanager
    def engine(self) -> Iterator[None]:
        """Run the embedded event engine while every server is kept away; nothing to do for a cluster."""
        with _engine(Installation(self.configuration())):
            yield

    def serve(self, tell: Callable[[str], None]) -> None:
        """Serve until stopped."""
        server.serve(self.configuration_path.resolve(), tell)

    def tag(self, site: str, *, pinned: bool) -> str | Refusal:
        """Return the block for the pages of a website that Avow does not serve, as the configured policy allows."""
        configuration = self.configuration()
        one = Sites(configuration).one(site)
        if isinstance(one, Refusal):
            return one
        rulebook = open_rulebook(configuration, datetime.now(UTC).date())
        return str(block(rulebook, one.website(rulebook), Assets(), pinned=pinned))

    def look_at_sites(self, site: str) -> Mapping[str, tuple[Look, ...]] | Refusal:
        """Return what the configured pages and the tag of a website, "" for all, answer now, through the public origin.

        A page must have what the version in force asks of it, or the configured policy on a machine that serves none.
        """
        configuration, tag = self.configuration(), Assets().tag
        chosen = Sites(configuration).chosen(site)
        if isinstance(chosen, Refusal):
            return chosen
        with self.records() as store:
            versions = Versions(store.control, configuration.timezone, now_ms)
            rulebook = versions.in_force() if versions.has_any() else open_rulebook(configuration, datetime.now(UTC).date())
            look = partial(watching.look_at_site, configuration)
            return {
                one.name: look(one, tag, store.aside, now_ms(), page_duties(rulebook, one.website(rulebook)))[0] for one in chosen
            }

    def import_log(
        self,
        lines: Iterable[bytes],
        progress: Callable[[int], None],
        format_: str = "combined",
        point: str = "",
        log: str = "",
        site: str = "",
    ) -> Import | Refusal:
        """Put the lines of a server log into the spool; `progress` gets bytes read. Safe to repeat: lines come once.

        `site` is the website that they are of; by "" each is of the website whose host it names, else of the first.
        """
        configuration = self.configuration()
        sites = Sites(configuration)
        unknown = sites.chosen(site)
        if isinstance(unknown, Refusal):
            return unknown
        with self.records() as store:
            versions = self._versions(store, configuration)
            found, read_line = log_intake.point_of(versions.in_force(), point), log_formats.reader(format_)
            if isinstance(found, Refusal):
                return found
            if isinstance(read_line, Refusal):
                return read_line
            installation, refusals = Installation(configuration), Refusals()
            made = log_intake.Imports(sites, versions, installation.moments, store.aside.tried, refusals, store.vault.hmac)
            name = log_intake.name_of(configuration, log)
            running = made.of(found, lambda _at_ms: b"", read_line, name, website=site, names_former=True)
            outcome = asyncio.run(_spool_lines(installation, running, lines, progress))
            refusals.flush(partial(counted.add_refusals, store))
            return outcome

    def invent_days(
        self, days: int, visits: int, seed: int, begun: Callable[[Days], None], progress: Callable[[int], None]
    ) -> Made | Refusal:
        """Make invented visitors of the last days in the stores."""
        configuration = self.configuration()
        with self.store() as store:
            make = partial(demonstrating.making, store, self._versions(store, configuration), configuration)
            return invented_days.invent(store, configuration, Wanted(days, visits, seed), make, begun, progress, now_ms())

    def remove_demonstration(self) -> Counts | Refusal:
        """Remove everything that is marked as demonstration, invented days among it."""
        configuration = self.configuration()
        with self.store() as store:
            killed = partial(demonstrating.killed, store, configuration)
            return invented_days.remove(store, configuration.run, killed, now_ms())

    def demonstrate(self, visitors: int, address: str | None, progress: Callable[[int], None]) -> demonstration.Tally:
        """Drive invented visitors through the HTTP doors of the running installation."""
        installation = Installation(self.configuration())
        listen = installation.configuration.listen
        base = address or f"http://{reachable(listen.host)}:{listen.port}"
        sites = Sites(installation.configuration)
        website = sites.first.origin if len(sites.all) > 1 and address is None else ""
        with self.records() as store:
            demonstrated.visited(store)
        return demonstration.drive(base, visitors, installation.demonstration_token(), progress, website=website)

    def _versions(self, store: Store, configuration: Configuration) -> Versions:
        """Return the versions, of which the configured policy is the first where none was published."""
        versions = Versions(store.control, configuration.timezone, now_ms)
        if not versions.has_any():
            rulebook = open_rulebook(configuration, datetime.now(UTC).date())
            publication.announcing(store, versions, configuration).publisher.first(rulebook, now_ms())
        return versions


@contextmanager
def _engine(installation: Installation) -> Iterator[None]:
    """Run the embedded event engine while no server does; nothing to do for a cluster."""
    if installation.configuration.storage.events:
        yield
        return
    with storage.only_storage(installation.run):
        engine = Engine(installation.data / "events", installation.run)
        engine.start()
        try:
            yield
        finally:
            engine.stop()


async def _spool_lines(
    installation: Installation, running: Import, lines: Iterable[bytes], progress: Callable[[int], None]
) -> Import | Refusal:
    """Append the records of a log, some hundred at a time, waiting while the spool is full."""
    installation.prepare()
    store = open_store(installation.configuration)
    spool = Spool(installation.configuration.spool, store.vault, installation.configuration.storage.spool_mebibytes * 1024 * 1024)
    encode = msgspec.msgpack.Encoder().encode
    try:
        source = iter(lines)
        while batch := list(islice(source, LINES)):
            records = list(running.records(batch))
            refusal = next((one for one in records if isinstance(one, Refusal)), None)
            if refusal is not None:
                return refusal
            await _append(spool, [encode(one) for one in records])
            progress(sum(map(len, batch)))
        return running
    finally:
        spool.close()
        store.close()


async def _append(spool: Spool, records: list[bytes]) -> None:
    """Append durably; a full spool means that the drain is behind, so wait for it."""
    while records:
        try:
            await spool.append(records)
        except SpoolFull:
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
