"""Accounts of the console, and the messages that staff read: submissions that came in, e-mail that goes out."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from avow.access import SignedIn
from avow.definitions import Refusal
from avow.store.paging import Page, Place

#: What happened to a submission after it came in.
SubmissionState = Literal["new", "read", "answered"]
#: What was decided on an application.
Decision = Literal["hired", "not-hired", "withdrawn"]


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Who is signed in."""

    staff_id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation to the console; with the name of an account, to choose a new password for it."""

    role: str
    expires_ms: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wants to sign in: the connection's other end, what X-Forwarded-For says, what the browser kept of a sign-in."""

    peer: str
    forwarded: str
    device: str


class Staff(Protocol):
    """Accounts of the console."""

    def invitation(self, token: str) -> Invitation | None:
        """Return the invitation when it can still be accepted."""
        ...

    def accept(self, token: str, name: str, password: str) -> Future[SignedIn | Refusal] | None:
        """Create the account or change its password, and sign in, off the threads of pages; None when there is no place."""
        ...

    def sign_in(self, name: str, password: str, sender: Sender) -> Future[SignedIn | Refusal] | Refusal | None:
        """Have a password looked at, off the threads of pages; refused after too many tries, None when there is no place.

        Takes equally long for names that nobody has.
        """
        ...

    def member(self, session: str) -> StaffMember | None:
        """Return who the session belongs to, or None when it has ended."""
        ...

    def sign_out(self, session: str) -> None:
        """End the session."""
        ...


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
class SubmissionView:
    """A submission read for one purpose: (label, value) pairs of just the fields that this purpose may use."""

    line: SubmissionLine
    purpose: str
    fields: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    files: tuple[FileLine, ...] = ()


class Inbox(Protocol):
    """Submissions, read only for a declared purpose (MISSION D1)."""

    def lines(self, point: str, at: Place) -> Page[SubmissionLine]:
        """Return a page of the submissions of a point ("" for all), the newest first."""
        ...

    def line(self, record_id: str) -> SubmissionLine | None:
        """Return one submission without its fields."""
        ...

    def read(self, record_id: str, purpose: str, staff_id: str) -> SubmissionView | Refusal | None:
        """Return the fields for this purpose; writes the audit entry; refuses a purpose that the policy does not allow."""
        ...

    def file(self, record_id: str, number: int, purpose: str, staff_id: str) -> FileContent | Refusal | None:
        """Return a file for this purpose; writes the audit entry, as `read` does; None when it is gone."""
        ...

    def decide(self, record_id: str, decision: Decision, staff_id: str) -> Refusal | None:
        """Record what was decided on an application; the first time, its last day counts from today."""
        ...

    def mark(self, record_id: str, state: SubmissionState, staff_id: str) -> None:
        """Set the state."""
        ...


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message to a person in the list: no address. `state` is "waiting", "sent" or "failed".

    `attempts` is how often a mail server answered, `trouble` why the message has not left, "" when nothing kept it.
    """

    message_id: str
    created_ms: int
    subject: str
    state: str
    attempts: int
    reference: str = ""
    trouble: str = ""
    of_mailing: bool = False


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message opened by a member of staff.

    `correction` says what another address would change: "request" (of the consumer request, with a new link), "message" (this
    message alone), "" (none can be given). `ways` are those by which a person may pass it on; none once it has left.
    """

    line: MessageLine
    recipient: str
    text: str
    correction: str = ""
    ways: tuple[str, ...] = ()


class Outbox(Protocol):
    """E-mail that waits, or that has been sent."""

    def lines(self, at: Place) -> Page[MessageLine]:
        """Return a page of messages: what has not left after a try first, then the newest."""
        ...

    def read(self, message_id: str, staff_id: str) -> MessageView | None:
        """Return one message; writes the audit entry."""
        ...

    def retry(self, message_id: str, staff_id: str) -> Refusal | None:
        """Let a message that has not left have its turn now; writes the audit entry."""
        ...

    def passed_on(self, message_id: str, way: str, staff_id: str) -> Refusal | None:
        """Note that a member of staff told the person what a message says, by one of its ways; writes the audit entry."""
        ...

    def correct(self, message_id: str, address: str, staff_id: str) -> Refusal | None:
        """Let a message that has not left go to another address; writes the audit entry, without the address."""
        ...
