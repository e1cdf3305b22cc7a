"""What the pages need from the rest of the house, in the web's own words.

`main` fills a `Services` with things that fit these Protocols; a page calls one function of it and renders the answer.
Every function is synchronous (pages call them in a thread) and returns values: what cannot be done is a `Refusal`,
what does not exist is None. Moments are milliseconds since 1970, dates are calendar days of the business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, Protocol

from markupsafe import Markup

from avow.analytics.question import Query
from avow.config import Website
from avow.definitions import Refusal, RequestKind
from avow.policy.evidence import Judged, Reported

#: Where the door notes in the ASGI scope that an invented visitor of `avow demo` sent the HTTP request.
DEMONSTRATION_KEY: Final = "avow.is_demonstration"
#: What happened to a submission after it came in.
SubmissionState = Literal["new", "read", "answered"]


# --- the policy ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PurposeFacts:
    """One purpose; `optional` means that a person can opt out of it. `stopped_by` names signals: "gpc", "dnt"."""

    name: str
    label: str
    description: str
    optional: bool
    stopped_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceFacts:
    """One switch of the privacy centre and the purposes it stops; with `asks` it is off until the person says yes."""

    name: str
    label: str
    description: str
    purposes: frozenset[str]
    asks: bool = False
    stopped_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointFacts:
    """One collection point with its retention in words ("14 months after collection, then erased").

    `purposes`, `recipients` are labels. `silenced_by` names the signals that leave the point no purpose at all, so that
    the tag need not even send. `records` and `oldest` are live evidence; None when the store was not asked.
    """

    name: str
    label: str
    technology: str
    fields: tuple[str, ...]
    required: frozenset[str]
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    retention: str
    silenced_by: tuple[str, ...] = ()
    records: int | None = None
    oldest: date | None = None


@dataclass(frozen=True, slots=True)
class SignalFacts:
    """An opt-out preference signal and the policy's sentence about it (11 CCR 7025(c))."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """The rulebook in force, as pages show it.

    `forms` are the rights that the privacy centre's forms take, each with the collection point that declares the form.
    """

    rulebook_id: str
    title: str
    company: str
    email: str
    phone: str
    address: str
    effective: date
    updated: date
    purposes: tuple[PurposeFacts, ...]
    points: tuple[PointFacts, ...]
    signals: tuple[SignalFacts, ...]
    choices: tuple[ChoiceFacts, ...] = ()
    forms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PrintoutLine:
    """One printout of the policy by its name, with the formats it comes in."""

    name: str
    title: str
    shapes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrintoutView:
    """A printout: HTML to stand in a page, or else a text for machines with its media type and file name."""

    title: str
    html: Markup | None
    text: str
    media_type: str
    filename: str


class Policy(Protocol):
    """The policy in force and its printouts."""

    def facts(self) -> PolicyFacts:
        """Return the rulebook in force; called on every page, so it does no I/O beyond what is cached."""
        ...

    def page(self, jurisdiction: str = "") -> Markup:
        """Return the policy as HTML, its tables computed (Cal. Civ. Code § 1798.130(a)(5)).

        `jurisdiction` is where the reader lives; one that the policy does not name shows the page for everybody.
        """
        ...

    def printout(self, name: str, shape: str | None = None) -> PrintoutView | None:
        """Return a printout of the policy ("register", "json-ld" ...); None when there is none of that name and shape."""
        ...

    def printouts(self) -> tuple[PrintoutLine, ...]:
        """Return what can be printed, for the console."""
        ...

    def page_headers(self) -> Mapping[str, str]:
        """Return the headers by which browsers report what a page of the site loads and the policy does not declare."""
        ...

    def notice(self, point: str) -> Markup:
        """Return the notice at collection for one point (Cal. Civ. Code § 1798.100(a), 11 CCR 7012)."""
        ...

    def evidence(self) -> tuple[PointFacts, ...]:
        """Return the points with `records` and `oldest` counted in the stores, for the console."""
        ...


# --- versions of the policy ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What a version changes for people, in words."""

    words: str
    material: bool


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One published version. `standing` is "announced", "in force", "replaced" or "withdrawn"; `until` is its last day.

    `by_email` says that people are written to; `noticed_ms` is when all were, `told` how many messages that are.
    """

    rulebook_id: str
    standing: str
    in_force_on: date
    until: date | None
    published_ms: int
    changes: tuple[ChangeFacts, ...]
    by_email: bool = False
    noticed_ms: int | None = None
    told: int = 0

    @property
    def material(self) -> tuple[ChangeFacts, ...]:
        """The changes that people must be told of before."""
        return tuple(change for change in self.changes if change.material)


@dataclass(frozen=True, slots=True)
class VersionPage:
    """A version as it was published: the whole policy without the figures that are computed when it is shown."""

    rulebook_id: str
    effective: date
    published_ms: int
    policy: Markup


class Versions(Protocol):
    """Every published version of the policy (Bus. & Prof. Code § 22575(b)(3))."""

    def announced(self) -> VersionFacts | None:
        """Return the version whose day is still to come; called on every page, so it does no I/O beyond what is cached."""
        ...

    def history(self) -> tuple[VersionFacts, ...]:
        """Return all versions, the newest first."""
        ...

    def page(self, rulebook_id: str) -> VersionPage | None:
        """Return a version by its id."""
        ...

    def shown_on(self, day: date) -> tuple[VersionFacts, ...]:
        """Return the versions in force on a day, the last first; none before the first, and more than one when it changed."""
        ...


# --- promises --------------------------------------------------------------------------------------------------------
class Promises(Protocol):
    """The promises of the policy in force, with what carries them out and live evidence."""

    @property
    def is_public(self) -> bool:
        """Whether the policy shows its evidence to everybody."""
        ...

    def judged(self, now_ms: int) -> tuple[Judged, ...]:
        """Return each promise with its evidence and verdict, counted a moment ago in the stores and the log."""
        ...


# --- consumer requests -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a person filled in; `since` None asks for everything (11 CCR 7020(e)). `visitor_id` is this browser's own."""

    kind: RequestKind
    email: str
    name: str = ""
    details: str = ""
    since: date | None = None
    visitor_id: str | None = None
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a timeline: when, what in plain words, and a detail that holds no personal information."""

    at_ms: int
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TargetOutcome:
    """What one target of the plan did: "event store", "erased", 12 records; a kept one names its rule."""

    target: str
    did: str
    records: int
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file ready for the person: `name` is "archive.html", "archive.json", "letter" or "proof.tlog-proof"."""

    name: str
    label: str
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """A consumer request as its own person sees it. `state` is the state's name, `state_words` the sentence for it."""

    reference: str
    kind: RequestKind
    state: str
    state_words: str
    received_on: date
    acknowledge_by: date | None
    answer_by: date
    is_open: bool
    is_verified: bool
    timeline: tuple[Step, ...] = ()
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A consumer request on the desk; `days_left` counts to `answer_by` and is negative when late. No personal data."""

    request_id: str
    reference: str
    kind: RequestKind
    state: str
    received_on: date
    acknowledge_by: date | None
    acknowledged_on: date | None
    answer_by: date
    is_open: bool
    is_late: bool
    days_left: int
    channel: str = "web"
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """One consumer request with its timeline and outcomes."""

    line: RequestLine
    state_words: str
    identifiers: tuple[str, ...]
    timeline: tuple[Step, ...]
    outcomes: tuple[TargetOutcome, ...]
    can_extend: bool = False
    extended_answer_by: date | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a link from an e-mail would confirm; shown before the button is pressed."""

    kind: RequestKind
    reference: str
    received_on: date
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """A file's bytes with the headers it needs."""

    content: bytes
    media_type: str
    filename: str


