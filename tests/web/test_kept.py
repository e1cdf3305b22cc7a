"""What would happen, exceptions that a person declares, and kept records, as staff see them: without script."""

import re
from datetime import date

import pytest
from tests.rights.test_keeping import BOUND
from tests.told import policy_with

from avow.rights.keeping import Keeper
from avow.rights.states import State

ROBIN = "robin@example.com"
FORM = {"code": "H2", "point": "contact-form", "field-message": "1", "purpose": "answer-questions", "until": "2030-01-01"}
WHY = "You sued us over this message."


@pytest.fixture
def asked(serving):
    """An installation bound to keep applications, and a request to delete that waits for its confirmation."""
    made = serving(policy_with(replaced=BOUND))
    made.write(ROBIN)
    made.write(ROBIN, point="job-application", fields={"email": ROBIN, "name": "Robin", "letter": "Please"})
    made.browser().post("/privacy/delete", data={"email": ROBIN, "everything": "1"})
    made.walk()
    made.inside = made.staff()
    made.path = f"/console/requests/{made.cases()[0].request_id}/outlook"
    return made


def post(house, path, **data):
    token = re.search(r'name="token" value="([^"]+)"', house.inside.get(house.path).text)[1]
    return house.inside.post(path, data={"token": token, **data})


def test_what_would_happen_is_shown_before_anything_is_done(asked):
    """Kept with rule and date, the rest erased; no value of anybody is on the page."""
    shown = asked.inside.get(asked.path).text
    assert "What would happen" in shown
    assert "employers keep applications" in shown
    assert "Cal. Gov. Code § 12946" in shown
    assert "Please" not in shown
    assert ROBIN not in shown


def test_an_exception_is_declared_by_form_and_waits_for_a_second_person(asked):
    """Refused without a basis, with the words of why; then on the page, and whoever declared it cannot agree at once."""
    refused = post(asked, asked.path, **FORM, reason="no")
    assert (refused.status_code, "basis of the exception" in refused.text) == (422, True)
    assert post(asked, asked.path, **FORM, reason=WHY).status_code == 303
    shown = asked.inside.get(asked.path).text
    assert WHY in shown
    assert "has still to look at it" in shown
    number = re.search(r'name="number" value="([0-9]+)"', shown)[1]
    alone = post(asked, f"{asked.path}/look", number=number, agrees="yes")
    assert (alone.status_code, "24 hours" in alone.text) == (422, True)
    assert post(asked, f"{asked.path}/look", number="x", agrees="yes").status_code == 422
    assert asked.cases()[0].state is State.VERIFYING


def test_a_kept_record_is_opened_for_its_purpose_alone(asked):
    """Its page shows no value before; a form opens it; what is not kept is not there."""
    store = asked.store
    people = asked.cases()[0].contact.identifiers()
    Keeper(store, asked.versions).keep(people, date(2026, 12, 1), 0)
    (kept,) = store.kept.of(people)
    listed = asked.inside.get("/console/kept").text
    assert f"/console/kept/{kept.id}" in listed
    closed = asked.inside.get(f"/console/kept/{kept.id}").text
    assert "Showing how we chose" in closed
    assert ROBIN not in closed
    opened = post(asked, f"/console/kept/{kept.id}", purpose="employment-records")
    assert (opened.status_code, ROBIN in opened.text, "Please" in opened.text) == (200, True, False)
    assert post(asked, f"/console/kept/{kept.id}", purpose="recruiting").status_code == 403
    assert asked.inside.get(f"/console/kept/{'0' * 32}").status_code == 404
