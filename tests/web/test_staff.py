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


def test_an_invitation_needs_a_role(staff, people, house):
    """None is chosen beforehand, and one that nobody declared is none."""
    assert "checked" not in staff.get(PAGE).text
    for chosen in ({}, {"role-no-such": "yes"}):
        assert send(staff, "/invitations", **chosen).status_code == 422


def test_of_two_browsers_that_change_roles_the_second_is_told(house, staff, people):
    """The form says what it was made from; the page then shows what is so by now."""
    kim = people["Kim"].staff_id
    shown = re.search(r'name="was" value="([^"]*)"', staff.get(f"{PAGE}/{kim}").text)[1]
    with house.store.control.transaction() as tx:
        accounts.change_roles(tx, kim, ["administrator", "officer"])
    answer = send(staff, f"/{kim}/roles", was=shown, **{"role-administrator": "yes"})
    assert (answer.status_code, "they are administrator, officer; look again" in answer.text) == (409, True)
    now = re.search(r'name="was" value="([^"]*)"', answer.text)[1]
    assert (
        send(staff, f"/{kim}/roles", was=now, **{"role-administrator": "yes"}).headers["location"] == f"{PAGE}/{kim}?done=roles"
    )


def test_a_training_is_noted_on_the_page(staff, house):
    """With what was typed kept where a day is none."""
    lee = house.account("Lee", trained=False).staff_id
    wrong = send(staff, f"/{lee}/training", topic="consumer requests", on="yesterday", until="2027-11-23")
    assert (wrong.status_code, 'value="consumer requests"' in wrong.text) == (422, True)
    done = send(staff, f"/{lee}/training", topic="consumer requests", on="2026-11-20", until="2027-11-20")
    assert done.headers["location"] == f"{PAGE}/{lee}?done=trained"
    text = staff.get(f"{PAGE}/{lee}").text
    assert "holds until" in text
    training = re.search(rf"{PAGE}/{lee}(/training/[0-9a-f]+/remove)", text)[1]
    send(staff, f"/{lee}{training}")
    assert "None is noted" in staff.get(f"{PAGE}/{lee}").text


def test_a_session_of_somebody_is_ended_by_its_number(staff, people, house):
    """That one alone."""
    kim = people["Kim"]
    browsers = [house.browser(cookies={"avow_staff": house.session(kim)}) for _ in range(2)]
    number = re.search(rf"{PAGE}/{kim.staff_id}(/sessions/[0-9a-f]+/end)", staff.get(f"{PAGE}/{kim.staff_id}").text)[1]
    send(staff, f"/{kim.staff_id}{number}")
    assert sorted(one.get(PAGE).status_code for one in browsers) == [200, 303]


def test_a_session_that_nobody_uses_ends_as_configured(serving):
    """After five minutes here; what is used goes on."""
    house = serving(console="[console]\nwithout_second_factor = 'a test has none'\nidle_minutes = 5\n")
    used, idle = house.staff("Kim"), house.staff("Robin")
    for _ in range(3):
        house.wait(minutes=2)
        assert used.get("/console/account").status_code == 200
    assert idle.get("/console/account").status_code == 303


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
