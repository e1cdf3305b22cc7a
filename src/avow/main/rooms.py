"""The rooms of one installation, wired: what a worker has once, and what it has for each version of the policy.

Stores, the one count of senders and the clock are handed in; nothing here starts a process, opens a socket or decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from avow import access, retention
from avow.access.accounts import Accounts
from avow.access.failed import FailedSignIns
from avow.access.register import Register
from avow.access.staff import SignIns, Staff
from avow.analytics.recordings import WatchedRecordings
from avow.assurance import vital_parts
from avow.assurance.evidence import Evidence
from avow.assurance.notices import Notices, PolicyToday, Sources
from avow.assurance.promises import Promises
from avow.assurance.readiness import Watch
from avow.assurance.shelf import Shelf
from avow.collection import building as collection
from avow.collection import counted
from avow.collection.feeds.outbound import LinkAddresses
from avow.collection.limits.sender_counts import SenderCounts
from avow.collection.limits.sender_memory import counted_for
from avow.collection.parties import Browsers
from avow.collection.recordings.chunks import as_read
from avow.collection.recordings.recorder import RecordingChoices
from avow.collection.refusals import EVENTS_RULE, GUARD_RULE, LINES_RULE
from avow.collection.visits import plain_address
from avow.config import Configuration
from avow.gate import messages
from avow.gate.choices import Choices
from avow.gate.contacts import LastContact
from avow.gate.disclosures import PartyLoads
from avow.gate.sites import Site, Sites
from avow.gate.versions import Versions
from avow.main.installation import Installation, of_requests
from avow.messaging.inbox import Inbox
from avow.messaging.outbox import Outbox
from avow.messaging.reports import Reports
from avow.messaging.subscriptions import Subscriptions
from avow.policy import Rulebook
from avow.publication.facts import PolicyInForce
from avow.publication.history import History
from avow.rights import figures
from avow.rights.desk import Desk
from avow.rights.kept import Cases
from avow.rights.response import Voice
from avow.spool.spool import Spool
from avow.store.store import Store
from avow.web.assets import Assets
from avow.web.front import Front
from avow.web.house import House
from avow.web.senders import CountedSenders
from avow.web.site import pages_with_forms
from avow.website import watching
from avow.website.search import SearchIndex


@dataclass(frozen=True, slots=True)
class Shared:
    """What a worker has once, whatever version is in force."""

    installation: Installation
    intake: collection.Shared
    loads: PartyLoads
    signs: SignIns
    failed: FailedSignIns
    assets: Assets
    searches: Mapping[str, SearchIndex]
    shelf: Shelf
    watch: Watch
    notices: Notices
    sites: Sites
    now_ms: Callable[[], int]
    uploading: Counter[str] = field(default_factory=Counter)

    def flush(self) -> bool:
        """Hand what was counted to the store: refusals, reports, other companies' scripts, failed sign-ins; returns False."""
        self.signs.failures.flush(self.failed.keep)
        self.intake.flush()
        self.loads.flush(self.intake.store, self.intake.versions.rulebook)
        return False


def shared(installation: Installation, store: Store, counts: SenderCounts, now_ms: Callable[[], int]) -> Shared:
    """Return what a worker has once; raise ConfigurationError for a feed whose key cannot be read."""
    configuration = installation.configuration
    sites = Sites(configuration)
    spool = Spool(configuration.spool, store.vault, configuration.storage.spool_mebibytes * 1024 * 1024)
    versions = Versions(store.control, configuration.timezone, now_ms)
    neighbours = vital_parts.Neighbours(
        partial(retention.waiting, store.control),
        partial(figures.missed, store, versions),
        {EVENTS_RULE: "events_per_minute", GUARD_RULE: "form_guard"},
        LINES_RULE,
    )
    shelf, watch = Shelf(store, now_ms), Watch(vital_parts.parts(configuration, store, spool, neighbours, now_ms))
    return Shared(
        installation,
        collection.shared(configuration, store, versions, spool, counts),
        PartyLoads(),
        _sign_ins(installation, store, counts, now_ms),
        FailedSignIns(store.control, now_ms),
        Assets(),
        {site.name: _search(configuration, site) for site in sites.all},
        shelf,
        watch,
        Notices(Sources(watch, shelf, neighbours.waiting, versions, PolicyToday()), now_ms),
        sites,
        now_ms,
    )


