"""Forms: declared fields only, checked for what makes an answer possible, with a reference number for the person."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from avow import addresses, telephones
from avow.collection.events import NOT_DECLARED, Dropped
from avow.collection.forms.uploads import Checked, Upload, check, in_words
from avow.collection.refusals import shown_name
from avow.definitions import IdentifierKind, Permit, Refusal, Submission, moment
from avow.policy import CollectionPoint, DataItem, Rulebook, schemas
from avow.policy.language.vocabulary import NEVER_KEPT
from avow.policy.rulebook import numbers, retention_classes

#: Letters and digits that are not mistaken for one another (Crockford's base 32).
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH: Final = 10
NO_FILE: Final = "the policy declares a file here, and a text came"
NO_TEXT: Final = "the policy declares a text here, and a file came"
#: What stands in place of a number that is never kept.
MASK: Final = "[number removed]"


@dataclass(frozen=True, slots=True)
class Form:
    """What a form held: declared fields, what was dropped, and what keeps it from being taken, by field."""

    fields: dict[str, str]
    dropped: tuple[Dropped, ...]
    errors: dict[str, str]
    files: tuple[Checked, ...] = ()
    masked: tuple[str, ...] = ()


def parse(rulebook: Rulebook, point: CollectionPoint, pairs: Iterable[tuple[str, str]], uploads: Sequence[Upload] = ()) -> Form:
    """Return the form's declared fields and files; an error keeps everything typed, so that nothing is written twice.

    What was typed into several fields of one name is kept, a line each; an address is one, and two of them are an error.
    Numbers that an item never keeps are masked, or are an error of their field, as declared (`DataItem.never`).
    """
    sendable = schemas.sendable(rulebook, point.name)
    texts = {name for name in sendable if rulebook.data[name].file is None}
    said: dict[str, dict[str, None]] = {}  # each field's values once, in their one form and their order
    dropped: dict[str, Dropped] = {}
    for name, value in pairs:
        if name in texts:
            said.setdefault(name, {})[_formed(rulebook.data[name], value)] = None
        elif name not in sendable or value:  # a browser without multipart sends the bare name of a file: no file came
            dropped[name] = Dropped(point.name, name, NO_FILE if name in sendable else NOT_DECLARED)
    for upload in uploads:
        if upload.field not in sendable - texts:
            dropped[upload.field] = Dropped(point.name, upload.field, NO_TEXT if upload.field in texts else NOT_DECLARED)
    fields = {name: "\n".join(filter(None, values)) for name, values in said.items()}
    masked, errors = _without_numbers(rulebook, fields)
    files = _files(rulebook, point, uploads, fields, errors)
    errors = _errors(rulebook, point, fields) | errors
    kept = {name: value for name, value in fields.items() if value}
    return Form(kept, tuple(dropped.values()), errors, files, masked)


def _formed(item: DataItem, value: str) -> str:
    """Return what was typed into a field in its one form; what cannot be taken as it was typed, for its person to mend."""
    text = value.replace("\r\n", "\n").strip()
    if item.identifier is IdentifierKind.EMAIL:
        return addresses.address_of(text) or text
    if item.identifier is IdentifierKind.PHONE:
        return telephones.number_of(text, item.region) or text
    return text


def _without_numbers(rulebook: Rulebook, fields: dict[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Mask in `fields` what is never kept; return the masked items' names, and errors of items that refuse it.

    Rule: Cal. Civ. Code § 1798.100(c); 11 CCR 7024(d).
    """
    masked, errors = [], {}
    for name, value in fields.items():
        item = rulebook.data[name]
        if len(value) > item.max_length:  # an error by itself; and what takes no end is not looked through
            continue
        found = {kind: text for kind in item.never if (text := numbers.REPLACE[kind](value, MASK)) != value}
        if not found:
            continue
        what = " and ".join(NEVER_KEPT[kind] for kind in found)
        if item.on_found == "refuse":
            errors[name] = f"“{item.label}” seems to hold {what}. We never keep that; please take it out."
        else:
            for kind in item.never:
                fields[name] = numbers.REPLACE[kind](fields[name], MASK)
            masked.append(name)
    return tuple(masked), errors


