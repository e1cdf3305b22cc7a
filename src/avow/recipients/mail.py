"""E-mail over SMTP to the server that the configuration names; each message is a disclosure to the recipient that runs it.

Without a server messages wait in the outbox, where the console shows them.
A crash between the server's yes and our note of it sends a message again with the same Message-ID (RFC 5322, 3.6.4),
by which mail systems drop the second copy.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy, default
from email.utils import format_datetime
from typing import Any, Final, Protocol

from avow.config import Mail
from avow.definitions import moment

log = logging.getLogger(__name__)

#: Seconds that a connection to the SMTP server may take.
TIMEOUT_SECONDS: Final = 20
#: After so many tries a message is marked as failed and shown in the console.
MAX_ATTEMPTS: Final = 12
#: Messages sent in one round.
ROUND: Final = 50


@dataclass(frozen=True, slots=True)
class Parts:
    """A message of a mailing: plain text, HTML, and the headers by which mail programs offer to unsubscribe (RFC 8058)."""

    text: str
    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits to be sent, unsealed; `attempts` were made before. `purpose` is what it is sent for.

    `mailing` is there for a message of a mailing, whose text it holds.
    """

    message_id: str
    created_ms: int
    to: str
    subject: str
    text: str
    attachments: tuple[tuple[str, str, bytes], ...]
    attempts: int
    purpose: str
    mailing: Parts | None = None


class Outbox(Protocol):
    """Where messages wait."""

    def due(self, now_ms: int, limit: int) -> Sequence[Waiting]:
        """Return messages whose next try is due; those that cannot be unsealed any more, or may not leave, are not among them."""

    def sent(self, message_id: str, now_ms: int, disclosure: Mapping[str, str]) -> None:
        """Note that the message was handed over, together with the disclosure."""

    def retry(self, message_id: str, attempts: int, next_ms: int | None) -> None:
        """Note a failed try; no next moment means that it has failed for good."""


def send_due(outbox: Outbox, mail: Mail, now_ms: int) -> int:
    """Send what is due over one connection; return how many messages were handed over.

    Temporary failures are tried again with growing pauses; a refused address fails at once.
    """
    waiting = outbox.due(now_ms, ROUND) if mail.host else ()
    if not waiting:
        return 0
    try:
        server = _connect(mail)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("the SMTP server %s does not take messages: %s", mail.host, type(error).__name__)
        for message in waiting:
            _note_failure(outbox, message, now_ms, is_final=False)
        return 0
    with server:
        return sum(_send_one(server, outbox, message, mail, now_ms) for message in waiting)


def _connect(mail: Mail) -> smtplib.SMTP:
    """Return a connection that is encrypted and signed in, as configured."""
    server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_SECONDS)
    with ExitStack() as unless_ready:
        unless_ready.callback(server.close)
        if mail.starttls:
            server.starttls(context=ssl.create_default_context())
        if mail.username and mail.password_file:
            server.login(mail.username, mail.password_file.read_text(encoding="utf-8").strip())
        unless_ready.pop_all()
    return server


def _send_one(server: smtplib.SMTP, outbox: Outbox, message: Waiting, mail: Mail, now_ms: int) -> bool:
    """Hand one message over; return whether it was taken."""
    try:
        server.send_message(_compose(message, mail), mail.sender, [message.to])
    except smtplib.SMTPRecipientsRefused as refused:
        is_final = all(500 <= code < 600 for code, _ in refused.recipients.values())  # noqa: PLR2004 - RFC 5321, permanent
        _note_failure(outbox, message, now_ms, is_final=is_final)
        return False
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        log.warning("message %s was not taken: %s", message.message_id, type(error).__name__)
        _note_failure(outbox, message, now_ms, is_final=False)
        return False
    outbox.sent(message.message_id, now_ms, {"recipient": mail.recipient, "categories": "A", "purpose": message.purpose})
    return True


def _note_failure(outbox: Outbox, message: Waiting, now_ms: int, *, is_final: bool) -> None:
    """Note the failed try and when the next one is: after 1, 2, 4 … minutes."""
    attempts = message.attempts + 1
    pause_ms = int(timedelta(minutes=2 ** min(attempts - 1, 9)).total_seconds() * 1000)
    is_over = is_final or attempts >= MAX_ATTEMPTS
    outbox.retry(message.message_id, attempts, None if is_over else now_ms + pause_ms)


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header that stands on one line: mail programs do not read an address that is folded or encoded (RFC 8058, 3.1)."""

    def fold(self, *, policy: Policy[Any]) -> str:  # Any: whatever message the policy is of
        """Return the header's line."""
        return f"{self.name}: {self}{policy.linesep}"


_headers: Final = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _Unfolded)
_POLICY: Final = default.clone(header_factory=_headers)


def _compose(message: Waiting, mail: Mail) -> EmailMessage:
    """Return the message as it travels; what is no mailing has no remote content and nothing that reports an opening."""
    composed = EmailMessage(_POLICY)
    composed["From"] = mail.sender
    composed["To"] = Address(addr_spec=message.to)
    composed["Subject"] = message.subject
    composed["Date"] = format_datetime(moment(message.created_ms))
    composed["Message-ID"] = f"<{message.message_id}@{mail.sender.rpartition('@')[2]}>"
    if message.mailing is not None:
        for name, value in message.mailing.headers.items():
            composed[name] = value
        composed.set_content(message.mailing.text)
        composed.add_alternative(message.mailing.html, subtype="html")
        return composed
    composed["Auto-Submitted"] = "auto-generated"
    composed.set_content(message.text)
    for name, media_type, content in message.attachments:
        kind, _, subtype = media_type.partition("/")
        composed.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return composed
