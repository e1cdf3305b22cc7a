"""What people write to the company, and what it writes to them.

`build` wires what doors and pages need under one version of the policy; `carrying` what composes and hands out messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from avow.config import Configuration
from avow.definitions import now_ms
from avow.gate.opt_outs import OptOuts
from avow.gate.reads import Reads
from avow.gate.sites import Site, Sites
from avow.gate.versions import Versions
from avow.messaging.composing import Composing, OfRequests
from avow.messaging.factors import Factors
from avow.messaging.inbox import Inbox
from avow.messaging.instructing import ToRecipients
from avow.messaging.mailings import Mailings
from avow.messaging.opting_out import OptOutMail
from avow.messaging.outbox import CorrectAddress, Outbox
from avow.messaging.reports import Reports
from avow.messaging.subscriptions import Subscriptions
from avow.policy import Rulebook
from avow.spool.spool import Spool
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class Messaging:
    """The room under one version of the policy, as doors and pages call it."""

    inbox: Inbox
    factors: Factors
    outbox: Outbox
    reports: Reports
    subscriptions: Subscriptions


def build(
    store: Store,
    rulebook: Rulebook,
    versions: Versions,
    spool: Spool,
    site: Site,
    configuration: Configuration,
    correct_address: CorrectAddress,
    requests: OfRequests,
    now_ms: Callable[[], int],
) -> Messaging:
    """Return the room for a website and version; `correct_address` and `requests` ask what of a message is a request's."""
    composing, timezone = carrying(store, versions, configuration, requests), configuration.timezone
    return Messaging(
        Inbox(store, rulebook, versions, timezone, now_ms),
        Factors(store, versions, now_ms),
        Outbox(store, correct_address, composing, now_ms, Reads(store, versions, now_ms)),
        Reports(store, rulebook),
        Subscriptions(store, rulebook, versions, spool, site, timezone, now_ms),
    )


def carrying(store: Store, versions: Versions, configuration: Configuration, requests: OfRequests) -> Composing:
    """Return what composes messages, each by the version of the policy that it names, mailings letter by letter."""
    recipient, sites = configuration.mail.recipient, Sites(configuration)
    to_recipients = ToRecipients(store, versions, sites, configuration.instructions.remind_after_days)
    mailings = Mailings(store, versions, recipient, sites)
    opt_outs = OptOutMail(OptOuts(store, versions, now_ms), sites)
    return Composing(store, versions, recipient, requests, sites, mailings, to_recipients, opt_outs)