class Rights(Protocol):
    """Consumer requests, as their persons and as the request desk see them."""

    def receive(self, request: NewRequest) -> str | Refusal:
        """File the request durably and return the token of its status page."""
        ...

    def status(self, token: str) -> RequestStatus | None:
        """Return the status behind a status-page token."""
        ...

    def download(self, token: str, name: str) -> Download | None:
        """Return a ready document of the request behind the token."""
        ...

    def verification(self, token: str) -> Verification | None:
        """Return what the link from the e-mail would confirm; changes nothing, so that mail scanners confirm nothing."""
        ...

    def confirm(self, token: str) -> str | Refusal:
        """Confirm the address and return the status-page token."""
        ...

    def desk(self) -> tuple[RequestLine, ...]:
        """Return all consumer requests, open and soonest due first."""
        ...

    def detail(self, request_id: str) -> RequestDetail | None:
        """Return one consumer request for the desk."""
        ...

    def extend(self, request_id: str, reason: str, staff_id: str) -> Refusal | None:
        """Extend the period to answer once, with a reason told to the person (11 CCR 7021(b)); None means done."""
        ...


# --- choices ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ChoiceCount:
    """How many choices were recorded: `source` is "link" or a signal's name."""

    purpose: str
    source: str
    opted_out: bool
    count: int


