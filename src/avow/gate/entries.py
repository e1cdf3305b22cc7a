"""The kinds of entries of the audit log, each with its fields; the specification prints its table from them.

An entry is queued in the transaction of the action that it speaks of. It holds no personal information: ids, names that the
policy declares, numbers and dates. A field that is None is left out. Format: docs/specs/audit-log.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from avow.gate.entries_of_recipients import BatchStep, DeliveryStep, OptOutTold, RecipientChanged, Screened
from avow.gate.entries_of_rights import (
    AgentStep,
    AnswerFetched,
    ClaimDecided,
    CorrectedShown,
    FileLookedAt,
    FilesUnread,
    KeptRead,
    RecordRead,
    RequestApplied,
    RequestByAgent,
    RequestCorrected,
    RequestDecided,
    RequestDenied,
    RequestDisclosed,
    RequestDocument,
    RequestDone,
    RequestInstructed,
    RequestJoined,
    RequestMessage,
    RequestPart,
    RequestPermission,
    RequestPlanned,
    RequestReceived,
    RequestRestored,
    RequestReviewed,
    RequestScoped,
    RequestStep,
    RequestTarget,
    RequestTold,
    RequestVerified,
    ResidueSearched,
    StatementAdded,
)
from avow.gate.entries_of_verification import RequestLocked, RequestNarrowed, RequestProved
from avow.gate.entry import Entry, by_whom, record

__all__ = [
    "AgentStep",
    "AnswerFetched",
    "BatchStep",
    "ClaimDecided",
    "CorrectedShown",
    "DeliveryStep",
    "Entry",
    "FileLookedAt",
    "FilesUnread",
    "KeptRead",
    "OptOutTold",
    "RecipientChanged",
    "RecordRead",
    "RequestApplied",
    "RequestByAgent",
    "RequestCorrected",
    "RequestDecided",
    "RequestDenied",
    "RequestDisclosed",
    "RequestDocument",
    "RequestDone",
    "RequestInstructed",
    "RequestJoined",
    "RequestLocked",
    "RequestMessage",
    "RequestNarrowed",
    "RequestPart",
    "RequestPermission",
    "RequestPlanned",
    "RequestProved",
    "RequestReceived",
    "RequestRestored",
    "RequestReviewed",
    "RequestScoped",
    "RequestStep",
    "RequestTarget",
    "RequestTold",
    "RequestVerified",
    "ResidueSearched",
    "Screened",
    "StatementAdded",
    "by_whom",
    "record",
]


# -- the policy --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PolicyPublished(Entry):
    """A version was published; the first one of an installation by nobody, at the start."""

    kinds = ("policy.published",)
    rulebook: str
    effective: str
    in_force_on: str
    material: bool
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyNotice(Entry):
    """People are told of an announced version: by `banner` or `email`, then with the number of messages."""

    kinds = ("policy.notice",)
    rulebook: str
    by: str
    people: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyInForce(Entry):
    """The day of a version came."""

    kinds = ("policy.in_force",)
    rulebook: str
    since: str


@dataclass(frozen=True, slots=True)
class PolicyWithdrawn(Entry):
    """An announced version was taken back; `unsent` messages about it were not sent."""

    kinds = ("policy.withdrawn",)
    rulebook: str
    unsent: int
    staff: str | None = None
    by: str | None = None


# -- choices and disclosures -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chosen(Entry):
    """One answer, as far as it changes something: of each choice its id, `purpose` and `opted_out`.

    `site` is the website on which it was given. Before 0050 there was one entry for each purpose, with `choice`, `purpose` and
    `opted_out` of its own.
    """

    kinds = ("choice",)
    said: Sequence[Mapping[str, object]]
    by: str
    rulebook: str
    site: str


@dataclass(frozen=True, slots=True)
class Disclosed(Entry):
    """Somebody's data left for a recipient; the categories are letters of Cal. Civ. Code § 1798.140(v)(1)."""

    kinds = ("disclosure",)
    recipient: str
    categories: str
    purpose: str


