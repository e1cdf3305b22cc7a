"""A consumer request with its history, and what this room needs from others, in its own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from avow.definitions import Identifier, IdentifierKind, RequestKind, identifier
from avow.rights.states import Entry, State, Step, derive


@dataclass(frozen=True, slots=True)
class Contact:
    """How to answer, and what finds the person's records; sealed under a key of its own while the request is open.

    `since` is the first day asked about, empty for everything (11 CCR 7020(e)). `more_visitors` are the visitor ids of other
    browsers that asked the same with this address.
    """

    email: str
    name: str = ""
    details: str = ""
    visitor_id: str = ""
    since: str = ""
    more_visitors: tuple[str, ...] = ()

    def identifiers(self) -> tuple[Identifier, ...]:
        """Return what finds this person's records: the address, and the browser's own visitor id. Why: decision 0005."""
        found = [identifier(IdentifierKind.EMAIL, self.email)]
        found += [identifier(IdentifierKind.VISITOR, one) for one in (self.visitor_id, *self.more_visitors) if one]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Case:
    """A consumer request. `contact` is None once its key is destroyed."""

    request_id: str
    kind: RequestKind
    received_ms: int
    received_on: date
    rulebook_id: str
    channel: str
    demonstration: bool
    history: tuple[Entry, ...]
    contact: Contact | None

    @property
    def state(self) -> State:
        """The state, derived from the history. Why: decision 0007."""
        return derive(self.history)

    @property
    def reference(self) -> str:
        """The number that the person quotes."""
        return reference(self.request_id)

    @property
    def corrections(self) -> int:
        """How often the address was corrected: the link that proves one address proves no other."""
        return sum(entry.step is Step.CORRECTED for entry in self.history)

    def entry(self, step: Step) -> Entry | None:
        """Return the last entry of this step."""
        return next((entry for entry in reversed(self.history) if entry.step is step), None)

    @property
    def acknowledged(self) -> Entry | None:
        """The entry that says that the person was told of the receipt, at the address that the request has now."""
        told, written = self.entry(Step.ACKNOWLEDGED), self.entry(Step.LINK_WRITTEN)
        return None if told is None or (written is not None and written.seq > told.seq) else told

    @property
    def answer(self) -> Mapping[str, Any]:  # Any: JSON
        """What was answered ("outcome", "reason", "proof"), also while it is on its way; nothing before it was written.

        Rule: 11 CCR 7101(a).
        """
        entry = self.entry(Step.ANSWER_WRITTEN) or self.entry(Step.RESPONDED)
        return entry.detail if entry else {}

    @property
    def answered_ms(self) -> int | None:
        """The moment of the answer, None before it. Rule: 11 CCR 7101(a) (the record is kept from there)."""
        entry = self.entry(Step.RESPONDED)
        return None if entry is None else int(entry.detail.get("answered_ms", entry.at_ms))


def reference(request_id: str) -> str:
    """Return the number that the person of a request quotes. Rule: 11 CCR 7101(a) (a record can be found)."""
    return request_id[:10].upper()


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail to the person of a request; `attachments` are (file name, media type, content)."""

    to: str
    subject: str
    text: str
    attachments: tuple[tuple[str, str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the messages of a request: whether one has not left, and when the last one did (0: none has)."""

    is_owed: bool
    last_ms: int


@dataclass(frozen=True, slots=True)
class Alike:
    """Other requests of the same kind with the same address: the one of this day that waits and leads, if one does.

    `asked` is the id of the last one whose link was sent, at the moment `asked_ms`; "" and 0 for none.
    """

    lead: Case | None = None
    asked: str = ""
    asked_ms: int = 0


class Cases(Protocol):
    """Where consumer requests live."""

    def add(self, case: Case, audit_entry: Mapping[str, Any]) -> None:
        """Keep a new request with its sealed contact and the audit entry, in one transaction. Why: decision 0006."""

    def get(self, request_id: str) -> Case | None:
        """Return the request."""

    def every(self) -> Sequence[Case]:
        """Return all requests whose record is still kept, oldest first. Rule: 11 CCR 7101(a)."""

    def append(
        self,
        case: Case,
        step: Step,
        at_ms: int,
        detail: Mapping[str, Any],
        audit_entry: Mapping[str, Any] | None,
        message: Message | None,
    ) -> bool:
        """Add the next entry of the history, with its audit entry and its message, in one transaction.

        The entry names the message that was put into the outbox with it ("message" in its detail).
        Returns False, and keeps nothing, when another process has added that entry already.
        Why: decision 0007.
        """

    def delivery(self, request_id: str) -> Delivery:
        """Return what became of the messages of a request that a mail server carries."""

    def correct(self, case: Case, corrected: Case, message: Message, at_ms: int, audit_entry: Mapping[str, Any]) -> bool:
        """Let a request have another contact, with the last entries of its new history, the audit entry and the message.

        In one transaction. The message takes the place of the one with the old link; what else has not left goes to the new
        address. False, and nothing is kept, when another process has added that entry of the history already.
        """

    def alike(self, case: Case) -> Alike:
        """Return what is known of other requests of this kind with this address, without looking through all of them."""

    def join(self, case: Case, lead: Case, contact: Contact, at_ms: int, audit_entry: Mapping[str, Any]) -> bool:
        """Let a request be answered with another, which gets this contact, in one transaction.

        False, and nothing is kept, when another process has added that entry of the history already.
        """

    def joined_to(self, lead: Case) -> Sequence[Case]:
        """Return the requests that are answered with this one."""

    def forget_contact(self, request_id: str) -> None:
        """Destroy the key of the contact, the archive and the messages of a request. Rule: 11 CCR 7060(d)."""

    def purge(self, request_id: str) -> None:
        """Remove the record of the request. Rule: 11 CCR 7101(a)."""


class Statements(Protocol):
    """The audit log, as this room needs it."""

    def prove(self, entry: bytes) -> tuple[int, tuple[bytes, ...], str] | None:
        """Return index, path and checkpoint of an entry that is in the log; None while it is not published yet.

        Why: decision 0006.
        """