def _files(
    rulebook: Rulebook, point: CollectionPoint, uploads: Sequence[Upload], fields: dict[str, str], errors: dict[str, str]
) -> tuple[Checked, ...]:
    """Return the declared files; each item says in `fields` what came, and in `errors` why it cannot be taken."""
    taken: list[Checked] = []
    for name in point.fields:
        own = [upload for upload in uploads if upload.field == name]
        item = rulebook.data[name]
        if item.file is None or not own:
            continue
        checked = check(item, own)
        if isinstance(checked, str):
            fields[name], errors[name] = "?", checked  # something came: it is not missing, it is wrong
        else:
            fields[name] = in_words(checked)
            taken.extend(checked)
    return tuple(taken)


def _errors(rulebook: Rulebook, point: CollectionPoint, fields: dict[str, str]) -> dict[str, str]:
    """Return for each field that cannot be taken a sentence that says how to mend it."""
    errors: dict[str, str] = {}
    for name in point.fields:
        value, item = fields.get(name, ""), rulebook.data[name]
        if not value and name in point.required:
            errors[name] = f"Please {'choose a file for' if item.file else 'fill in'} “{item.label}”."
        elif len(value) > item.max_length and item.file is None:
            errors[name] = f"“{item.label}” may have {item.max_length} characters; this has {len(value)}."
        elif "\0" in value:
            errors[name] = f"“{item.label}” holds a character that is not text."
        elif value and (wrong := _wrong_with(item, value)):
            errors[name] = f"“{item.label}” {wrong}."
    return errors


def _wrong_with(item: DataItem, value: str) -> str:
    """Return what is wrong with what should find its person; "" for nothing."""
    if item.identifier is IdentifierKind.EMAIL:
        return addresses.wrong_with(value)
    is_no_number = item.identifier is IdentifierKind.PHONE and telephones.number_of(value, item.region) is None
    return telephones.SENTENCE if is_no_number else ""


#: What a person writes into a form by which they are found; a browser's number is none of it.
_WRITTEN: Final = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})


def identifiers(rulebook: Rulebook, point: CollectionPoint, fields: dict[str, str]) -> list[tuple[str, str]]:
    """Return what finds the person again among the form's fields, kind and value, in the order of the policy."""
    kinds = {name: rulebook.data[name].identifier for name in point.fields if name in fields}
    return [(kind.value, fields[name]) for name, kind in kinds.items() if kind in _WRITTEN and kind is not None]


def record(
    rulebook: Rulebook, site: str, permit: Permit, form: Form, *, record_id: str, reference: str, collected_ms: int
) -> Submission:
    """Return the record of a form, or of a delivery that says the same, with permitted fields only."""
    fields = {name: value for name, value in form.fields.items() if name in permit.fields}
    return Submission(
        record_id=record_id,
        collected_ms=collected_ms,
        site=site,
        point=permit.point,
        rulebook_id=permit.rulebook_id,
        reference=reference,
        delete_on=permit.delete_on.isoformat(),
        then=permit.then,
        fields=fields,
        identifiers=identifiers(rulebook, rulebook.points[permit.point], fields),
        purposes=sorted(permit.purposes),
        dropped=sorted({shown_name(lost.field) for lost in form.dropped}),
        retention_class=retention_classes.of(rulebook, permit.point, permit.purposes),
    )


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
    limited = rulebook.limited(form.point, purposes, opted_out)
    if purposes == frozenset(form.purposes) and not limited & {*form.fields, *(one.item for one in form.files)}:
        return form
    point = rulebook.points[form.point]
    left = {name for name in point.fields if point.needing(name) & purposes} - limited
    kept = {name: value for name, value in form.fields.items() if name in left}
    due = point.retention_for(purposes)
    return msgspec.structs.replace(
        form,
        purposes=sorted(purposes),
        fields=kept,
        files=[one for one in form.files if one.item in left],
        identifiers=identifiers(rulebook, point, kept),
        delete_on=due.due(collected).isoformat(),
        then=due.then,
    )


def new_reference() -> str:
    """Return a reference number for a person to quote; it says nothing about them."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(REFERENCE_LENGTH))


def reference_of(drawn: bytes) -> str:
    """Return the reference number that follows from at least ten random bytes: the same for the same bytes."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in drawn[:REFERENCE_LENGTH])
