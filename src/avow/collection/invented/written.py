"""What invented people write: declared forms, applications with a file, subscriptions; parsed and permitted as a form is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from avow.collection.forms import submissions
from avow.collection.forms.uploads import Checked, Upload
from avow.collection.invented.people import Person, drawn, number
from avow.collection.invented.records import Terms, record_id
from avow.collection.invented.visits import Act, Visit, What
from avow.definitions import IdentifierKind, Refusal, Submission, Technology
from avow.policy import CollectionPoint, DataItem

_COMPANIES: Final = ("Coastwatch Example Club", "Orchard Sample Farms", "Specimen School", "")
_MESSAGES: Final = (
    "Could you send me your price list? We would need ten of them before spring.",
    "Does it come with a certificate? We need one for our school.",
    "Mine has not worked well since the frost. Can it be repaired, and what would that cost?",
    "I would like to visit you with my club. Whom should I ask?",
    "Thank you for the quick delivery. Where do I find the manual?",
    "Which of your products would you advise for a boat?",
)
#: A text, long enough to be one of several sentences; shorter fields get a word.
_TEXT_LENGTH: Final = 400
_AGES: Final = {"age": "34", "birth-date": "1990-05-17", "birth-year": "1990"}
_PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 58>>stream\nBT /F1 16 Tf 72 760 Td (Curriculum vitae: invented) Tj ET\nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def of_visit(terms: Terms, visit: Visit, until_ms: int) -> Iterator[tuple[Submission, tuple[Checked, ...]]]:
    """Yield what somebody writes in a visit, up to a moment, with the files that come with it and are not kept yet."""
    for place, act in enumerate(visit.acts):
        if act.at_ms <= until_ms:
            for point in _points(terms, act):
                yield from _form(terms, point, visit.who, act, f"{visit.key} {place}")


def _points(terms: Terms, act: Act) -> tuple[CollectionPoint, ...]:
    """Return the points that an act writes to; a form by which rights are asked for takes requests, which are no records."""
    if act.what is What.SUBSCRIPTION:
        return terms.points(Technology.EMAIL)
    of_rights = {right.form for right in terms.rulebook.rights.values()}
    forms = tuple(one for one in terms.points(Technology.FORM) if one.name not in of_rights)
    of_applicants = tuple(one for one in forms if one.people == "applicants")
    if act.what is What.APPLICATION:
        return (*terms.points(Technology.CAREERS_PORTAL), *of_applicants)
    return tuple(one for one in forms if one not in of_applicants) if act.what is What.FORM else ()


def _form(
    terms: Terms, point: CollectionPoint, who: Person, act: Act, key: str
) -> Iterator[tuple[Submission, tuple[Checked, ...]]]:
    """Yield the record of a form, if it can be filled in and may be kept."""
    rulebook = terms.rulebook
    items = [rulebook.data[name] for name in point.fields]
    pairs = [(one.name, _typed(one, who, key, is_required=one.name in point.required)) for one in items if one.file is None]
    files = [Upload(one.name, "curriculum-vitae.pdf", _PDF) for one in items if one.file is not None]
    form = submissions.parse(rulebook, point, pairs, files)
    permit = terms.permit(point, who, act.at_ms)
    if form.errors or isinstance(permit, Refusal):
        return
    drawn_bytes = bytes.fromhex(number("reference", key, point.name))
    made = submissions.record(
        rulebook,
        terms.site.name,
        permit,
        form,
        record_id=record_id(act.at_ms, key, point.name),
        reference=submissions.reference_of(drawn_bytes),
        collected_ms=act.at_ms,
    )
    yield msgspec.structs.replace(made, demonstration=True), tuple(one for one in form.files if one.item in permit.fields)


def _typed(item: DataItem, who: Person, key: str, *, is_required: bool) -> str:
    """Return what somebody types into a field; nothing where a number of theirs would have to be invented."""
    if item.identifier is not None:
        return {IdentifierKind.EMAIL: who.email, IdentifierKind.PHONE: who.phone}.get(item.identifier, "")
    if item.says_age or item.never_disclose:
        return _AGES.get(item.says_age, "")
    draws = drawn(key, item.name)
    if item.name == "company":
        return draws.choice(_COMPANIES)
    if item.name in {"name", "full-name"} or item.match == "name":
        return who.name
    if item.max_length >= _TEXT_LENGTH:
        return draws.choice(_MESSAGES)[: item.max_length]
    return f"Sample {item.label.lower()}"[: item.max_length] if is_required or draws.randrange(2) else ""
