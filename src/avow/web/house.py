"""The rooms that pages call, for one version of the policy: a page calls one function of a room, and renders the answer.

Every function is synchronous (pages call them in a thread) and returns values: what cannot be done is a `Refusal`, what does not
exist is None. Moments are milliseconds since 1970, dates are calendar days of the business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from avow.access.register import Register
from avow.access.staff import Staff
from avow.analytics.recordings import WatchedRecordings
from avow.assurance.evidence import Evidence
from avow.assurance.notices import Notices
from avow.assurance.promises import Promises
from avow.assurance.readiness import Watch
from avow.assurance.shelf import Shelf
from avow.collection.feeds.outbound import LinkAddresses
from avow.collection.forms.attachments import Attachments
from avow.collection.logs.uploaded import Uploads
from avow.collection.parties import Browsers
from avow.collection.recordings.recorder import RecordingChoices
from avow.gate.choices import Choices
from avow.gate.demonstrated import Held
from avow.gate.incentives import Incentives
from avow.gate.roles import Roles
from avow.gate.sites import Site, Sites
from avow.messaging.factors import Factors
from avow.messaging.inbox import Inbox
from avow.messaging.mailings import Mailings
from avow.messaging.outbox import Outbox
from avow.messaging.reports import Reports
from avow.publication.facts import PolicyInForce
from avow.publication.history import History
from avow.publication.proposing import Proposing
from avow.recipients import Recipients
from avow.rights import AgentRoom
from avow.rights.desk import Desk
from avow.rights.metrics import Metrics
from avow.rights.reviews import Reviews
from avow.store.asker import Asker
from avow.store.changed import State
from avow.store.tallies import Tallies
from avow.web.appearance import Appearance
from avow.website import watching
from avow.website.search import SearchIndex

if TYPE_CHECKING:
    from avow.web.senders import CountedSenders

#: Where the door puts into the ASGI scope what returns when nobody waits for the answer any more (`web.exchange.Exchange.left`).
LEFT_KEY: Final = "avow.left"
#: Where the door notes in the ASGI scope that an invented visitor of `avow demo` sent the HTTP request.
DEMONSTRATION_KEY: Final = "avow.is_demonstration"


@dataclass(frozen=True, slots=True)
class House:
    """Everything a page may call. `now_ms` is the clock; `timezone` the IANA zone of the business."""

    website: Site
    sites: Sites
    appearance: Appearance
    timezone: str
    now_ms: Callable[[], int]
    policy: PolicyInForce
    versions: History
    proposing: Proposing
    promises: Promises
    rights: Desk
    agents: AgentRoom
    reviews: Reviews
    metrics: Metrics
    choices: Choices
    incentives: Incentives
    browsers: Browsers
    recorded: RecordingChoices
    recordings: WatchedRecordings
    roles: Roles
    staff: Staff
    register: Register
    inbox: Inbox
    factors: Factors
    outbox: Outbox
    mailings: Reports
    letters: Mailings
    imports: Uploads
    recipients: Recipients
    evidence: Evidence
    asker: Callable[[], Asker]
    events_state: Callable[[], State]
    tallies: Tallies
    outbound: LinkAddresses
    search: SearchIndex
    integrity: watching.Watch
    aside: Shelf
    readiness: Watch
    notices: Notices
    senders: CountedSenders
    attachments: Attachments
    #: What is held of a demonstration; None for none.
    invented: Callable[[], Held | None]
