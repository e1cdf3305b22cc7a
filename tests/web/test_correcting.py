"""Asking to correct, deciding field by field, and what the person has then: as browsers see it, without script."""

import re

import pytest
from tests.answered import vouch
from tests.law.test_appeals import BOTH
from tests.told import policy_with

from avow.rights.cases import Claim
from avow.rights.states import State

ROBIN = "robin@example.com"
FORM = {"email": ROBIN, "field-1": "contact-form/name", "wrong-1": "Robyn", "right-1": "Robin"}
WHY = "The person wrote the name like this themselves, twice."
HEALTH = (
    ('max_length = 160\nmatch      = "words"', "max_length = 160"),
    ('[data.company]\nlabel      = "Company"', '[data.company]\nsensitive  = "S8"\nlabel      = "Company"'),
    ("[purpose.answer-questions]", '[purpose.answer-questions]\nsensitive_use = "expected-service"'),
)


def claims(house):
    return [case.contact.claims for case in house.cases()]


@pytest.fixture
def contested(serving):
    """An installation in which a confirmed request to correct waits for staff: the name, and a field on health."""
    made = serving(policy_with(replaced=HEALTH))
    made.record_id = made.write(ROBIN, fields={"email": ROBIN, "name": "Robyn", "company": "Tarn", "message": "m"})
    data = {**FORM, "field-2": "contact-form/company", "wrong-2": "Tarn", "right-2": "None"}
    made.browser().post("/privacy/correct", data=data)
    made.walk()
    made.answer = made.rooms.rights.confirm(made.link(made.cases()[0].request_id))
    made.walk()
    made.inside = made.staff()
    vouch(made.inside, made.cases()[0].reference)  # what they could be asked is contested, or sensitive
    made.walk()
    return made


def agreed(house):
    """A second member of staff agrees to the denial of the field on health."""
    other, path = house.staff("kim"), f"/console/requests/{house.cases()[0].request_id}/corrections"
    token = re.search(r'name="token" value="([^"]+)"', other.get(path).text)[1]
    assert other.post(f"{path}/approval", data={"token": token, "number": 1}).status_code == 303


def page(house, **data):
    """Open the review for a purpose."""
    path = f"/console/requests/{house.cases()[0].request_id}/corrections"
    token = re.search(r'name="token" value="([^"]+)"', house.inside.get(path).text)[1]
    return house.inside.post(path, data={"token": token, "purpose": "answer-questions", **data})


def decide(house, number, outcome, **data):
    path = f"/console/requests/{house.cases()[0].request_id}/corrections"
    token = re.search(r'name="token" value="([^"]+)"', house.inside.get(path).text)[1]
    return house.inside.post(f"{path}/decision", data={"token": token, "number": number, "outcome": outcome, **data})


def test_the_form_takes_each_field_with_what_is_wrong_and_right(visitor, house):
    """No account and no script; what is held is nowhere on it."""
    house.write(ROBIN)
    shown = visitor.get("/privacy/correct")
    assert (shown.status_code, 'value="contact-form/name"' in shown.text, "some name" in shown.text) == (200, True, False)
    assert visitor.post("/privacy/correct", data=FORM).status_code == 303
    assert claims(house) == [(Claim("contact-form", "name", "Robyn", "Robin"),)]


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"field-1": "contact-form/nothing"}, "field-1"),
        ({"field-1": "page-view/page"}, "field-1"),
        ({"right-1": ""}, "right-1"),
        ({"right-1": "x" * 201}, "right-1"),
        ({"right-1": "a\0b"}, "right-1"),
        ({"wrong-1": ""}, "wrong-1"),
        ({"field-1": "contact-form/email", "right-1": "robin..x@example.com"}, "right-1"),
        ({"field-2": "contact-form/name", "wrong-2": "a", "right-2": "b"}, "field-2"),
        ({"field-1": "", "wrong-1": "", "right-1": ""}, "field-1"),
    ],
)
def test_what_cannot_be_taken_is_marked_and_nothing_is_sent(visitor, house, changed, where):
    """What was typed is still there."""
    answer = visitor.post("/privacy/correct", data=FORM | changed)
    assert (answer.status_code, f'id="{where}-error"' in answer.text, house.cases()) == (422, True, [])
    assert f'value="{ROBIN}"' in answer.text


def test_an_address_is_taken_in_its_one_form(visitor, house):
    """As every other door takes it."""
    visitor.post("/privacy/correct", data=FORM | {"field-1": "contact-form/email", "right-1": " Robin@Example.com "})
    assert claims(house)[0][0].right == ROBIN


def test_staff_compare_for_a_purpose_and_decide(contested):
    """Before and after next to each other; nothing that is held without a purpose."""
    path = f"/console/requests/{contested.cases()[0].request_id}/corrections"
    closed = contested.inside.get(path).text
    assert ("choose a purpose above" in closed, "<td>Tarn</td>" in closed) == (True, False)
    assert "<td>Tarn</td>" in page(contested).text
    assert decide(contested, 0, "corrected").status_code == 422
    assert decide(contested, 0, "corrected", **{f"record-{contested.record_id}": "1"}).status_code == 303
    assert "Decided: corrected." in contested.inside.get(path).text
    assert contested.cases()[0].state is State.REVIEWING


