"""What a person may say is wrong: a field of what people or companies wrote to us, by its name, with what is right in it.

Nothing that is held is looked at here: who asks is not known yet.
Rule: 11 CCR 7023; 7060(h) (what is contested proves nobody).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from avow import addresses, telephones
from avow.definitions import LETTERS, SERVER_FIELDS, IdentifierKind
from avow.policy import DataItem, Rulebook
from avow.rights.cases import Claim

#: Fields that one request contests, and characters of what is said to be wrong. More are another request.
CLAIMS: Final = 6
WRONG_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Correctable:
    """A field that can be corrected: its collection point, its name, and what both are called."""

    point: str
    field: str
    point_label: str
    label: str

    @property
    def value(self) -> str:
        """How a form names it."""
        return f"{self.point}/{self.field}"

    @property
    def called(self) -> str:
        """How letters and plans name it: "Contact form: Name"."""
        return f"{self.point_label}: {self.label}"


def correctable(rulebook: Rulebook) -> tuple[Correctable, ...]:
    """Return what can be corrected: each text of what people, or companies about them, write to us, in the policy's order.

    What a browser tells by itself is no statement about a person that one could put right: it is deleted. So is a file.
    Rule: Cal. Civ. Code § 1798.106(a); 11 CCR 7023(e).
    """
    asking = {right.form for right in rulebook.rights.values()}
    return tuple(
        Correctable(point.name, name, point.label, rulebook.data[name].label)
        for point in rulebook.points.values()
        if point.technology in LETTERS and not point.collected_by and point.name not in asking
        for name in point.fields
        if name not in SERVER_FIELDS and rulebook.data[name].file is None
    )


def named(rulebook: Rulebook, claim: Claim) -> Correctable:
    """Return the field that a claim is about as a version calls it; by its names where it declares it no more."""
    found = (one for one in correctable(rulebook) if (one.point, one.field) == (claim.point, claim.field))
    return next(found, Correctable(claim.point, claim.field, claim.point, claim.field))


def judged(rulebook: Rulebook, values: Mapping[str, str]) -> tuple[tuple[Claim, ...], dict[str, str]]:
    """Return the claims of a filled-in form, and a sentence for each of its fields that has to be mended.

    The form has rows: "field-1", "wrong-1", "right-1", "delete-1", and so on; an empty row says nothing.
    """
    known = {one.value: one for one in correctable(rulebook)}
    claims: list[Claim] = []
    errors: dict[str, str] = {}
    for number in range(1, CLAIMS + 1):
        row = {name: values.get(f"{name}-{number}", "").strip() for name in ("field", "wrong", "right", "delete")}
        if not any(row.values()):
            continue
        wanted = known.get(row["field"])
        if wanted is None:
            errors[f"field-{number}"] = "Please choose which field is wrong."
            continue
        if any((one.point, one.field) == (wanted.point, wanted.field) for one in claims):
            errors[f"field-{number}"] = "This field is there twice; please say all of it in one row."
            continue
        right = _right(rulebook.data[wanted.field], row, number, errors)
        claims.append(Claim(wanted.point, wanted.field, row["wrong"], right, may_delete=bool(row["delete"])))
    if not claims and not errors:
        errors["field-1"] = "Please say what is wrong, and what is right."
    return tuple(claims), errors


def _right(item: DataItem, row: Mapping[str, str], number: int, errors: dict[str, str]) -> str:
    """Return what is right in its one form; with a sentence in `errors` for what cannot be taken."""
    right, limit = row["right"].replace("\r\n", "\n"), item.max_length
    if len(row["wrong"]) > WRONG_LENGTH:
        errors[f"wrong-{number}"] = f"Please use at most {WRONG_LENGTH} characters."
    if not row["wrong"]:
        errors[f"wrong-{number}"] = "Please say what is wrong in it, as far as you know."
    if not right and not row["delete"]:
        errors[f"right-{number}"] = "Please say what is right, or that we may delete it."
    elif len(right) > limit:
        errors[f"right-{number}"] = f"“{item.label}” may have {limit} characters; this has {len(right)}."
    elif "\0" in right:
        errors[f"right-{number}"] = f"“{item.label}” holds a character that is not text."
    elif right and item.identifier is IdentifierKind.EMAIL:
        if wrong := addresses.wrong_with(right):
            errors[f"right-{number}"] = f"“{item.label}” {wrong}."
        return addresses.address_of(right) or right
    elif right and item.identifier is IdentifierKind.PHONE:
        number_of = telephones.number_of(right, item.region)
        if number_of is None:
            errors[f"right-{number}"] = f"“{item.label}” {telephones.SENTENCE}."
        return number_of or right
    return right
