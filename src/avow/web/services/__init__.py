"""What the pages need from the rest of the house, in the web's own words.

`main` fills a `Services` with things that fit these Protocols; a page calls one function of it and renders the answer.
Every function is synchronous (pages call them in a thread) and returns values: what cannot be done is a `Refusal`,
what does not exist is None. Moments are milliseconds since 1970, dates are calendar days of the business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from avow.access import AccountLine, Register, SignedIn
from avow.analytics.question import Query
from avow.config import Website
from avow.web.services.aside import Aside, AsideLine, NothingAside
from avow.web.services.conversions import Outbound
from avow.web.services.evidence import AuditState, Evidence, PurposeReads, RefusalCount
from avow.web.services.mailings import (
    LinkLine,
    ListLine,
    MailingLine,
    MailingReport,
    Mailings,
    MailLinks,
    MeasureFacts,
    PendingFacts,
    Reached,
    SubscriptionFacts,
    Subscriptions,
)
from avow.web.services.notices import NoNotices, Notice, Notices
from avow.web.services.policy import (
    ChangeFacts,
    ChoiceFacts,
    LinkFacts,
    PointFacts,
    Policy,
    PolicyFacts,
    PrintoutLine,
    PrintoutView,
    Promises,
    PurposeFacts,
    SignalFacts,
    VersionFacts,
    VersionPage,
    Versions,
)
from avow.web.services.readiness import Check, Metric, NothingKnown, Readiness, Report
from avow.web.services.recordings import RecordedVisit, RecordingLine, RecordingOffer, Recordings, RecordingView, VisitView
from avow.web.services.rights import (
    BrowserFacts,
    Browsers,
    Choices,
    Document,
    Download,
    NewRequest,
    PartyFacts,
    RequestDetail,
    RequestLine,
    RequestStatus,
    Rights,
    Step,
    TargetOutcome,
    Verification,
)
from avow.web.services.senders import Everybody, Senders
from avow.web.services.staff import (
    Decision,
    FileContent,
    FileLine,
    Inbox,
    Invitation,
    MessageLine,
    MessageView,
    Outbox,
    Sender,
    Staff,
    StaffMember,
    SubmissionLine,
    SubmissionState,
    SubmissionView,
)
from avow.web.services.website import (
    DayView,
    Integrity,
    IntegrityView,
    LookView,
    NoSearch,
    NotLookedAt,
    Search,
)

__all__ = [
    "DEMONSTRATION_KEY",
    "AccountLine",
    "Aside",
    "AsideLine",
    "AuditState",
    "BrowserFacts",
    "Browsers",
    "ChangeFacts",
    "Check",
    "ChoiceFacts",
    "Choices",
    "DayView",
    "Decision",
    "Document",
    "Download",
    "Everybody",
    "Evidence",
    "FileContent",
    "FileLine",
    "Inbox",
    "Integrity",
    "IntegrityView",
    "Invitation",
    "LinkFacts",
    "LinkLine",
    "ListLine",
    "LookView",
    "MailLinks",
    "MailingLine",
    "MailingReport",
    "Mailings",
    "MeasureFacts",
    "MessageLine",
    "MessageView",
    "Metric",
    "NewRequest",
    "NoNotices",
    "NoSearch",
    "NothingAside",
    "NothingKnown",
    "Notice",
    "Notices",
    "Outbound",
    "Outbox",
    "PartyFacts",
    "PendingFacts",
    "PointFacts",
    "Policy",
    "PolicyFacts",
    "PrintoutLine",
    "PrintoutView",
    "Promises",
    "PurposeFacts",
    "PurposeReads",
    "Reached",
    "Readiness",
    "RecordedVisit",
    "RecordingLine",
    "RecordingOffer",
    "RecordingView",
    "Recordings",
    "RefusalCount",
    "Register",
    "Report",
    "RequestDetail",
    "RequestLine",
    "RequestStatus",
    "Rights",
    "Search",
    "Sender",
    "Senders",
    "Services",
    "SignalFacts",
    "SignedIn",
    "Staff",
    "StaffMember",
    "Step",
    "SubmissionLine",
    "SubmissionState",
    "SubmissionView",
    "SubscriptionFacts",
    "Subscriptions",
    "TargetOutcome",
    "Verification",
    "VersionFacts",
    "VersionPage",
    "Versions",
    "VisitView",
]

#: Where the door notes in the ASGI scope that an invented visitor of `avow demo` sent the HTTP request.
DEMONSTRATION_KEY: Final = "avow.is_demonstration"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a page may call. `now_ms` is the clock; `timezone` the IANA zone of the business."""

    website: Website
    timezone: str
    now_ms: Callable[[], int]
    policy: Policy
    versions: Versions
    promises: Promises
    rights: Rights
    choices: Choices
    browsers: Browsers
    recordings: Recordings
    staff: Staff
    register: Register
    inbox: Inbox
    outbox: Outbox
    mailings: Mailings
    evidence: Evidence
    events: Query
    outbound: Outbound
    search: Search = field(default_factory=NoSearch)
    integrity: Integrity = field(default_factory=NotLookedAt)
    aside: Aside = field(default_factory=NothingAside)
    readiness: Readiness = field(default_factory=NothingKnown)
    notices: Notices = field(default_factory=NoNotices)
    senders: Senders = field(default_factory=Everybody)
