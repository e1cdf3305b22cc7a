"""The file of an agent's permission: sealed, seen by staff alone, gone on its own day (11 CCR 7063(a), 7060(d))."""

import re
from datetime import timedelta

import pytest
from tests.houses import compiled, insider
from tests.law.test_agents import FORM, WEB, case_of, filled, note, now
from tests.web.conftest import serving  # noqa: F401 - a fixture

from avow.rights.kept import PERMISSION
from avow.rights.states import State
from avow.store.control import agents

PDF = b"%PDF-1.7\nI, Robin Example, permit Example Agency to ask for me.\n"


@pytest.fixture
def house(serving):  # noqa: F811 - the fixture
    return serving(compiled(*WEB))


def sent(house, content=PDF, name="permission.pdf", **more):
    """Send the form with a file; return the answer."""
    files = {"permission": (name, content, "application/pdf")}
    return house.browser().post("/privacy/agents", data=filled(house, **more), files=files)


def token_of(answer):
    assert answer.status_code == 303, re.sub(r"<[^>]+>", " ", answer.text)
    return answer.headers["location"].rpartition("/")[2]


def kept(house, case):
    return house.rooms.rights.cases.document(case.request_id, PERMISSION)


def test_it_comes_with_the_form_sealed_and_staff_save_it(house):
    """No byte of it is on the disk in clear; each look is logged; the page hands it out to be saved, and shows nothing."""
    case = case_of(house, token_of(sent(house)))
    assert kept(house, case) == PDF
    folder = house.store.files._folder
    assert all(b"permit Example" not in one.read_bytes() for one in folder.rglob("*") if one.is_file())
    staff = house.staff()
    page = f"/console/requests/{case.request_id}"
    assert f"{page}/permission" in staff.get(f"{page}?purpose=answer-requests").text
    got = staff.get(f"{page}/permission")
    assert (got.content, got.headers["content-disposition"]) == (PDF, 'attachment; filename="permission.pdf"')
    assert "sandbox" in got.headers["content-security-policy"]
    logged = "".join(house.logged())
    assert ("request.permission-kept" in logged, "request.permission-read" in logged, "Robin" in logged) == (True, True, False)


def test_who_may_not_work_on_requests_gets_no_file(house):
    """And nobody who is not signed in."""
    case = case_of(house, token_of(sent(house)))
    page = f"/console/requests/{case.request_id}/permission"
    assert house.browser().get(page).status_code in {302, 303, 401}
    other = house.browser(cookies={"avow_staff": house.session(house.account("kim", roles=("recruiter",)))})
    assert other.get(page).status_code == 403


def test_it_may_follow_on_the_page_of_the_request(house):
    """Of who filed it: it is shown, seen by staff, and then no other file is taken."""
    form = {**FORM, "kind": "delete", "authority": "later"}
    token = token_of(house.browser().post("/privacy/agents", data=form))
    case, page = case_of(house, token), f"/privacy/requests/{token}"
    assert "Show the permission" in house.browser().get(page).text
    send = f"{page}/permission"
    answer = house.browser().post(send, files={"permission": ("a.pdf", PDF, "application/pdf")})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?shown=1")
    assert "The file came." in house.browser().get(f"{page}?shown=1").text
    house.walk()
    assert note(house, case, "permitted", "The file that they sent is signed.") is None
    assert "Show the permission" not in house.browser().get(page).text
    assert house.browser().post(send, files={"permission": ("a.pdf", PDF, "application/pdf")}).status_code == 404


def test_a_persons_own_request_takes_no_permission(house):
    """Nor does a token that is none."""
    for token in (house.ask(), "0" * 24 + "-" + "0" * 32):
        answer = house.browser().post(f"/privacy/requests/{token}/permission", files={"permission": ("a.pdf", PDF)})
        assert answer.status_code == 404


@pytest.mark.parametrize(("content", "name"), [(b"MZ\x90 a program", "permission.exe"), (b"%PDF-1.7" + b"x" * 900_001, "a.pdf")])
def test_another_kind_or_size_is_refused_with_what_was_typed(house, content, name):
    """Nothing is kept of the request either."""
    answer = sent(house, content, name)
    assert (answer.status_code, "can be one of these: PDF" in answer.text) == (422, True)
    assert 'value="Example Agency"' in answer.text
    assert house.cases() == []


def test_it_goes_on_its_own_day_and_the_request_goes_on(house):
    """The permission's last day, not the request's: what was shown is destroyed, and that is logged."""
    until = (house.now + timedelta(days=3)).date()
    case = case_of(house, token_of(sent(house, until=until.isoformat())))
    house.walk()
    house.wait(days=3)
    house.run("permissions")
    assert kept(house, case) == PDF
    house.wait(days=2)
    house.run("permissions")
    assert (kept(house, case), now(house, case).state) == (None, State.VERIFYING)
    assert "request.permission-destroyed" in "".join(house.logged())
    with house.store.control.reading() as tx:
        assert agents.said(tx, case.request_id).permission_until is None


def test_one_that_follows_has_a_day_too(house):
    """90 days where nothing else was said; and it goes with the contact, whichever comes first."""
    token = token_of(house.browser().post("/privacy/agents", data={**FORM, "kind": "delete", "authority": "later"}))
    case = case_of(house, token)
    house.browser().post(f"/privacy/requests/{token}/permission", files={"permission": ("a.pdf", PDF, "application/pdf")})
    with house.store.control.reading() as tx:
        assert agents.said(tx, case.request_id).permission_until == house.now.date() + timedelta(days=90)
    house.wait(days=46)
    house.walk()
    house.wait(days=8)
    house.walk()
    assert (now(house, case).contact, kept(house, case)) == (None, None)
    assert house.rooms.agents.desk.file(case.request_id, insider().staff_id) is None