def _search(configuration: Configuration, site: Site) -> SearchIndex:
    """Return the search of a website, of which nothing is found where there are no pages to search."""
    return SearchIndex(watching.index_path(configuration, site) if watching.sitemap_of(configuration, site) else None)


def _sign_ins(installation: Installation, store: Store, counts: SenderCounts, now_ms: Callable[[], int]) -> SignIns:
    """Return what lets staff in: tries are counted for all workers together."""
    trusted = frozenset(map(plain_address, installation.configuration.listen.trusted_proxies))
    return SignIns(
        Accounts(store.control),
        access.Guard(counts, store.vault.hmac),
        access.Passwords(),
        access.Failures(),
        partial(counted_for, trusted=trusted),
        now_ms,
    )


def front(shared: Shared, site: Site, rulebook: Rulebook) -> Front:
    """Return all that is behind the doors of one website under one version of the policy."""
    intake, configuration = shared.intake, shared.installation.configuration
    facts = (intake.versions, intake.spool, site, configuration.timezone)
    subscriptions = Subscriptions(intake.store, rulebook, *facts, shared.now_ms)
    token = shared.installation.demonstration_token()
    here = rulebook.on_website(site.website(rulebook))
    taking = collection.build(intake, site, here, subscriptions, pages_with_forms(site.pages), token)
    return Front(
        intake, taking, house(shared, site, taking, rulebook), subscriptions, shared.assets, shared.now_ms, shared.uploading
    )


def house(shared: Shared, site: Site, taking: collection.Taking, rulebook: Rulebook) -> House:
    """Return the rooms that the pages of a website call; staff see what is under the whole of the version."""
    store, versions, now_ms = shared.intake.store, shared.intake.versions, shared.now_ms
    configuration = shared.installation.configuration
    website = site.website(rulebook)
    voice = Voice(site, store.vault.hmac, rulebook)
    line, last_contact = partial(messages.line, store), LastContact(store, versions.rulebook)
    cases = Cases(store, by_mail=bool(configuration.mail.host))
    desk = Desk(cases, voice, shared.sites, versions, configuration.timezone, line, last_contact, now_ms)
    choices = Choices(store, rulebook, now_ms, desk.person_of, site.name)
    return House(
        website=site,
        timezone=configuration.timezone,
        now_ms=now_ms,
        policy=PolicyInForce(rulebook, store, versions, now_ms, website, site.is_secure),
        versions=History(store.control, versions),
        promises=Promises(
            rulebook,
            store,
            versions,
            configuration.public_log,
            configuration.private_log,
            partial(figures.asked, store, versions),
            lambda: ((retention.waiting(store.control) or ("",))[0], retention.swept_ms(store.control)),
        ),
        rights=desk,
        choices=choices,
        browsers=Browsers(rulebook, site.name, website, shared.loads, now_ms),
        recorded=RecordingChoices(store, taking.collector.rulebook, taking.recorder, choices, now_ms),
        recordings=WatchedRecordings(store, versions, as_read, now_ms),
        staff=Staff(shared.signs),
        register=Register(store.control, configuration.origin, now_ms),
        inbox=Inbox(store, rulebook, versions, configuration.timezone, now_ms),
        outbox=Outbox(store, desk.correct_address, of_requests(), now_ms),
        mailings=Reports(store, rulebook),
        evidence=Evidence(store, configuration.public_log, configuration.private_log, configuration.log_origin),
        events=store.events,
        outbound=LinkAddresses(rulebook, store.vault.hmac),
        search=shared.searches[site.name],
        integrity=watching.Watch(store, configuration, site, shared.assets.tag, now_ms, partial(counted.add_seen, store)),
        aside=shared.shelf,
        readiness=shared.watch,
        notices=shared.notices,
        senders=CountedSenders(taking.senders, shared.intake.counts, shared.intake.guard, now_ms),
    )
