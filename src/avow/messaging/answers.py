"""What staff see of messages that came in and go out, and what people see of their subscriptions: values, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

from avow.definitions import Refusal
from avow.gate.letters import Shown
from avow.gate.messages import Addressee, MessageLine
from avow.gate.reads import Reason

#: What happened to a submission after it came in.
SubmissionState = Literal["new", "read", "answered"]


#: What was decided on an application.
Decision = Literal["hired", "not-hired", "withdrawn"]
#: What staff read for each decision.
DECISIONS: Final[Mapping[Decision, str]] = MappingProxyType(
    {"hired": "Hired", "not-hired": "Not hired", "withdrawn": "Withdrawn by the applicant"}
)


@dataclass(frozen=True, slots=True)
class SubmissionLine:
    """A submission in the list: nothing that says who wrote it.

    `decision` is None where the policy counts from no decision, "" while none is recorded.
    """

    record_id: str
    reference: str
    point: str
    received_ms: int
    state: SubmissionState
    delete_on: date
    demonstration: bool = False
    decision: str | None = None
    site: str = ""
    assigned_to: str = ""


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a submission: the item's label, its name, kind in words, size in bytes; `number` is in its address."""

    number: int
    label: str
    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file to hand out, with the name to save it under."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RelatedLine:
    """A record of the same person: the label of its point, (label, value) pairs of the fields that the purpose may use.

    `record_id` is that of another submission; "" for what their browser, or an e-mail, told.
    """

    at_ms: int
    point: str
    fields: tuple[tuple[str, str], ...]
    record_id: str = ""


@dataclass(frozen=True, slots=True)
class RelatedView:
    """What a purpose puts together with a submission, the newest first: what its person did before, and what else they sent.

    `withheld` says of which points something is there that may not be shown, and why. `is_cut`: there is more than that.
    """

    before: tuple[RelatedLine, ...] = ()
    sent: tuple[RelatedLine, ...] = ()
    withheld: tuple[tuple[str, Refusal], ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission read for one purpose: (label, value) pairs of just the fields that this purpose may use.

    `related` is what the purpose puts together with it, or why it stays alone.
    """

    line: SubmissionLine
    purpose: str
    fields: tuple[tuple[str, str], ...]
    related: RelatedView | Refusal
    dropped: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    files: tuple[FileLine, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message opened by a member of staff; `look` says for what.

    `correction` says what another address would change: "request" (of the consumer request, with a new link), "message" (this
    message alone), "" (none can be given). `ways` are those by which a person may pass it on; none once it has left. `receipt` is
    what the mail server said last, without any address; with `by_hand` how a person passed it on. `html` and `printed` are
    the page of a letter, as it was sent, and what its PDF is made from; "" for what has neither.
    """

    line: MessageLine
    recipient: str
    text: str
    look: Shown
    correction: str = ""
    ways: tuple[str, ...] = ()
    receipt: str = ""
    by_hand: bool = False
    html: str = ""
    printed: str = ""


@dataclass(frozen=True, slots=True)
class MeasureFacts:
    """A purpose for which e-mails are measured, and whether one person's are."""

    name: str
    label: str
    description: str
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class PendingFacts:
    """What a link from a message would confirm: the subscription's label, and the purposes next to it that were agreed to."""

    label: str
    agreed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """The subscription behind a message's own link; not active: ended, or at the end of its time."""

    label: str
    is_active: bool
    measures: tuple[MeasureFacts, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """What an e-mail's clear GIF or link is: its collection point ("" for not measured), its mailing's name, whom it went to.

    `address` is where a link leads: one of the addresses of the mailing that was sent. `person` None: gone, nothing counts.
    `taken_ms` is when a mail server took the message, as `messaging.told.is_scan` asks for it.
    """

    point: str
    mailing: str
    address: str
    person: Addressee | None
    taken_ms: int | None


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list that people subscribe to, and how many are on it."""

    point: str
    label: str
    subscribers: int


@dataclass(frozen=True, slots=True)
class MailingLine:
    """A mailing and its figures; `measured` of those delivered went to people who agreed to be measured."""

    mailing_id: str
    subject_line: str
    label: str
    created_ms: int
    is_queued: bool
    recipients: int
    refused: int
    waiting: int
    delivered: int
    failed: int
    measured: int
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link of a mailing: people who followed it (0 where the policy tells nobody apart), and how often it was."""

    address: str
    people: int
    times: int


@dataclass(frozen=True, slots=True)
class MailingReport:
    """What came back of a mailing; people are told apart only where the policy says whose e-mail it was (`is_by_person`).

    `is_hidden`: it measures at a point whose figures are not for who asks.
    """

    line: MailingLine
    is_measured: bool
    is_hidden: bool
    is_by_person: bool
    opened: int
    opened_times: int
    followed: int
    followed_times: int
    robots: int
    links: tuple[LinkLine, ...]
