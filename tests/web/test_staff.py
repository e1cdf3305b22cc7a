"""The console's page of staff, over a real control store."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient
from tests.conftest import control_in

from avow.access.register import Register
from avow.store.control import staff as accounts

from .conftest import NOW_MS, ORIGIN, make_app, make_house

PAGE = "/console/staff"


@pytest.fixture
def control(tmp_path):
    opened = control_in(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def people(control):
    """Kim and Robin, by name."""
    with control.transaction() as tx:
        return {name: accounts.add(tx, name, "", "privacy-officer", NOW_MS) for name in ("Kim", "Robin")}


@pytest.fixture
def staff(control, built):
    """A member of staff who is signed in."""
    house = make_house(register=Register(control, ORIGIN, lambda: NOW_MS))
    cookies = {"avow_staff": "open-session"}
    return TestClient(make_app(house, built), headers={"Origin": ORIGIN}, follow_redirects=False, cookies=cookies)


def send(staff, path):
    """Send one of the page's forms."""
    token = re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(PAGE).text)[1]
    return staff.post(f"{PAGE}{path}", data={"token": token})


def names(control):
    with control.reading() as tx:
        return [one.name for one in accounts.every(tx)]


def test_an_invitation_is_shown_once(staff, people, control):
    """The link is in the answer and in no address; it opens."""
    link = re.search(rf'value="{ORIGIN}(/console/invitations/[^"]+)"', send(staff, "/invitations").text)[1]
    assert link not in staff.get(PAGE).text
    with control.reading() as tx:
        assert accounts.count(tx) == 2


def test_a_new_password_is_made_for_an_account_by_link(staff, people):
    """It says whose it is; nobody's is not there."""
    assert "A new password for Kim." in send(staff, f"/{people['Kim']}/password").text
    assert send(staff, "/nobody/password").status_code == 404


def test_removing_asks_first(staff, people, control):
    """The question names the account and changes nothing; the answer removes it."""
    assert "Remove Kim?" in staff.get(f"{PAGE}/{people['Kim']}/remove").text
    assert names(control) == ["Kim", "Robin"]
    assert send(staff, f"/{people['Kim']}/remove").headers["location"] == f"{PAGE}?done=removed"
    assert names(control) == ["Robin"]


def test_the_last_account_is_not_removed(staff, people, control):
    """It stays, and the page says why."""
    send(staff, f"/{people['Kim']}/remove")
    answer = send(staff, f"/{people['Robin']}/remove")
    assert (answer.status_code, "this is the last account" in answer.text) == (409, True)
    assert names(control) == ["Robin"]


@pytest.mark.parametrize("path", ["/invitations", "/s2/password", "/s2/sign-out", "/s2/remove"])
def test_a_form_without_its_token_changes_nothing(staff, people, control, path):
    """As everywhere in the console."""
    assert staff.post(f"{PAGE}{path}").status_code == 403


def test_ended_sessions_are_said(staff, people, control):
    """All sessions of the account end, and nobody else's."""
    with control.transaction() as tx:
        for number, staff_id in enumerate(people.values()):
            accounts.begin_session(tx, bytes([number]), staff_id, NOW_MS + 1000, NOW_MS)
    assert send(staff, f"/{people['Kim']}/sign-out").headers["location"] == f"{PAGE}?done=sessions"
    with control.reading() as tx:
        assert accounts.open_sessions(tx, NOW_MS) == {people["Robin"]: 1}
