"""The one shape of a message to a person: as it leaves, as staff see it in a list, and as a letter of a request is kept, sealed.

What is kept of a letter is JSON: `to`, `subject`, `text`, `attachments` (file name, media type, content), `html`, and `printed`,
from which its PDF is made. Everything else is
composed from what it is about, each time that somebody needs it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag

from avow.gate import deliveries
from avow.gate.deliveries import Delivery
from avow.gate.disclosures import Leave
from avow.gate.parcels import PassedOn
from avow.store.control import Transaction
from avow.store.store import Store

#: What opening bytes raises that are not what was kept.
DAMAGED: Final = (InvalidTag, ValueError, LookupError, TypeError, AttributeError)


class Trouble(StrEnum):
    """What kept a message from leaving; it says nothing of whom it goes to."""

    REFUSED = "refused"
    LOST = "lost"
    NOT_OFFERED = "not-offered"
    UNWRITABLE = "unwritable"
    UNREADABLE = "unreadable"
    HELD = "held"
    UNREACHABLE = "unreachable"
    TAKEN_OVER = deliveries.TAKEN_OVER


#: The same for staff, to stand behind "failed" or "waiting".
WORDS: Final = {
    Trouble.REFUSED: "the mail server refused it",
    Trouble.LOST: "the connection broke while it was handed over",
    Trouble.TAKEN_OVER: "the process that had it ended before it said what became of it",
    Trouble.NOT_OFFERED: "the mail server carries no address with such letters before the @ (it offers no SMTPUTF8)",
    Trouble.UNWRITABLE: "no e-mail can be written to this address, or with this text",
    Trouble.UNREADABLE: "what is kept of it cannot be read",
    Trouble.UNREACHABLE: "its recipient cannot be reached",
    Trouble.HELD: "the policy that its address was given under does not name who carries it, or it is not needed any more",
}


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail to somebody; `attachments` are (file name, media type, content).

    A letter of a consumer request has its page as well, and what its PDF is made from (`rights.letters`); one that was written
    by an earlier version has neither, and what is written as plain text alone gets its page when it leaves (`mail_look`).
    """

    to: str
    subject: str
    text: str
    attachments: tuple[tuple[str, str, bytes], ...] = ()
    html: str = ""
    printed: str = ""

    def packed(self) -> bytes:
        """Return the message as it is kept, before it is sealed."""
        attachments = [[name, kind, content.decode()] for name, kind, content in self.attachments]
        page = {"html": self.html, "printed": self.printed} if self.html else {}
        body = {"to": self.to, "subject": self.subject, "text": self.text, "attachments": attachments, **page}
        return json.dumps(body).encode()


def unpacked(plain: bytes) -> Message:
    """Return a message as it was kept. Raises one of DAMAGED."""
    body = json.loads(plain)
    attachments = tuple((name, kind, content.encode()) for name, kind, content in body["attachments"])
    return Message(body["to"], body["subject"], body["text"], attachments, body.get("html", ""), body.get("printed", ""))


def letter(store: Store, row: Delivery) -> Message | None:
    """Return a letter of a consumer request; None when its key is destroyed. Raises one of DAMAGED."""
    with store.control.reading() as tx:
        return letter_in(tx, store, row)


def letter_in(tx: Transaction, store: Store, row: Delivery) -> Message | None:
    """Return a letter of a consumer request, as `letter` does, in the caller's transaction."""
    plain = deliveries.letter(store, tx, row)
    return unpacked(plain) if plain is not None else None


@dataclass(frozen=True, slots=True)
class Parts:
    """A message of a mailing: plain text, HTML, and the headers by which mail programs offer to unsubscribe (RFC 8058)."""

    text: str
    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Turn:
    """A message whose turn has come, unopened; `attempts` is how often a server has answered before."""

    message_id: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that may leave now, unsealed, with the leave that was decided for it.

    `parts` is there for a message of a mailing, whose text it holds. `until_ms` is the moment until which it is tried however
    often that is: the last one on which its consumer request can be answered. None: a bounded number of times.
    `sender` is the address of the website in whose name it goes, "" for the installation's; `instruction` what a recipient is
    told by it (`gate.instructions`), "" for what goes to a person; `opt_out` of which opt-out.
    """

    message_id: str
    created_ms: int
    message: Message
    leave: Leave
    parts: Parts | None = None
    until_ms: int | None = None
    request_id: str | None = None
    mailing: str | None = None
    is_measured: bool = False
    sender: str = ""
    instruction: str = ""
    opt_out: PassedOn | None = None


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message to a person in the list: no address. `state` is "waiting", "leaving", "sent" or "failed".

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
    site: str = ""


def line(row: Delivery, read: Callable[[Delivery], Message | None]) -> MessageLine:
    """Return a message for a list; one that cannot be read is there all the same. `read` returns what it says."""
    try:
        message = read(row)
        subject = message.subject if message else "(its key is destroyed)"
    except DAMAGED:
        subject = "(cannot be read)"
    reference = (row.request_id or "")[:10].upper()
    return MessageLine(
        row.id, row.made_ms, subject, row.state, row.attempts, reference, _why(row), row.kind == "mailing", row.site
    )


def _why(row: Delivery) -> str:
    """Return why a message has not left, in words, with the mail server's code; what the gate said where it said more."""
    words = WORDS[Trouble(row.trouble)] if row.trouble else ""
    words = row.why if row.why and row.trouble == Trouble.HELD else words
    return f"{words} ({row.code})" if row.code else words


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom an e-mail went to: their address, and what they have said no and yes to."""

    address: str
    opted_out: frozenset[str]
    opted_in: frozenset[str]
