"""The room's parts, wired: what a worker has once, and what it has for each version of the policy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from avow.collection import counted
from avow.collection.accept import Collector
from avow.collection.bounds import Moments
from avow.collection.browser_kept import BrowserKept
from avow.collection.browser_reports import BrowserReports
from avow.collection.feeds.clicks import Clicks
from avow.collection.feeds.outbound import Outbound
from avow.collection.feeds.portals import AuthorisationsOnFile, FeedKey, Feeds, feed_keys
from avow.collection.feeds.postbacks import Postbacks
from avow.collection.forms.attachments import Attachments
from avow.collection.forms.form import Forms, Subscriptions
from avow.collection.forms.spam import FormGuard
from avow.collection.forms.virus_scan import Clamd
from avow.collection.intake import Intake
from avow.collection.limits.event_leases import EventLeases
from avow.collection.limits.sender_counts import SenderCounts
from avow.collection.mail_events import MailEvents
from avow.collection.recordings.recorder import Recorder, RecordingCollector
from avow.collection.refusals import Refusals
from avow.collection.senders import Senders
from avow.collection.visits import VisitCounter
from avow.config import Configuration
from avow.gate.sites import Site
from avow.gate.stopped import Stopped
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.spool.spool import Spool
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class Shared:
    """What a worker has once, whatever version is in force; `flush` hands its counts to the store."""

    configuration: Configuration
    store: Store
    versions: Versions
    spool: Spool
    visits: VisitCounter
    counts: SenderCounts
    guard: FormGuard
    leases: EventLeases
    feed_keys: Mapping[str, FeedKey]
    stopped: Stopped
    refusals: Refusals = field(default_factory=Refusals)
    reports: BrowserReports = field(default_factory=BrowserReports)

    def flush(self) -> None:
        """Hand over the counts of refusals and of browsers' reports."""
        self.refusals.flush(partial(counted.add_refusals, self.store))
        self.reports.flush(partial(counted.add_browser_reports, self.store))


def shared(configuration: Configuration, store: Store, versions: Versions, spool: Spool, counts: SenderCounts) -> Shared:
    """Return what a worker takes in by; raise ConfigurationError for a feed whose key cannot be read."""
    guard, leases = FormGuard(store.vault.hmac, counts), EventLeases(counts, configuration.intake.events_per_minute)
    visits, keys = VisitCounter(configuration.run), feed_keys(configuration.feeds)
    stopped = Stopped(store.control, versions)
    return Shared(configuration, store, versions, spool, visits, counts, guard, leases, keys, stopped)


@dataclass(frozen=True, slots=True)
class Taking:
    """What takes in under one version of the policy, by the door that it is behind."""

    collector: Collector
    senders: Senders
    intake: Intake
    forms: Forms
    feeds: Feeds
    recorder: Recorder
    recordings: RecordingCollector
    mail_events: MailEvents
    outbound: Outbound
    postbacks: Postbacks
    browser_kept: BrowserKept
    attachments: Attachments


def build(
    shared: Shared,
    site: Site,
    rulebook: Rulebook,
    subscriptions: Subscriptions,
    with_forms: Collection[str],
    demonstration_token: str,
) -> Taking:
    """Return what takes in on a website, under a version that is narrowed to it.

    `with_forms` are the pages of the site that hold a form, `demonstration_token` marks the invented visitors of
    `avow demo`.
    """
    configuration, store = shared.configuration, shared.store
    uploads, keyed = configuration.uploads, store.vault.hmac
    collector = Collector(rulebook, site.name, shared.spool, shared.visits.on(site.name), shared.refusals)
    senders = Senders(collector, shared.leases, configuration.listen.trusted_proxies, demonstration_token)
    recorder = Recorder(rulebook, with_forms)
    attachments = Attachments(store, Clamd(uploads.clamd) if uploads.clamd else None)
    moments = Moments(configuration.intake.earliest, configuration.intake.margin_hours)
    return Taking(
        collector,
        senders,
        Intake(collector, senders, site.hosts),
        Forms(collector, attachments, subscriptions),
        Feeds(collector, attachments, shared.feed_keys, AuthorisationsOnFile(store), keyed, moments),
        recorder,
        RecordingCollector(recorder, rulebook, site.name, shared.refusals, shared.spool),
        MailEvents(collector),
        Outbound(collector, keyed, shared.stopped.names),
        Postbacks(collector, shared.feed_keys, Clicks(store, shared.versions, site.name), keyed),
        BrowserKept(rulebook),
        attachments,
    )
