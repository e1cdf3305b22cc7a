"""What the operator's commands do; fits `cli.Operations`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from avow import messaging, publication, retention, rights
from avow.access.register import Register
from avow.assurance import demonstration
from avow.assurance.residue import Residue, residue
from avow.assurance.shelf import Shelf
from avow.audit import note, proof
from avow.cli.operations import Published, PublishedVersion, Undelivered
from avow.collection import counted
from avow.collection.feeds.outbound import LinkAddresses
from avow.collection.logs import log_formats, log_intake
from avow.collection.logs.server_log import Import
from avow.collection.refusals import Refusals
from avow.config import Configuration, load, reachable
from avow.definitions import ConfigurationError, PolicyError, ProofInvalid, Refusal, SpoolFull, local_date, now_ms
from avow.gate.sites import Sites
from avow.gate.versions import Versions, changes_of
from avow.main import server, storage
from avow.main.installation import Installation, of_requests, open_control, open_store, place_of
from avow.messaging.mailings import MailingPlan, Mailings
from avow.messaging.outbox import Outbox
from avow.policy import Compilation, Ledger, Rulebook, diagnostics, printouts
from avow.policy.changes.diff import Change, diff
from avow.policy.changes.publication import Publication
from avow.policy.checks.carried_out import EVERYTHING, THIS_VERSION
from avow.policy.law import rules
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.page_duties import PageDuties, page_duties
from avow.publication import telling
from avow.publication.files import NO_TEXTS, compile_policy, open_rulebook
from avow.publication.publishing import Publisher
from avow.rights import restoring
from avow.rights.after_restore import Missed
from avow.spool.spool import Spool
from avow.store import backup as store_backup
from avow.store import identity
from avow.store.backup import BackedUp, Restored
from avow.store.control.publications import Stored
from avow.store.control.set_aside import SetAside
from avow.store.embedded import Engine
from avow.store.holdings import Counts
from avow.store.store import Store
from avow.web.assets import Assets
from avow.web.block import block
from avow.website import watching
from avow.website.crawling import Crawled
from avow.website.integrity import Look

#: Log lines that go to the spool together.
LINES: Final = 500
#: A full spool is tried again after this pause, seconds.
PAUSE_SECONDS: Final = 1.0
#: Fewest characters of an id that name a version.
ID_LEAST: Final = 6


@dataclass(frozen=True, slots=True)
class Operations:
    """The commands of one installation; the configuration is read when a command needs it."""

    configuration_path: Path

    def configuration(self) -> Configuration:
        """Return the configuration; raise ConfigurationError."""
        return load(self.configuration_path)

    def serve(self, tell: Callable[[str], None]) -> None:
        """Serve until stopped."""
        server.serve(self.configuration_path.resolve(), tell)

    def policy_path(self) -> Path:
        """Return the configured policy file."""
        return self.configuration().policy

    def check_policy(self, path: Path, *, draft: bool, unsaved: Mapping[Path, str] = NO_TEXTS) -> Compilation:
        """Compile a policy file with the files it includes; for a draft, whatever this version carries out."""
        return compile_policy(path, datetime.now(UTC).date(), EVERYTHING if draft else THIS_VERSION, unsaved)

    def print_policy(self, path: Path | None, name: str, shape: str | None, audience: Audience, *, draft: bool) -> str | Refusal:
        """Return a printout by its name, with an empty ledger: what it says before anything was collected."""
        rulebook = self._rulebook(path, draft=draft)
        if path is None:  # the installation's own: its origin says how pages travel
            audience = replace(audience, over_plain_http=self.configuration().origin.startswith("http://"))
        printed = printouts.print_out(name, rulebook, Ledger(), shape, audience)
        return printed if isinstance(printed, Refusal) else printouts.document(printed, rulebook)

    def tag(self, site: str, *, pinned: bool) -> str | Refusal:
        """Return the block for the pages of a website that Avow does not serve, as the configured policy allows."""
        configuration = self.configuration()
        sites = Sites(configuration)
        chosen = next((one for one in sites.all if one.name == site), None) if site else sites.first
        if chosen is None or (not site and len(sites.all) > 1):
            known = ", ".join(one.name for one in sites.all)
            asked = f"there is no website “{site}”" if site else "there are several websites"
            return Refusal(f"{asked}; name one of them with --site: {known}", "docs/guide/your-pages.md")
        rulebook = open_rulebook(configuration, datetime.now(UTC).date())
        return str(block(rulebook, chosen.website(rulebook), Assets(), pinned=pinned))

    def link(self, name: str, page: str) -> str | Refusal:
        """Return the address by which a page that Avow does not serve links to an external link of the policy."""
        configuration = self.configuration()
        rulebook = open_rulebook(configuration, datetime.now(UTC).date())
        if name not in rulebook.external_links:
            known = ", ".join(sorted(rulebook.external_links)) or "none"
            return Refusal(f'the policy has no external link "{name}"; it has: {known}', rules.NOTICE_AT_COLLECTION)
        with closing(open_store(configuration)) as store:
            return LinkAddresses(rulebook, store.vault.hmac).way(name, page)

    def index_pages(self) -> Crawled | Refusal:
        """Read the site's pages, and make the search index again when they changed."""
        installation = Installation(self.configuration())
        installation.prepare()
        with closing(open_store(installation.configuration)) as store:
            return watching.read_pages(installation.configuration, store.aside, now_ms())

    def look_at_site(self) -> tuple[Look, ...]:
        """Return what the site's configured pages and its tag answer now, through the public origin.

        A page must have what the version in force asks of it; before there is one, nothing.
        """
        configuration = self.configuration()
        with self._publishing(configuration) as (publisher, store):
            duties = PageDuties()
            if publisher.versions.has_any():
                rulebook = publisher.versions.in_force()
                duties = page_duties(rulebook, Sites(configuration).first.website(rulebook))
            return watching.look_at_site(configuration, Assets().tag, store.aside, now_ms(), duties)[0]

    def diff_policies(self, old: Path, new: Path, *, draft: bool) -> tuple[Change, ...]:
        """Return what changes for people between two policy files."""
        return diff(self._rulebook(old, draft=draft), self._rulebook(new, draft=draft))

    def publish_policy(self, *, dry_run: bool) -> Published | Refusal:
        """Publish the configured policy; with `dry_run` only say what that would do."""
        configuration = self.configuration()
        with self._publishing(configuration) as (publisher, _):
            rulebook = open_rulebook(configuration, datetime.now(UTC).date())
            announced = publisher.versions.announced()
            if announced is not None and announced.rulebook_id == rulebook.id:
                facts = (changes_of(announced), announced.in_force_on, True, announced.by_email)
                return Published(Publication(rulebook, *facts), is_new=False)
            made = publisher.judge(rulebook)
            refusal = made if isinstance(made, Refusal) or dry_run else publisher.publish(made, now_ms())
            if isinstance(refusal, Refusal):
                return refusal
            assert isinstance(made, Publication)
            return Published(made, is_new=True)

    def tell_people(self, progress: Callable[[int], None]) -> int:
        """Queue what is still to be sent about the announced version."""
        configuration = self.configuration()
        with self._publishing(configuration) as (publisher, store):
            return publication.announcing(store, publisher.versions, configuration).teller.tell(now_ms(), progress)

    def submissions(self) -> int:
        """Return how many submissions there are to look through for addresses."""
        with self._publishing(self.configuration()) as (_, store):
            return telling.to_look_through(store)

    def withdraw_policy(self) -> PublishedVersion | Refusal:
        """Take the announced version back."""
        with self._publishing(self.configuration()) as (publisher, _):
            outcome = publisher.withdraw(now_ms())
            return outcome if isinstance(outcome, Refusal) else _listed(outcome, publisher.versions)

    def policy_history(self) -> tuple[PublishedVersion, ...]:
        """Return every published version, newest first."""
        with self._publishing(self.configuration()) as (publisher, _):
            return tuple(_listed(one, publisher.versions) for one in reversed(publisher.versions.publications()))

    def policy_text(self, on: date | None, rulebook_id: str) -> str | Refusal:
        """Return the literate text in force on a day, or of a version by the beginning of its id."""
        with self._publishing(self.configuration()) as (publisher, _):
            versions = publisher.versions
            if rulebook_id:
                found = [one for one in versions.publications() if one.rulebook_id.startswith(rulebook_id)]
                found = found if len(rulebook_id) >= ID_LEAST else []
            else:
                found = list(versions.shown_on(on or versions.today()))
            rulebook = versions.rulebook(found[0].rulebook_id) if found else None
            asked = f"with an id that begins with “{rulebook_id}”" if rulebook_id else f"in force on {on}"
            return rulebook.text if rulebook else Refusal(f"no version was published {asked}", "LAW.md POL-08")

    def import_log(
        self, lines: Iterable[bytes], progress: Callable[[int], None], format_: str = "combined", point: str = "", log: str = ""
    ) -> Import | Refusal:
        """Put the lines of a server log into the spool; `progress` gets bytes read. Safe to repeat: lines come once."""
        configuration = self.configuration()
        with self._publishing(configuration) as (publisher, store):
            if not publisher.versions.has_any():
                publisher.first(open_rulebook(configuration, datetime.now(UTC).date()), now_ms())
            versions = publisher.versions
            found, read_line = log_intake.point_of(versions.in_force(), point), log_formats.reader(format_)
            if isinstance(found, Refusal):
                return found
            if isinstance(read_line, Refusal):
                return read_line
            installation, refusals = Installation(configuration), Refusals()
            site = Sites(configuration).first
            facts = (site.name, versions, installation.moments, store.aside.tried, refusals, site.hosts, store.vault.hmac)
            name = log_intake.name_of(configuration, log)
            running = log_intake.Imports(*facts).of(found, lambda _day: b"", read_line, name, names_former=True)
            outcome = asyncio.run(_spool_lines(installation, running, lines, progress))
            refusals.flush(partial(counted.add_refusals, store))
            return outcome

    def plan_mailing(self, point: str, subject_line: str, text: str) -> MailingPlan | Refusal:
        """Return what sending a text to everybody on a list would do; needs no event engine."""
        with self._letters() as letters:
            return letters.plan(point, subject_line, text, now_ms())

    def send_mailing(self, plan: MailingPlan, progress: Callable[[int], None]) -> int:
        """Queue a mailing; interrupted, the running server or the next run goes on behind the last batch."""
        with self._letters() as letters:
            before = letters.recipients(plan.mailing.id)
            letters.begin(plan.mailing)
            letters.queue(now_ms(), progress)  # beside the running server, which may be faster
            return letters.recipients(plan.mailing.id) - before

    def undelivered_mail(self, *, untried: bool = False) -> Iterator[Undelivered]:
        """Yield messages that have not left after a try, those that failed first, then untried ones; needs no event engine."""
        with self._outbox() as outbox:
            for one in outbox.undelivered(untried=untried):
                whose = "mailing" if one.of_mailing else one.reference or "-"
                yield Undelivered(one.message_id, one.created_ms, one.state, one.attempts, whose, one.trouble)

    def retry_mail(self, message_id: str) -> Refusal | None:
        """Let a message that has not left be sent again; the running server sends it."""
        with self._outbox() as outbox:
            return outbox.retry(message_id, "")

    def pass_mail_on(self, message_id: str, way: str) -> Refusal | None:
        """Note that the person of a message was told by hand what it says."""
        with self._outbox() as outbox:
            return outbox.passed_on(message_id, way, "")

    def correct_mail(self, message_id: str, address: str) -> Refusal | None:
        """Let a message that has not left go to another address."""
        with self._outbox() as outbox:
            return outbox.correct(message_id, address, "")

    def verify(self, proof_text: str, log_folder: Path | None, key: str | None) -> dict[str, object]:
        """Check a proof offline, against a key, a copy of the published log, or this installation's own log."""
        read = proof.read(proof_text)
        if log_folder is None and key is not None:
            return proof.verify(read, note.Verifier.parse(key))
        folder = log_folder or self.configuration().public_log
        try:
            verifier = note.Verifier.parse(key or (folder / "key").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ProofInvalid(f"log: {folder} holds no published log (no file “key”)") from error
        return proof.verify_against(read, verifier, folder)

    def set_aside(self) -> Iterator[SetAside]:
        """Yield what is set aside, the newest first."""
        with self._shelf() as shelf:
            yield from shelf.every()

    def item_aside(self, item_id: str) -> SetAside | None:
        """Return one item that is set aside."""
        with self._shelf() as shelf:
            return shelf.item(item_id)

    def retry_aside(self, item_id: str) -> bool:
        """Have an item tried at the next round of its job; False for an unknown one."""
        with self._shelf() as shelf:
            return shelf.retry(item_id)

    def discard_aside(self, item_id: str) -> bool:
        """Give an item up for ever; False for an unknown one, or one that has to be done."""
        with self._shelf() as shelf:
            return shelf.discard(item_id)

    def residue(self, canaries: tuple[str, ...]) -> Residue:
        """Search every file of the installation for the canaries."""
        return residue(self.configuration().data, canaries)

    def backup(self, destination: Path) -> BackedUp:
        """Back up the data without the keys, whether the server runs or not."""
        with self._store() as store:
            return store_backup.backup(store, destination, now_ms())

    def backup_keys(self, destination: Path) -> None:
        """Back up the keys alone."""
        store = open_store(self.configuration())
        try:
            store_backup.backup_keys(store.vault, destination)
        finally:
            store.close()

    def restore(self, source: Path) -> tuple[Restored, Missed]:
        """Put a backup in place; the server must be stopped."""
        installation = Installation(self.configuration())
        installation.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        with server.only_server(installation.run), _engine(installation):
            return restoring.restore(place_of(installation.configuration), source, now_ms())

    def missed(self) -> Missed:
        """Return what the control store lacks of what the log tells."""
        return restoring.missed(place_of(self.configuration()))

    def acknowledge_restore(self) -> Missed:
        """Note that somebody read what a restore lacks; the server must be stopped."""
        installation = Installation(self.configuration())
        with server.only_server(installation.run):
            return restoring.acknowledge(place_of(installation.configuration), now_ms())

    def restore_keys(self, source: Path) -> int:
        """Put a copy of the keys in place; the server must be stopped."""
        installation = Installation(self.configuration())
        installation.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        with server.only_server(installation.run):
            identity.require_keys_of(installation.stores, source)
            erased = store_backup.restore_keys(source, installation.data / "keys.db")
            identity.adopt_keys(installation.stores)
            return erased

    def confirm_retention(self) -> str:
        """Have the sweep go although it waits, next to a running server or not."""
        control = open_control(self.configuration())
        try:
            return retention.confirm(control, now_ms())
        finally:
            control.close()

    def begin_log(self) -> Path:
        """Begin a new audit log, the old one put next to it; the server must be stopped. Returns where the old one lies."""
        installation = Installation(self.configuration())
        with server.only_server(installation.run):
            return restoring.begin_log(place_of(installation.configuration), now_ms())

    @contextmanager
    def staff(self) -> Iterator[Register]:
        """Open the accounts of the console, whether the server runs or not."""
        configuration = self.configuration()
        control = open_control(configuration)
        try:
            yield Register(control, configuration.origin, now_ms)
        finally:
            control.close()

    def demonstrate(self, visitors: int, address: str | None, progress: Callable[[int], None]) -> demonstration.Tally:
        """Drive invented visitors through the HTTP doors of the running installation."""
        installation = Installation(self.configuration())
        listen = installation.configuration.listen
        base = address or f"http://{reachable(listen.host)}:{listen.port}"
        return demonstration.drive(base, visitors, installation.demonstration_token(), progress)

    def remove_demonstration(self) -> Counts:
        """Remove everything that is marked as demonstration, whether the server runs or not."""
        with self._store() as store:
            return store.remove_demonstration()

    @contextmanager
    def _publishing(self, configuration: Configuration) -> Iterator[tuple[Publisher, Store]]:
        """Open the versions, whether the server runs or not; the event engine is not needed."""
        Installation(configuration).prepare()
        store = open_store(configuration)
        try:
            yield Publisher(store.control, Versions(store.control, configuration.timezone, now_ms)), store
        finally:
            store.close()

    @contextmanager
    def _shelf(self) -> Iterator[Shelf]:
        """Open what is set aside, whether the server runs or not."""
        with self._publishing(self.configuration()) as (_, store):
            yield Shelf(store, now_ms)

    @contextmanager
    def _letters(self) -> Iterator[Mailings]:
        """Open the mailings, whether the server runs or not."""
        configuration = self.configuration()
        with self._publishing(configuration) as (publisher, store):
            if not publisher.versions.has_any():
                publisher.first(open_rulebook(configuration, datetime.now(UTC).date()), now_ms())
            yield messaging.carrying(store, publisher.versions, configuration, of_requests()).letters

    @contextmanager
    def _outbox(self) -> Iterator[Outbox]:
        """Open the outbox, whether the server runs or not."""
        configuration = self.configuration()
        with self._publishing(configuration) as (publisher, store):
            publisher.first(open_rulebook(configuration, datetime.now(UTC).date()), now_ms())
            versions = publisher.versions
            desk = rights.build(store, Sites(configuration).first, versions.in_force(), versions, configuration, now_ms)
            yield Outbox(store, desk.correct_address, of_requests(), now_ms)

    @contextmanager
    def _store(self) -> Iterator[Store]:
        """Open the store; over the running server's engine, or over one of our own when none runs."""
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

    def _rulebook(self, path: Path | None, *, draft: bool) -> Rulebook:
        """Return a compiled policy file; raise PolicyError with the diagnostics."""
        compilation = self.check_policy(path or self.configuration().policy, draft=draft)
        if compilation.rulebook is None:
            raise PolicyError(diagnostics.as_text(compilation.diagnostics, compilation.texts))
        return compilation.rulebook


def _listed(publication: Stored, versions: Versions) -> PublishedVersion:
    """Return a publication for the list."""
    return PublishedVersion(
        publication.rulebook_id,
        versions.standing(publication),
        publication.in_force_on,
        local_date(publication.published_ms, versions.timezone),
        changes_of(publication),
    )


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
