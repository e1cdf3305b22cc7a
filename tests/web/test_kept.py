"""Kept records, as staff see them: without script."""

import re
from datetime import date

import pytest
from tests.rights.test_keeping import BOUND
from tests.told import policy_with

from avow.rights.keeping import Keeper

ROBIN = "robin@example.com"


@pytest.fixture
def asked(serving):
    """An installation bound to keep applications, and a request to delete that waits for its confirmation."""
    made = serving(policy_with(replaced=BOUND))
    made.write(ROBIN)
    made.write(ROBIN, point="job-application", fields={"email": ROBIN, "name": "Robin", "letter": "Please"})
    made.browser().post("/privacy/delete", data={"email": ROBIN, "everything": "1"})
    made.walk()
    made.inside = made.staff()
    return made


def post(house, path, **data):
    token = re.search(r'name="token" value="([^"]+)"', house.inside.get(path).text)[1]
    return house.inside.post(path, data={"token": token, **data})


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
