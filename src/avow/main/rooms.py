"""The rooms of one installation, wired: what a worker has once, and what it has for each website and version of the policy.

Stores, the one count of senders and the clock are handed in; nothing here starts a process, opens a socket or decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from avow import access, assurance, messaging, publication, recipients, retention, rights, website
from avow.analytics.recordings import WatchedRecordings
from avow.assurance.vital_parts import Neighbours
from avow.collection import building as collection
from avow.collection import counted
from avow.collection.feeds.outbound import LinkAddresses
from avow.collection.limits.sender_counts import SenderCounts
from avow.collection.limits.sender_memory import counted_for
from avow.collection.logs.uploaded import Uploads
from avow.collection.parties import Browsers
from avow.collection.recordings.chunks import as_read
from avow.collection.recordings.recorder import RecordingChoices
from avow.collection.refusals import EVENTS_RULE, GUARD_RULE, LINES_RULE
from avow.collection.visits import plain_address
from avow.gate import demonstrated
from avow.gate.choices import Choices
from avow.gate.disclosures import PartyLoads
from avow.gate.incentives import Incentives
from avow.gate.roles import Roles
from avow.gate.sites import Site, Sites
from avow.gate.versions import Versions
from avow.main.installation import Installation, of_requests
from avow.policy import Rulebook
from avow.rights import figures
from avow.rights.desk import Desk
from avow.rights.metrics import Metrics
from avow.spool.spool import Spool
from avow.store import changed
from avow.store.store import Store
from avow.web.appearance import Appearance
from avow.web.assets import Assets
from avow.web.front import Front
from avow.web.house import House
from avow.web.senders import CountedSenders
from avow.web.site import pages_with_forms


@dataclass(frozen=True, slots=True)
class Shared:
    """What a worker has once, whatever version is in force."""

    installation: Installation
    intake: collection.Shared
    loads: PartyLoads
    access: access.Access
    assets: Assets
    websites: Mapping[str, website.Website]
    assurance: assurance.Assurance
    sites: Sites
    appearances: Mapping[str, Appearance]
    metrics: Metrics
    now_ms: Callable[[], int]
    uploading: Counter[str] = field(default_factory=Counter)

    def flush(self) -> bool:
        """Hand what was counted to the store: refusals, reports, other companies' scripts, failed sign-ins; returns False."""
        self.access.flush()
        self.intake.flush()
        self.loads.flush(self.intake.store, self.intake.versions.rulebook)
        return False


def shared(installation: Installation, store: Store, counts: SenderCounts, now_ms: Callable[[], int]) -> Shared:
    """Return what a worker has once; raise ConfigurationError for a feed whose key cannot be read."""
    configuration = installation.configuration
    spool = Spool(configuration.spool, store.vault, configuration.storage.spool_mebibytes * 1024 * 1024)
    versions, assets, sites = Versions(store.control, configuration.timezone, now_ms), Assets(), Sites(configuration)
    neighbours = Neighbours(
        partial(retention.waiting, store.control),
        partial(figures.missed, store, versions),
        {EVENTS_RULE: "events_per_minute", GUARD_RULE: "form_guard"},
        LINES_RULE,
    )
    trusted = frozenset(map(plain_address, configuration.listen.trusted_proxies))
    return Shared(
        installation,
        collection.shared(configuration, store, versions, spool, counts),
        PartyLoads(),
        access.build(store, configuration, versions, counts, partial(counted_for, trusted=trusted), now_ms),
        assets,
        website.build(store, configuration, assets.tag, partial(counted.add_seen, store), now_ms),
        assurance.build(configuration, store, spool, versions, neighbours, now_ms),
        sites,
        {site.name: Appearance(site) for site in sites.all},
        Metrics(store, versions, now_ms),
        now_ms,
    )


def front(shared: Shared, site: Site, rulebook: Rulebook) -> Front:
    """Return all that is behind the doors of one website under one version of the policy."""
    intake, configuration, now_ms = shared.intake, shared.installation.configuration, shared.now_ms
    store, versions = intake.store, intake.versions
    desk = rights.build(store, site, rulebook, versions, configuration, now_ms)
    of_desk = (desk.correct_address, of_requests(), now_ms)
    mail = messaging.build(store, rulebook, versions, intake.spool, site, configuration, *of_desk)
    token, here = shared.installation.demonstration_token(), rulebook.on_website(site.website(rulebook))
    taking = collection.build(intake, site, here, mail.subscriptions, pages_with_forms(site.pages), token)
    called = house(shared, site, rulebook, taking, desk, mail)
    return Front(intake, taking, called, mail.subscriptions, shared.assets, now_ms, shared.uploading)


def house(
    shared: Shared, site: Site, rulebook: Rulebook, taking: collection.Taking, desk: Desk, mail: messaging.Messaging
) -> House:
    """Return the rooms that the pages of a website call; staff see what is under the whole of the version."""
    store, versions, now_ms = shared.intake.store, shared.intake.versions, shared.now_ms
    configuration = shared.installation.configuration
    shown = publication.build(store, site, rulebook, versions, now_ms)
    asked, sweeps = partial(figures.asked, store, versions), partial(retention.sweeps, store.control)
    proofs = assurance.proofs(configuration, store, rulebook, versions, asked, sweeps)
    choices = Choices(store, rulebook, now_ms, desk.person_of, site.name)
    return House(
        website=site,
        sites=shared.sites,
        appearance=shared.appearances[site.name],
        timezone=configuration.timezone,
        now_ms=now_ms,
        policy=shown.policy,
        versions=shown.history,
        proposing=publication.proposing(store, versions, configuration, now_ms),
        promises=proofs.promises,
        rights=desk,
        agents=rights.agent_room(store, site, rulebook, versions, configuration, now_ms),
        reviews=rights.reviews(store, versions, configuration, now_ms),
        metrics=shared.metrics,
        choices=choices,
        incentives=Incentives(store, rulebook, now_ms),
        browsers=Browsers(rulebook, site.name, shown.website, shared.loads, now_ms, shared.intake.stopped.names),
        recorded=RecordingChoices(store, taking.collector.rulebook, taking.recorder, choices, now_ms),
        recordings=WatchedRecordings(store, versions, as_read, now_ms),
        roles=Roles(store.control, versions, now_ms),
        staff=shared.access.staff,
        register=shared.access.register,
        inbox=mail.inbox,
        factors=mail.factors,
        outbox=mail.outbox,
        mailings=mail.reports,
        letters=messaging.carrying(store, versions, configuration, of_requests()).letters,
        recipients=recipients.build(store, versions, configuration, of_requests().is_erasing, now_ms),
        imports=Uploads(store, versions, shared.sites, configuration, now_ms),
        evidence=proofs.evidence,
        asker=store.events.asker,
        events_state=partial(changed.last, shared.installation.run),
        tallies=store.tallies,
        outbound=LinkAddresses(rulebook, store.vault.hmac),
        search=shared.websites[site.name].search,
        integrity=shared.websites[site.name].integrity,
        aside=shared.assurance.shelf,
        readiness=shared.assurance.watch,
        notices=shared.assurance.notices,
        senders=CountedSenders(taking.senders, shared.intake.counts, shared.intake.guard, now_ms),
        attachments=taking.attachments,
        invented=partial(demonstrated.held, store),
    )
