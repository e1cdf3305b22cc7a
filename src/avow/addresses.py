"""Which texts are e-mail addresses: those that a message can be written to (RFC 5321, 5322, 6531). Every door asks here.

The names that are reserved (`.example`, `.invalid`, `.test`, `.local`) are taken like any other: they are what a company uses
inside its own network and in trials, and whether somebody reads there is for the mail server to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import email_validator

#: Longest address, characters as typed: RFC 5321, 4.5.3.1.3, without the angle brackets.
LENGTH: Final = 254
#: Longest part before the @, octets: RFC 5321, 4.5.3.1.1.
LOCAL_OCTETS: Final = 64
#: How an encoded word begins: a mail program would read another address than the one that is written (RFC 2047).
ENCODED_WORD: Final = "=?"
#: What a form says when a text is no address.
SENTENCE: Final = "needs an address like name@example.com"

email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()  # the library's own way to take all of them


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address as mail is written to it: the domain in ASCII, the part before the @ as it is spelt.

    `needs_smtputf8`: only a server that offers SMTPUTF8 can carry a message there (RFC 6531).
    """

    local: str
    domain: str
    needs_smtputf8: bool

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def mailbox(text: str) -> Mailbox | None:
    """Return the mailbox that a text names, without the space around it; None when no message can be written to it."""
    text = text.strip()
    if len(text) > LENGTH or ENCODED_WORD in text:
        return None
    try:
        found = email_validator.validate_email(text, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError:
        return None
    assert found.ascii_domain is not None
    made = Mailbox(found.local_part, found.ascii_domain, needs_smtputf8=not found.local_part.isascii())
    is_short = len(made.local.encode()) <= LOCAL_OCTETS and len(str(made).encode()) <= LENGTH
    return made if is_short else None


def is_address(text: str) -> bool:
    """Return whether a message can be written to this text."""
    return mailbox(text) is not None


def address_of(text: str) -> str | None:
    """Return the address as it was typed, without the space around it; None when no message can be written to it."""
    return text.strip() if is_address(text) else None