def test_the_person_sees_what_became_of_each_field_and_adds_a_statement(contested):
    """Corrected pieces on request; on what was left as it is about health, 250 words that staff then read next to it."""
    decide(contested, 0, "corrected", **{f"record-{contested.record_id}": "1"})
    decide(contested, 1, "denied", ground="accurate", reason=WHY)
    agreed(contested)
    contested.walk()
    browser, own = contested.browser(), f"/privacy/requests/{contested.answer}"
    assert f"because what we hold is, more likely than not, accurate, by everything that we know. {WHY}" in browser.get(own).text
    assert "<dd>Robin</dd>" in browser.post(f"{own}/corrected").text
    long = {"number": "1", "statement": "word " * 251}
    refused = browser.post(f"{own}/statement", data=long)
    assert (refused.status_code, "at most 250 words; this has 251" in refused.text) == (422, True)
    assert browser.post(f"{own}/statement", data={"number": "1", "statement": "It was never so."}).status_code == 303
    read = contested.inside.get(f"/console/inbox/{contested.record_id}?purpose=answer-questions").text
    assert '<dt>Company: what the person says of it</dt><dd><div class="letter">It was never so.</div></dd>' in read


def test_nobody_adds_a_statement_or_looks_by_another_link(contested):
    """The status page of who filed the request, and what was corrected, take none."""
    decide(contested, 0, "corrected", **{f"record-{contested.record_id}": "1"})
    decide(contested, 1, "denied", ground="accurate", reason=WHY)
    agreed(contested)
    contested.walk()
    filed = contested.answer[:-1] + ("0" if contested.answer[-1] != "0" else "1")
    browser, data = contested.browser(), {"number": "1", "statement": "It was never so."}
    assert browser.post(f"/privacy/requests/{filed}/corrected").status_code == 404
    assert browser.post(f"/privacy/requests/{filed}/statement", data=data).status_code == 404
    corrected = browser.post(f"/privacy/requests/{contested.answer}/statement", data=data | {"number": "0"})
    assert corrected.status_code == 422


def test_a_document_goes_to_staff_alone(contested):
    """Asked for on the review, sent on the page of the request, saved by staff, never shown; another kind of file is refused."""
    review = f"/console/requests/{contested.cases()[0].request_id}/corrections"
    token = re.search(r'name="token" value="([^"]+)"', contested.inside.get(review).text)[1]
    browser, own = contested.browser(), f"/privacy/requests/{contested.answer}"
    pdf = {"document": ("card.pdf", b"%PDF-1.7\n%%EOF", "application/pdf")}
    assert browser.post(f"{own}/documents", files=pdf).status_code == 404
    asked = contested.inside.post(f"{review}/documents", data={"token": token, "number": "0", "needed": WHY})
    assert (asked.status_code, "A document would help" in browser.get(own).text) == (303, True)
    program = {"document": ("card.pdf", b"MZ\x00\x01", "application/pdf")}
    assert browser.post(f"{own}/documents", files=program).status_code == 422
    assert browser.post(f"{own}/documents", files=pdf).status_code == 303
    saved = contested.inside.get(f"{review}/documents/document-1")
    assert (saved.content, saved.headers["content-disposition"]) == (b"%PDF-1.7\n%%EOF", 'attachment; filename="document-1.pdf"')
    assert contested.browser().get(f"{review}/documents/document-1").status_code in {303, 403}


def test_a_statement_reaches_no_record_that_the_contested_address_alone_finds(serving):
    """Somebody names another's address as their wrong one: nothing of theirs tells that it is there, or takes their words."""
    made = serving(policy_with(replaced=HEALTH))
    theirs = made.write("kim@example.com", fields={"email": "kim@example.com", "name": "Kim", "company": "Tarn", "message": "m"})
    claim = {"field-2": "contact-form/company", "wrong-2": "Tarn", "right-2": "None"}
    wrong = {"field-1": "contact-form/email", "wrong-1": "kim@example.com", "right-1": ROBIN}
    made.browser().post("/privacy/correct", data={"email": ROBIN, **wrong, **claim})
    made.walk()
    answer = made.rooms.rights.confirm(made.link(made.cases()[0].request_id))
    made.walk()
    made.inside = made.staff()
    for number in (0, 1):
        assert decide(made, number, "denied", ground="accurate", reason=WHY).status_code == 303
    other, path = made.staff("kim"), f"/console/requests/{made.cases()[0].request_id}/corrections"
    token = re.search(r'name="token" value="([^"]+)"', other.get(path).text)[1]
    for number in (0, 1):
        assert other.post(f"{path}/approval", data={"token": token, "number": number}).status_code == 303
    made.walk()
    browser, own = made.browser(), f"/privacy/requests/{answer}"
    assert 'name="statement"' not in browser.get(own).text
    said = browser.post(f"{own}/statement", data={"number": "1", "statement": "It was never so."})
    assert said.status_code == 422
    assert "never so" not in str(made.store.submission(theirs).fields)


def test_the_form_asks_where_somebody_lives_where_there_are_several_laws(serving):
    """As that of every other kind: else it could not be sent where the right is offered under one of them alone."""
    made = serving(policy_with(replaced=BOTH))
    assert '<select name="jurisdiction"' in made.browser().get("/privacy/correct").text
    made.browser().post("/privacy/correct", data={**FORM, "jurisdiction": "US-VA"})
    assert [case.jurisdiction for case in made.cases()] == ["US-VA"]
