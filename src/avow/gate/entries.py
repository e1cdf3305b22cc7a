"""The kinds of entries of the audit log, each with its fields; the specification prints its table from them.

An entry is queued in the transaction of the action that it speaks of. It holds no personal information: ids, names that the
policy declares, numbers and dates. A field that is None is left out. Format: docs/specs/audit-log.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from avow.gate.entries_of_recipients import BatchStep, DeliveryStep, OptOutTold, RecipientChanged, Screened
from avow.gate.entries_of_rights import AnswerFetched, FileLookedAt, FilesUnread
from avow.gate.entry import Entry, by_whom, record

__all__ = [
    "AnswerFetched",
    "BatchStep",
    "DeliveryStep",
    "Entry",
    "FileLookedAt",
    "FilesUnread",
    "OptOutTold",
    "RecipientChanged",
    "Screened",
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


# -- consumer requests -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestReceived(Entry):
    """A consumer request was filed, `on` the date of receipt; `request` is a random id."""

    kinds = ("request.received",)
    kind: str
    request: str
    on: str


@dataclass(frozen=True, slots=True)
class RequestMessage(Entry):
    """A message was put into the outbox; nobody has it yet."""

    kinds = ("request.link-written", "request.extension-written", "request.answer-written")
    what: str
    request: str
    until: str | None = None
    outcome: str | None = None
    reason: str | None = None
    staff: str | None = None


@dataclass(frozen=True, slots=True)
class RequestTold(Entry):
    """A message has left, and its person was told.

    `how` is `the mail server took it`, or `passed on by hand: ` and `post`, `telephone` or `other`, with `staff` where a person
    did; `by` (`link`) where the link was followed; `with`, where the message of another request tells it; `after`, the earlier
    request for the same. Without `how` and `with`: of a version before 0058, when the message was put into the outbox, or of the
    demonstration.
    """

    kinds = ("request.acknowledged", "request.extended", "request.responded")
    what: str
    request: str
    how: str | None = None
    staff: str | None = None
    by: str | None = None
    with_: str | None = None
    until: str | None = None
    outcome: str | None = None
    reason: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RequestStep(Entry):
    """A request was closed; what said how to reach its person was destroyed, and nobody had looked for what is left of them."""

    kinds = ("request.closed", "request.contact.forgotten", "residue.missed")
    what: str
    request: str


@dataclass(frozen=True, slots=True)
class RequestJoined(Entry):
    """The same was asked with the same address within the hour, and is answered together with the request that leads."""

    kinds = ("request.joined",)
    request: str
    to: str


@dataclass(frozen=True, slots=True)
class RequestVerified(Entry):
    """The address was proved."""

    kinds = ("request.verified",)
    request: str
    by: str


@dataclass(frozen=True, slots=True)
class RequestDenied(Entry):
    """A request was denied."""

    kinds = ("request.denied",)
    request: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequestCorrected(Entry):
    """A link goes to another address."""

    kinds = ("request.address.corrected",)
    request: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RequestPlanned(Entry):
    """A plan was made, of so many tasks."""

    kinds = ("request.planned",)
    request: str
    tasks: int


@dataclass(frozen=True, slots=True)
class RequestTarget(Entry):
    """A place did its part; before 0058 also with `did` and `records`."""

    kinds = ("request.target",)
    request: str
    target: str
    rule: str


@dataclass(frozen=True, slots=True)
class RequestInstructed(Entry):
    """A recipient is to be told what to do with what it was given; was told; is reminded; has answered, or staff for it.

    `instruction` is a random id, `recipient` a name that the policy declares.
    """

    kinds = ("request.instructed", "request.instruction-told", "request.reminded", "request.instruction-answered")
    what: str
    request: str
    instruction: str
    recipient: str
    answer: str | None = None
    how: str | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RequestDisclosed(Entry):
    """What is held of somebody was put together for them; before 0058 also with `records`."""

    kinds = ("request.disclosed",)
    request: str


@dataclass(frozen=True, slots=True)
class RequestDone(Entry):
    """The statement of what was done, which names the request under a salt alone.

    Before 0058 `targets` (`{name: {did, records}}`) in place of `found`.
    """

    kinds = ("request.know.done", "request.delete.done")
    what: str
    about: str
    rulebook: str
    left: int
    found: str


@dataclass(frozen=True, slots=True)
class ResidueSearched(Entry):
    """Every file was searched for an erased person, who was found `left` times; where is under the salt, as the request is."""

    kinds = ("residue.searched",)
    about: str
    left: int
    found: str


@dataclass(frozen=True, slots=True)
class RequestRestored(Entry):
    """Answered (`answered` is the moment) after the backup that was put back, and closed again."""

    kinds = ("request.restored",)
    request: str
    answered: int | None


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
