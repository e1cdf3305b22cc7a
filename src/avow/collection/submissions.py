"""Forms: declared fields only, checked for what makes an answer possible, with a reference number for the person."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from avow.collection.events import NOT_DECLARED, Dropped
from avow.definitions import IdentifierKind, Refusal, Submission, moment
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


def narrowed(form: Submission, rulebook: Rulebook, opted_out: frozenset[str]) -> Submission | None:
    """Return what may still be kept of a form whose sender has opted out, on whatever device; None: nothing of it.

    Only ever less than what was permitted when it came in: what its browser said yes to then stays the limit.
    Rule: 11 CCR 7025(c)(1); Cal. Civ. Code § 1798.135(c)(4).
    """
    collected = moment(form.collected_ms).date()
    permit = rulebook.permit(form.point, opted_out, collected, frozenset(form.purposes))
    if isinstance(permit, Refusal):
        return None
    purposes = permit.purposes & frozenset(form.purposes)
    if not purposes:
        return None
    if purposes == frozenset(form.purposes):
        return form
    point = rulebook.points[form.point]
    kept = {name: value for name, value in form.fields.items() if point.needing(name) & purposes}
    due = point.retention_for(purposes)
    return msgspec.structs.replace(
        form,
        purposes=sorted(purposes),
        fields=kept,
        identifiers={kind: value for kind, value in form.identifiers.items() if value in kept.values()},
        delete_on=due.due(collected).isoformat(),
        then=due.then,
    )


def new_reference() -> str:
    """Return a reference number for a person to quote; it says nothing about them."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(REFERENCE_LENGTH))
