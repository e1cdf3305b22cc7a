"""The forms that pages of a website send, as the policy declares them: which there are, and their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avow.definitions import FORMS, IdentifierKind, Technology
from avow.policy import CollectionPoint, DataItem, Rulebook, schemas
from avow.publication.answers import FieldFacts, FormFacts

#: A longer text than this is written in lines, characters.
ONE_LINE: Final = 300
_SENT_BY_PAGES: Final = FORMS | {Technology.EMAIL}
_KINDS: Final[Mapping[IdentifierKind | None, str]] = {IdentifierKind.EMAIL: "email", IdentifierKind.PHONE: "tel"}
#: Endings of files beside the names of their kinds.
_ENDINGS: Final = {"jpeg": (".jpeg", ".jpg"), "txt": (".txt",)}


def page_forms(rulebook: Rulebook) -> tuple[CollectionPoint, ...]:
    """Return the forms and subscriptions that a website's own pages may have; those of the privacy centre are its own."""
    of_rights = {right.form for right in rulebook.rights.values()}
    return tuple(
        point
        for point in rulebook.points.values()
        if point.technology in _SENT_BY_PAGES and not point.collected_by and point.name not in of_rights
    )


def form_facts(rulebook: Rulebook, point: str) -> FormFacts | None:
    """Return the fields that a person fills in at this collection point; None for what no page's form sends."""
    declared = next((one for one in page_forms(rulebook) if one.name == point), None)
    if declared is None:
        return None
    sendable = schemas.sendable(rulebook, point)
    fields = tuple(
        _field(rulebook.data[name], is_required=name in declared.required) for name in declared.fields if name in sendable
    )
    return FormFacts(point, declared.label, declared.section, fields)


def _field(item: DataItem, *, is_required: bool) -> FieldFacts:
    if item.file is not None:
        accepts = ",".join(ending for kind in item.file.types for ending in _ENDINGS.get(kind, (f".{kind}",)))
        return FieldFacts(item.name, item.label, "file", is_required, 0, item.description, accepts, item.file.max_files > 1)
    kind = _KINDS.get(item.identifier, "long" if item.max_length > ONE_LINE else "text")
    return FieldFacts(item.name, item.label, kind, is_required, item.max_length, item.description)
