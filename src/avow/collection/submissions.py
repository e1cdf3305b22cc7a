"""Forms: declared fields only, checked for what makes an answer possible, with a reference number for the person."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from avow.collection.events import NOT_DECLARED, Dropped
from avow.definitions import IdentifierKind
from avow.policy import CollectionPoint, Rulebook, schemas

#: Letters and digits that are not mistaken for one another (Crockford's base 32).
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH: Final = 10
_EMAIL: Final = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\.]+(\.[^@\s<>,;:\"()\[\]\\.]+)+")
EMAIL_LENGTH: Final = 254


@dataclass(frozen=True, slots=True)
class Form:
    """What a form held: declared fields, what was dropped, and what keeps it from being taken, by field."""

    fields: dict[str, str]
    dropped: tuple[Dropped, ...]
    errors: dict[str, str]


def parse(rulebook: Rulebook, point: CollectionPoint, pairs: Iterable[tuple[str, str]]) -> Form:
    """Return the form's declared fields; an error keeps everything typed, so that nothing has to be written twice."""
    sendable = schemas.sendable(rulebook, point.name)
    fields: dict[str, str] = {}
    dropped: dict[str, Dropped] = {}
    for name, value in pairs:
        if name in sendable:
            fields[name] = value.replace("\r\n", "\n").strip()
        else:
            dropped[name] = Dropped(point.name, name, NOT_DECLARED)
    return Form(
        {name: value for name, value in fields.items() if value}, tuple(dropped.values()), _errors(rulebook, point, fields)
    )


def _errors(rulebook: Rulebook, point: CollectionPoint, fields: dict[str, str]) -> dict[str, str]:
    """Return for each field that cannot be taken a sentence that says how to mend it."""
    errors: dict[str, str] = {}
    for name in point.fields:
        value, item = fields.get(name, ""), rulebook.data[name]
        if not value and name in point.required:
            errors[name] = f"Please fill in “{item.label}”."
        elif len(value) > item.max_length:
            errors[name] = f"“{item.label}” may have {item.max_length} characters; this has {len(value)}."
        elif "\0" in value:
            errors[name] = f"“{item.label}” holds a character that is not text."
        elif value and item.identifier is IdentifierKind.EMAIL and not is_email(value):
            errors[name] = f"“{item.label}” needs an address like name@example.com."
    return errors


def is_email(value: str) -> bool:
    """Return whether the text can be an e-mail address that a reply could be sent to."""
    return len(value) <= EMAIL_LENGTH and bool(_EMAIL.fullmatch(value))


def identifiers(rulebook: Rulebook, fields: dict[str, str]) -> dict[str, str]:
    """Return what finds the person again among the form's fields: identifier kind -> value."""
    return {
        item.identifier.value: fields[name]
        for name in fields
        if (item := rulebook.data[name]).identifier is IdentifierKind.EMAIL and item.identifier
    }


def new_reference() -> str:
    """Return a reference number for a person to quote; it says nothing about them."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(REFERENCE_LENGTH))