# -- what staff open and do --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubmissionRead(Entry):
    """Somebody opened a submission, or a file of it, for a purpose, or was refused."""

    kinds = ("submission.read", "submission.read.refused", "submission.file", "submission.file.refused")
    what: str
    record: str
    purpose: str
    staff: str
    file: int | None = None


@dataclass(frozen=True, slots=True)
class RecordsRelated(Entry):
    """What else is known of its person was shown next to a submission, for a purpose that combines both; or was refused.

    One entry for each collection point of what was shown, and none where nothing is combined.
    """

    kinds = ("submission.related", "submission.related.refused")
    what: str
    record: str
    point: str
    purpose: str
    staff: str


@dataclass(frozen=True, slots=True)
class RecordingWatched(Entry):
    """Somebody watched a session recording for a purpose, or was refused."""

    kinds = ("recording.watched", "recording.watched.refused")
    what: str
    recording: str
    purpose: str
    staff: str


@dataclass(frozen=True, slots=True)
class SubmissionMarked(Entry):
    """A state that staff set, or what they decided on an application."""

    kinds = (
        "submission.marked.new",
        "submission.marked.read",
        "submission.marked.answered",
        "submission.decided.hired",
        "submission.decided.not-hired",
        "submission.decided.withdrawn",
    )
    what: str
    record: str
    staff: str


@dataclass(frozen=True, slots=True)
class SubmissionAssigned(Entry):
    """Somebody said who of the staff looks after a submission; `to` "" for nobody."""

    kinds = ("submission.assigned",)
    record: str
    to: str
    staff: str


@dataclass(frozen=True, slots=True)
class PersonSought(Entry):
    """Somebody looked in the inbox for what a person sent, by their address, which no log has; `found` submissions."""

    kinds = ("person.sought",)
    found: int
    staff: str


@dataclass(frozen=True, slots=True)
class MessageRead(Entry):
    """Somebody opened a message of the outbox for a purpose, or was refused."""

    kinds = ("message.read", "message.read.refused")
    what: str
    message: str
    purpose: str
    staff: str


@dataclass(frozen=True, slots=True)
class RequestRead(Entry):
    """Somebody opened a consumer request on the desk for a purpose, or was refused."""

    kinds = ("request.read", "request.read.refused")
    what: str
    request: str
    purpose: str
    staff: str


@dataclass(frozen=True, slots=True)
class ActRefused(Entry):
    """A member of staff asked for a page or an act of the console that no role of theirs has; `door` is the address's pattern."""

    kinds = ("act.refused",)
    door: str
    acts: str
    staff: str


@dataclass(frozen=True, slots=True)
class MessagePassedOn(Entry):
    """A member of staff told its person by hand, by `post`, `telephone` or `other`."""

    kinds = ("message.passed-on",)
    message: str
    way: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class MessageAgain(Entry):
    """A message is sent again, or to another address."""

    kinds = ("message.again", "message.corrected")
    what: str
    message: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class AsideDecided(Entry):
    """An item that could not be handled is tried again, or given up; `item` is its name in its queue."""

    kinds = ("aside.retried", "aside.discarded")
    what: str
    queue: str
    item: str
    staff: str | None = None
    by: str | None = None


# -- subscriptions and mailings ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubscriptionConfirmed(Entry):
    """The link of a subscription was followed, and its button pressed."""

    kinds = ("subscription.confirmed",)
    record: str
    rulebook: str
    point: str


@dataclass(frozen=True, slots=True)
class SubscriptionEnded(Entry):
    """Somebody unsubscribed; so many records are due today."""

    kinds = ("subscription.ended",)
    point: str
    records: int


@dataclass(frozen=True, slots=True)
class MailingBegun(Entry):
    """A mailing to a list was begun."""

    kinds = ("mailing.begun",)
    mailing: str
    point: str
    rulebook: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class MailingQueued(Entry):
    """All messages of a mailing are in the outbox."""

    kinds = ("mailing.queued",)
    mailing: str