class Choices(Protocol):
    """Standing choices of visitors."""

    def record(self, visitor_id: str | None, opted_out: Mapping[str, bool], *, demonstration: bool) -> None:
        """Keep one choice per purpose, durably; without a visitor id it is counted and lives in the cookie alone."""
        ...

    def counts(self) -> tuple[ChoiceCount, ...]:
        """Return how many choices were recorded by purpose and source."""
        ...


# --- staff -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StaffMember:
    """Who is signed in."""

    staff_id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation to the console."""

    role: str
    expires_ms: int


class Staff(Protocol):
    """Accounts of the console."""

    def invitation(self, token: str) -> Invitation | None:
        """Return the invitation when it can still be accepted."""
        ...

    def accept(self, token: str, name: str, password: str) -> str | Refusal:
        """Create the account and return the token of a new session."""
        ...

    def sign_in(self, name: str, password: str) -> str | Refusal:
        """Return the token of a new session; takes equally long for unknown names; refuses after too many tries."""
        ...

    def member(self, session: str) -> StaffMember | None:
        """Return who the session belongs to, or None when it has ended."""
        ...

    def sign_out(self, session: str) -> None:
        """End the session."""
        ...


# --- inbox and outbox ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SubmissionLine:
    """A submission in the list: nothing that says who wrote it."""

    record_id: str
    reference: str
    point: str
    received_ms: int
    state: SubmissionState
    delete_on: date
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission read for one purpose: (label, value) pairs of just the fields that this purpose may use."""

    line: SubmissionLine
    purpose: str
    fields: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


class Inbox(Protocol):
    """Submissions, read only for a declared purpose (MISSION D1)."""

    def lines(self, point: str, limit: int) -> tuple[SubmissionLine, ...]:
        """Return the newest submissions of a point ("" for all)."""
        ...

    def line(self, record_id: str) -> SubmissionLine | None:
        """Return one submission without its fields."""
        ...

    def read(self, record_id: str, purpose: str, staff_id: str) -> SubmissionView | Refusal | None:
        """Return the fields for this purpose; writes the audit entry; refuses a purpose that the policy does not allow."""
        ...

    def mark(self, record_id: str, state: SubmissionState, staff_id: str) -> None:
        """Set the state."""
        ...


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message to a person in the list: no address. `state` is "waiting", "sent" or "failed"."""

    message_id: str
    created_ms: int
    subject: str
    state: str
    attempts: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message opened by a member of staff."""

    line: MessageLine
    recipient: str
    text: str


class Outbox(Protocol):
    """E-mail that waits, or that has been sent."""

    def lines(self, limit: int) -> tuple[MessageLine, ...]:
        """Return the newest messages."""
        ...

    def read(self, message_id: str, staff_id: str) -> MessageView | None:
        """Return one message; writes the audit entry."""
        ...


# --- evidence --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class RefusalCount:
    """What was not kept: a field ("" for a whole record), why, by which rule, how often on that day."""

    day: date
    point: str
    field: str
    reason: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class PurposeReads:
    """How often submissions of a point were read for a purpose, and how often that was refused."""

    day: date
    point: str
    purpose: str
    allowed: int
    refused: int


@dataclass(frozen=True, slots=True)
class AuditState:
    """The published audit log: `checkpoint` is the signed note, `key` the verifier key, `waiting` entries not yet published."""

    origin: str
    size: int
    root_hash: str
    checkpoint: str
    key: str
    waiting: int = 0
    published_ms: int | None = None


class Evidence(Protocol):
    """What was refused, read and proved."""

    def refusals(self, since: date) -> tuple[RefusalCount, ...]:
        """Return the counted refusals since a day, newest first."""
        ...

    def purpose_reads(self, since: date) -> tuple[PurposeReads, ...]:
        """Return the counted reads by purpose since a day, newest first."""
        ...

    def browser_reports(self, since: date) -> tuple[Reported, ...]:
        """Return whom visitors' browsers reported since a day, the last seen first."""
        ...

    def audit(self) -> AuditState:
        """Return the state of the published log."""
        ...


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
    staff: Staff
    inbox: Inbox
    outbox: Outbox
    evidence: Evidence
    events: Query
