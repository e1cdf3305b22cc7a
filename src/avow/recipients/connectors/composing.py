"""How a message travels: its headers and its body, with nothing remote in it and nothing that reports an opening."""

from __future__ import annotations

from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy, default
from email.utils import format_datetime
from typing import Any, Final

from avow.addresses import Mailbox
from avow.definitions import moment
from avow.gate import mail_look
from avow.gate.messages import Waiting


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header that is on one line: mail programs do not read an address that is folded or encoded (RFC 8058, 3.1)."""

    def fold(self, *, policy: Policy[Any]) -> str:  # Any: whatever message the policy is of
        """Return the header's line."""
        return f"{self.name}: {self}{policy.linesep}"


class _Headers(HeaderRegistry):
    """The library's registry, which makes a class for each header that it writes: here, once for each name."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type[BaseHeader]] = {}

    def __getitem__(self, name: str) -> type[BaseHeader]:
        """Return the class of a header."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = super().__getitem__(name)
        return made


_headers: Final = _Headers()
_headers.map_to_type("list-unsubscribe", _Unfolded)
_POLICY: Final = default.clone(header_factory=_headers)


def compose(message: Waiting, sender: Mailbox, to: Mailbox) -> bytes:
    """Return the message as it travels. Raises ValueError, and what the library raises, for a text that cannot be written."""
    composed = _composed(message, sender, to)
    return composed.as_bytes(policy=_POLICY.clone(utf8=to.needs_smtputf8, linesep="\r\n"))


def _composed(waiting: Waiting, sender: Mailbox, to: Mailbox) -> EmailMessage:
    composed, message = EmailMessage(_POLICY), waiting.message
    composed["From"] = Address(username=sender.local, domain=sender.domain)
    composed["To"] = Address(username=to.local, domain=to.domain)
    composed["Subject"] = message.subject
    composed["Date"] = format_datetime(moment(waiting.created_ms))
    composed["Message-ID"] = f"<{waiting.message_id}@{sender.domain}>"
    if waiting.parts is not None:
        for name, value in waiting.parts.headers.items():
            composed[name] = value
        composed.set_content(waiting.parts.text)
        composed.add_alternative(waiting.parts.html, subtype="html")
        return composed
    composed["Auto-Submitted"] = "auto-generated"
    composed.set_content(message.text)
    composed.add_alternative(message.html or mail_look.of_text(message.subject, message.text), subtype="html")
    for name, media_type, content in message.attachments:
        kind, _, subtype = media_type.partition("/")
        composed.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return composed
