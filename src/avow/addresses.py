"""Which texts are e-mail addresses, and the one form of each: what is compared, kept, and written to (RFC 5321, 5322, 6531).

Every door asks here. One mailbox has many spellings: browsers write its domain in ASCII, people as it is spoken, keyboards
compose letters or leave them apart. Its form is the one that mail is sent in: the domain in ASCII (IDNA 2008), the part before
the @ in NFC and small letters. Why: decision 0057.

The names that are reserved (`.example`, `.invalid`, `.test`, `.local`) are taken like any other: they are what a company uses
inside its own network and in trials, and whether somebody reads there is for the mail server to say.
"""

from __future__ import annotations

import re
import unicodedata
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
#: How a domain's label in ASCII begins that stands for one of another script (RFC 5890, 2.3.2.1).
A_LABEL: Final = "xn--"
#: Kinds of characters that nobody sees: controls, formats (zero width, directions), separators of lines and paragraphs.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
#: Others that are drawn as nothing: Default_Ignorable_Code_Point of Unicode outside of those kinds, and the empty Braille cell.
_EMPTY: Final = re.compile(r"[\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFE00-\uFE0F\uFFA0\U000E0100-\U000E01EF]")

email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()  # the library's own way to take all of them


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in its one form: the domain in ASCII, the part before the @ in NFC and small letters.

    `needs_smtputf8`: only a server that offers SMTPUTF8 can carry a message there (RFC 6531).
    """

    local: str
    domain: str
    needs_smtputf8: bool

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def judged(text: str) -> Mailbox | str:
    """Return the mailbox that a text names, without the space around it; else what a form says of its field."""
    text = text.strip()
    if unseen := next((one for one in text if unicodedata.category(one) in _UNSEEN or _EMPTY.match(one)), ""):
        return f"holds a character that cannot be seen ({_name(unseen)}); please type the address instead of copying it"
    if len(text) > LENGTH or ENCODED_WORD in text:
        return SENTENCE
    try:
        found = email_validator.validate_email(text, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError:
        return SENTENCE
    assert found.ascii_domain is not None
    local = unicodedata.normalize("NFC", found.local_part.lower())
    made = Mailbox(local, found.ascii_domain, needs_smtputf8=not local.isascii())
    is_short = len(local.encode()) <= LOCAL_OCTETS and len(str(made).encode()) <= LENGTH
    return made if is_short else SENTENCE


def mailbox(text: str) -> Mailbox | None:
    """Return the mailbox that a text names; None when no message can be written to it."""
    found = judged(text)
    return found if isinstance(found, Mailbox) else None


def wrong_with(text: str) -> str:
    """Return what a form says of a field that holds this text; "" for an address."""
    found = judged(text)
    return found if isinstance(found, str) else ""


def address_of(text: str) -> str | None:
    """Return the one form of an address; None when no message can be written to it."""
    found = mailbox(text)
    return None if found is None else str(found)


def normal(text: str) -> str:
    """Return the one form of an address; what is none, as an earlier version may have taken it, in small letters.

    Most are in ASCII throughout, where the form is small letters: those are not looked at any closer, for a list has many.
    """
    small = text.strip().lower()
    if small.isascii() and A_LABEL not in small:
        return small
    return address_of(text) or small


def earlier(address: str) -> tuple[str, ...]:
    """Return the other forms in which earlier versions compared an address, given its one form; none for most.

    They compared what was typed, in small letters: the domain in either script, letters composed or apart.
    """
    local, at, domain = address.rpartition("@")
    spoken = _spoken(domain)
    locals_ = {local, unicodedata.normalize("NFD", local)}
    domains = {domain, spoken, unicodedata.normalize("NFD", spoken)}
    return tuple(sorted({f"{one}{at}{other}" for one in locals_ for other in domains} - {address}))


def _spoken(domain: str) -> str:
    """Return a domain with its labels in the script that people read; one that nothing decodes as it is."""
    if A_LABEL not in domain:
        return domain
    try:
        return email_validator.validate_email(f"a@{domain}", check_deliverability=False).domain
    except email_validator.EmailNotValidError:
        return domain


def _name(character: str) -> str:
    """Return how Unicode calls a character, with its number."""
    name = unicodedata.name(character, "control character")
    return f"U+{ord(character):04X} {name}"