@dataclass(frozen=True, slots=True)
class LogImported(Entry):
    """A member of staff had an uploaded server log taken in, or gave it up; `lines` were kept."""

    kinds = ("log-import.confirmed", "log-import.done", "log-import.discarded")
    what: str
    upload: str
    point: str
    staff: str
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class DemonstrationMade(Entry):
    """Invented visitors of `days` days were begun to be made, `first` to `last`: no entry is of what they do."""

    kinds = ("demonstration.made",)
    days: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class DemonstrationRemoved(Entry):
    """Everything that was marked as demonstration was removed: so many rows."""

    kinds = ("demonstration.removed",)
    rows: int


# -- accounts ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StaffInvited(Entry):
    """A link to make an account was made, by whose id it is, or by `command`. Before 0070 `role` in place of `roles`."""

    kinds = ("staff.invited",)
    roles: Sequence[str]
    by: str


@dataclass(frozen=True, slots=True)
class StaffAdded(Entry):
    """An account was made; `issuer` where it signs in at the OpenID provider. Before 0070 `role` in place of `roles`."""

    kinds = ("staff.added",)
    staff: str
    roles: Sequence[str]
    issuer: bool | None = None


@dataclass(frozen=True, slots=True)
class StaffRolesChanged(Entry):
    """An account has other roles; `by` is an id, `command`, or `provider` where its groups changed."""

    kinds = ("staff.roles-changed",)
    staff: str
    roles: Sequence[str]
    by: str


@dataclass(frozen=True, slots=True)
class StaffSession(Entry):
    """A member of staff signed in or out, or chose a new password, which ended their sessions."""

    kinds = ("staff.signed-in", "staff.signed-out", "staff.password-changed")
    what: str
    staff: str


@dataclass(frozen=True, slots=True)
class StaffSignInFailed(Entry):
    """Sign-ins failed; one entry for an account and hour (its first moment), once the hour is over."""

    kinds = ("staff.sign-in-failed",)
    staff: str
    hour: int
    count: int


@dataclass(frozen=True, slots=True)
class StaffFactor(Entry):
    """A second factor was set up or removed (`factor` is `app` or `passkey`), or all of them were.

    Recovery codes were made, or one was used; a passkey's counter went back, as a copy's does, and it is refused since. `by` is
    an id, or `command`.
    """

    kinds = (
        "staff.factor-added",
        "staff.factor-removed",
        "staff.factors-reset",
        "staff.recovery-codes-made",
        "staff.recovery-code-used",
        "staff.passkey-cloned",
    )
    what: str
    staff: str
    by: str
    factor: str | None = None


@dataclass(frozen=True, slots=True)
class StaffTrained(Entry):
    """A training was noted, which holds through `until`, or one that was noted by mistake was removed."""

    kinds = ("staff.trained", "staff.training-removed")
    what: str
    staff: str
    until: str
    by: str


@dataclass(frozen=True, slots=True)
class StaffChanged(Entry):
    """A link to a new password was made; sessions were ended; an account was removed. `by` is an id, or `command`."""

    kinds = ("staff.password-invited", "staff.sessions-ended", "staff.removed")
    what: str
    staff: str
    by: str


# -- the installation --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RetentionSwept(Entry):
    """What was due was erased or deidentified."""

    kinds = ("retention.swept",)
    on: str
    erased: int
    deidentified: int


@dataclass(frozen=True, slots=True)
class FactorNoted(Entry):
    """Something happened on a day from which periods count, or with which they end: to one record, or to so many of a point.

    `item` is the data item in which they have the same.
    """

    kinds = ("retention.factor",)
    factor: str
    point: str
    on: str
    records: int
    record: str | None = None
    item: str | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RetentionConfirmed(Entry):
    """The sweep goes although it waited."""

    kinds = ("retention.confirmed",)
    on: str
    why: str


@dataclass(frozen=True, slots=True)
class RestoreAcknowledged(Entry):
    """Somebody read what came after the backup: numbers of each."""

    kinds = ("restore.acknowledged",)
    received: int
    further: int
    answered: int
    choices: int


@dataclass(frozen=True, slots=True)
class LogBegun(Entry):
    """This log begins where an earlier one was lost."""

    kinds = ("log.begun",)
