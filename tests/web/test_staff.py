"""The console's page of staff."""

from __future__ import annotations

import re

import pytest

from avow.store.control import staff as accounts

from .serving import ORIGIN

PAGE = "/console/staff"


@pytest.fixture
def people(house):
    """Kim and Robin, by name."""
    return {name: house.account(name) for name in ("Kim", "Robin")}


@pytest.fixture
def staff(house, people):
    """Robin's browser, signed in."""
    return house.browser(cookies={"avow_staff": house.session(people["Robin"])})


def send(staff, path, **fields):
    """Send one of the page's forms."""
    token = re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(PAGE).text)[1]
    return staff.post(f"{PAGE}{path}", data={"token": token, **fields})


def names(house):
    with house.store.control.reading() as tx:
        return [one.name for one in accounts.every(tx)]


def test_an_invitation_is_shown_once(staff, people, house):
    """The link is in the answer and in no address; it opens."""
    link = re.search(
        rf'value="{ORIGIN}(/console/invitations/[^"]+)"', send(staff, "/invitations", **{"role-administrator": "yes"}).text
    )[1]
    assert link not in staff.get(PAGE).text
    assert names(house) == ["Kim", "Robin"]


def test_a_new_password_is_made_for_an_account_by_link(staff, people):
    """It says whose it is; nobody's is not there."""
    assert "A new password for Kim." in send(staff, f"/{people['Kim'].staff_id}/password").text
    assert send(staff, "/nobody/password").status_code == 404


def test_removing_asks_first(staff, people, house):
    """The question names the account and changes nothing; the answer removes it."""
    assert "Remove Kim?" in staff.get(f"{PAGE}/{people['Kim'].staff_id}/remove").text
    assert names(house) == ["Kim", "Robin"]
    assert send(staff, f"/{people['Kim'].staff_id}/remove").headers["location"] == f"{PAGE}?done=removed"
    assert names(house) == ["Robin"]


def test_the_last_account_is_not_removed(staff, people, house):
    """It stays, and the page says why."""
    send(staff, f"/{people['Kim'].staff_id}/remove")
    answer = send(staff, f"/{people['Robin'].staff_id}/remove")
    assert (answer.status_code, "this is the last account" in answer.text) == (409, True)
    assert names(house) == ["Robin"]


@pytest.mark.parametrize("path", ["/invitations", "/s2/password", "/s2/sign-out", "/s2/remove"])
def test_a_form_without_its_token_changes_nothing(staff, people, house, path):
    """As everywhere in the console."""
    assert staff.post(f"{PAGE}{path}").status_code == 403


def test_ended_sessions_are_said(staff, people, house):
    """All sessions of the account end, and nobody else's."""
    kims = house.browser(cookies={"avow_staff": house.session(people["Kim"])})
    assert kims.get(PAGE).status_code == 200
    assert send(staff, f"/{people['Kim'].staff_id}/sign-out").headers["location"] == f"{PAGE}?done=sessions"
    assert [one.get(PAGE).status_code for one in (kims, staff)] == [303, 200]
