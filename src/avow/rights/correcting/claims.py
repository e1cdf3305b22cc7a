"""What a person may say is wrong: a field of what people, companies or browsers told us, by its name, with what is right in it.

Nothing that is held is looked at here: who asks is not known yet.
Rule: 11 CCR 7023; 7060(h) (what is contested proves nobody).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from avow import addresses, telephones
from avow.definitions import LETTERS, SERVER_FIELDS, IdentifierKind, Technology
from avow.policy import DataItem, Rulebook
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.policy.rulebook.declarations import CollectionPoint
from avow.rights.cases import Claim

#: By what a browser tells something that can be put right.
_TOLD: Final = frozenset({Technology.TAG, Technology.WEB_BEACON, Technology.PIXEL})
#: Where a browser was: what was there is no statement about its person.
_WHERE: Final = frozenset({"page", "referrer"})
#: Fields that one request contests, and characters of what is said to be wrong. More are another request.
CLAIMS: Final = 6
WRONG_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Correctable:
    """A field that can be corrected: its collection point, its name, and what both are called; `is_file`: it is a document."""

    point: str
    field: str
    point_label: str
    label: str
    is_file: bool = False

    @property
    def value(self) -> str:
        """How a form names it."""
        return f"{self.point}/{self.field}"

    @property
    def called(self) -> str:
        """How letters and plans name it: "Contact form: Name"."""
        return f"{self.point_label}: {self.label}"


def correctable(rulebook: Rulebook) -> tuple[Correctable, ...]:
    """Return what can be corrected, in the policy's order.

    Each text and document of what people, or companies about them, write to us, and each text that the browser of somebody who is
    recognised tells. What our server itself sees of a browser, and where that was, is no statement that one could put right: it
    is deleted.
    Rule: Cal. Civ. Code § 1798.106(a); 11 CCR 7023(c), (e).
    """
    asking = {right.form for right in rulebook.rights.values()}
    return tuple(
        Correctable(point.name, name, point.label, rulebook.data[name].label, is_file=rulebook.data[name].file is not None)
        for point in rulebook.points.values()
        if not point.collected_by and point.name not in asking and (point.technology in LETTERS or is_told(point))
        for name in point.fields
        if name not in SERVER_FIELDS and not (is_told(point) and (name in _WHERE or rulebook.data[name].identifier))
    )


def is_told(point: CollectionPoint) -> bool:
    """Return whether what a point takes is told by the browser of somebody who is recognised."""
    return point.technology in _TOLD and VISITOR_ID in point.fields


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
    right, limit = row["right"].replace("\r\n", "\n"), item.max_length or WRONG_LENGTH
    if len(row["wrong"]) > WRONG_LENGTH:
        errors[f"wrong-{number}"] = f"Please use at most {WRONG_LENGTH} characters."
    if not row["wrong"]:
        errors[f"wrong-{number}"] = "Please say what is wrong in it, as far as you know."
    if not right and not row["delete"] and item.file is None:  # a document is sent once it is proved who asks
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
