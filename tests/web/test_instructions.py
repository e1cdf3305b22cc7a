"""The page of a recipient, the request's page for staff, the person's status page: what each shows and takes."""

import re

import pytest
from tests.told import gone, policy_with

from avow.definitions import RequestKind
from avow.rights.verification import Link

FACTS = {
    "effort": "A letter to each of 4,000 shops that bought a map.",
    "gain": "A town and a year would be erased from printed maps.",
    "why": "The maps are printed, and nobody can find a person by them.",
}


@pytest.fixture
def house(serving):
    """An installation in which a deletion waits for a recipient that got what somebody wrote."""
    made = serving(policy_with())
    made.write("robin@example.com")
    gone(made, "robin@example.com", "crm")
    filed = made.ask(RequestKind.DELETE)
    made.walk()
    made.answer = made.confirm(filed)
    made.run("requests", "purge", "requests")  # and nothing is passed on by hand yet
    made.inside = made.staff()
    return made


@pytest.fixture
def link(house):
    """The path of the recipient's page, as the desk shows it."""
    return re.search(r"<code>https?://[^/]+(/privacy/instructions/[^<]+)</code>", _desk(house).text)[1]


def _request_id(house):
    return house.cases()[0].request_id


def _desk(house):
    return house.inside.get(f"/console/requests/{_request_id(house)}")


def act(house, what, **data):
    """Do something about the recipient as a member of staff; return the answer."""
    staff, path = house.inside, f"/console/requests/{_request_id(house)}"
    page = staff.get(path).text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    one = re.search(r'name="instruction" value="([^"]+)"', page)[1]
    return staff.post(f"{path}/{what}", data={"token": token, "instruction": one, **data})


def test_a_recipient_answers_on_its_page_without_a_login(house, link):
    """Whom it is about, what to do, the answers; once answered nothing of the person is there any more."""
    browser = house.browser()
    page = browser.get(link)
    assert (page.status_code, "robin@example.com" in page.text, "Copperline Contacts" in page.text) == (200, True, True)
    assert (page.headers["cache-control"], page.headers["x-robots-tag"]) == ("no-store", "noindex")
    assert browser.post(link, data={"answer": "erased", "reason": ""}).status_code == 303
    answered = browser.get(link)
    assert (answered.status_code, "You have answered" in answered.text, "robin@" in answered.text) == (200, True, False)
    assert browser.post(link, data={"answer": "cannot", "reason": "We have lost the key to it."}).status_code == 409
    house.walk()
    assert "has confirmed that it erased it" in browser.get(f"/privacy/requests/{house.answer}/letter").text


@pytest.mark.parametrize("data", [{}, {"answer": "kept", "reason": "no"}, {"answer": "gone"}])
def test_what_is_no_answer_is_asked_for_again(house, link, data):
    """What was typed is there, and the reason says what is missing."""
    shown = house.browser().post(link, data=data)
    assert (shown.status_code, 'role="alert"' in shown.text, "robin@example.com" in shown.text) == (422, True, True)


def test_a_stranger_and_another_website_get_nowhere(house, link):
    """A forged link is no page, and a form of another website is not taken."""
    browser = house.browser()
    forged = f"{link[:-1]}{'0' if link[-1] != '0' else '1'}"
    assert [browser.get(forged).status_code, browser.post(forged, data={"answer": "erased"}).status_code] == [404, 404]
    assert browser.post(link, data={"answer": "erased"}, headers={"Origin": "https://other.example"}).status_code == 403
    assert "robin@example.com" in browser.get(link).text


def test_a_link_that_is_over_says_so(house, link):
    """Long after the answer the page tells whom to write to, and nothing of the person."""
    for days in (46, 100):
        house.wait(days=days)
        house.walk()
    page = house.browser().get(link)
    assert (page.status_code, "This link is over" in page.text, "robin@" in page.text) == (410, True, False)


def test_staff_pass_the_link_on_and_note_an_answer(house, link):
    """By the form of the recipient, say; what it then says on the telephone is noted, and its page is closed."""
    assert "Nobody has told it yet" in _desk(house).text
    assert act(house, "told", way="its own form").status_code == 303
    assert "Told on" in _desk(house).text
    assert act(house, "answer", answer="kept", reason="too short").status_code == 422
    assert act(house, "answer", answer="not-found", reason="").status_code == 303
    assert "It has confirmed that it holds nothing." in _desk(house).text
    assert "You have answered" in house.browser().get(link).text


def test_a_service_provider_is_never_left_out(house):
    """Disproportionate effort excuses from telling a third party alone (11 CCR 7022(b)(3))."""
    assert "disproportionate" not in _desk(house).text
    assert act(house, "excuse", **FACTS).status_code == 422


def test_the_person_sees_who_was_told_and_who_filed_does_not(house, link):
    """The page behind the proved address names the recipient; nobody else is told that something went to it."""
    browser = house.browser()
    assert "Copperline Contacts" in browser.get(f"/privacy/requests/{house.answer}").text
    shown = browser.get(f"/privacy/requests/{house.link(_request_id(house), Link.STATUS)}").text
    assert ("Copperline" in shown, "companies" in shown.lower()) == (False, False)


def test_computers_answer_in_json(house, link):
    """By the same link under another address; from no browser, so without an origin."""
    machine, address = house.browser(), link.replace("/privacy/", "/avow/")
    del machine.headers["origin"]
    said = [{"answer": "kept"}, {"answer": 7}, ["erased"], {"reason": "x" * 20_000}]
    assert [machine.post(address, json=one).status_code for one in said] == [400] * 4
    assert machine.post(f"{address[:-1]}{'0' if address[-1] != '0' else '1'}", json={"answer": "erased"}).status_code == 404
    assert machine.post(address, json={"answer": "erased"}).status_code == 204
    again = machine.post(address, json={"answer": "cannot", "reason": "We have lost the key to it."})
    assert (again.status_code, "already" in again.json()["detail"]) == (409, True)
