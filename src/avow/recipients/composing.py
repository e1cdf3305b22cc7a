"""How a message travels: its headers and its body, with nothing remote in it and nothing that reports an opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy, default
from email.utils import format_datetime
from typing import Any, Final

from avow.addresses import Mailbox
from avow.definitions import moment


@dataclass(frozen=True, slots=True)
class Parts:
    """A message of a mailing: plain text, HTML, and the headers by which mail programs offer to unsubscribe (RFC 8058)."""

    text: str
    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits to be sent, unsealed. `purpose` is what it is sent for.

    `mailing` is there for a message of a mailing, whose text it holds. `until_ms` is the moment until which it is tried
    however often that is: the last one on which its consumer request can be answered. None: a bounded number of times.
    """

    message_id: str
    created_ms: int
    to: str
    subject: str
    text: str
    attachments: tuple[tuple[str, str, bytes], ...]
    purpose: str
    mailing: Parts | None = None
    until_ms: int | None = None


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header that stands on one line: mail programs do not read an address that is folded or encoded (RFC 8058, 3.1)."""

    def fold(self, *, policy: Policy[Any]) -> str:  # Any: whatever message the policy is of
        """Return the header's line."""
        return f"{self.name}: {self}{policy.linesep}"


_headers: Final = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _Unfolded)
_POLICY: Final = default.clone(header_factory=_headers)


def compose(message: Waiting, sender: Mailbox, to: Mailbox) -> bytes:
    """Return the message as it travels. Raises ValueError, and what the library raises, for a text that cannot be written."""
    composed = _composed(message, sender, to)
    return composed.as_bytes(policy=_POLICY.clone(utf8=to.needs_smtputf8, linesep="\r\n"))


def _composed(message: Waiting, sender: Mailbox, to: Mailbox) -> EmailMessage:
    composed = EmailMessage(_POLICY)
    composed["From"] = Address(username=sender.local, domain=sender.domain)
    composed["To"] = Address(username=to.local, domain=to.domain)
    composed["Subject"] = message.subject
    composed["Date"] = format_datetime(moment(message.created_ms))
    composed["Message-ID"] = f"<{message.message_id}@{sender.domain}>"
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
