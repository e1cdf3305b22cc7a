"""The pages on which staff look before a request is carried out, decide about it, and find it; and its person's own way back."""

import re

import pytest
from tests.houses import compiled
from tests.rights.test_reviewing import BY_HAND, WHY

from avow.definitions import RequestKind
from avow.rights import verification
from avow.rights.answers import NewRequest
from avow.rights.states import State

ROBIN = "robin@example.com"
LACKS = "You did not say what is wrong, and where you saw it."


@pytest.fixture
def house(serving):
    """An installation without autopilot, with a request to delete that its person has confirmed."""
    made = serving(compiled(*BY_HAND))
    made.write(ROBIN)
    made.status = made.ask(RequestKind.DELETE)
    made.walk()
    made.confirm(made.status, ROBIN)
    made.walk()
    made.path = f"/console/requests/{made.cases()[0].request_id}/plan"
    return made


def act(staff, path, what, **data):
    """Press a button of the page; return the answer."""
    page = staff.get(path).text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    found = re.search(r'name="seen" value="([^"]*)"', page)
    return staff.post(f"{path}/{what}", data={"token": token, "seen": found[1] if found else "", **data})


def test_what_would_happen_is_seen_before_and_after(house):
    """Fields by their names, and no value of any; then the same page is the outcome."""
    staff = house.staff()
    page = staff.get(house.path)
    assert (page.status_code, "What would happen" in page.text, "Contact form" in page.text) == (200, True, True)
    assert "erase" in page.text
    assert not re.search("robin@|some message|some company", page.text)
    assert act(staff, house.path, "carry-out").status_code in {200, 303}
    house.walk()
    after = staff.get(house.path).text
    assert "What was planned, and what became of it" in after
    assert "erased; searched again" in after
    assert house.cases()[0].state is State.CLOSED


def test_a_forged_press_does_nothing(house):
    """Without the session's token, without having seen what would happen, with a ground that there is not."""
    staff = house.staff()
    assert staff.post(f"{house.path}/carry-out", data={"token": "0", "seen": "x"}).status_code == 403
    assert act(staff, house.path, "carry-out", seen="0" * 32).status_code == 409
    assert act(staff, house.path, "denial", code="D9", reason=WHY).status_code == 409
    assert act(staff, house.path, "second").status_code == 409
    assert house.cases()[0].state is State.REVIEWING


def test_a_denial_is_asked_for_in_one_browser_and_approved_in_another(house):
    """The first is told why they cannot be the second; both see the reason that the person will read."""
    first, second = house.staff(), house.staff("lee")
    assert act(first, house.path, "denial", code="unfounded", reason=WHY).status_code in {200, 303}
    assert WHY in second.get(house.path).text
    refused = act(first, house.path, "second")
    assert (refused.status_code, "cannot be its second person" in refused.text) == (409, True)
    assert act(second, house.path, "second").status_code in {200, 303}
    house.walk()
    assert house.cases()[0].answer["reason"] == "unfounded"
    assert "Denied: unfounded" in first.get(house.path).text


def test_a_part_is_kept_by_one_and_agreed_to_by_another(house):
    """The page says what would be kept, what was typed is there again, and the rest goes without waiting."""
    first, second = house.staff(), house.staff("lee")
    typed = {"point": "contact-form", "code": "H2", "purpose": "answer-questions", "reason": WHY, "until": "2028-01-01"}
    refused = act(first, house.path, "part", **typed)
    assert (refused.status_code, "Name the fields that it is about" in refused.text, WHY in refused.text) == (409, True, True)
    assert act(first, house.path, "part", **typed, **{"field:contact-form:message": "on"}).status_code in {200, 303}
    page = first.get(house.path).text
    assert (
        "Waits for its second look" in page,
        bool(re.search("keep</strong> until [^<]*2028|keep</strong> until <time[^>]*2028-01-01", page)),
    ) == (True, True)
    number = re.search(r'name="number" value="([0-9]+)"', page)[1]
    assert act(first, house.path, "carry-out").status_code in {200, 303}
    house.walk()
    assert house.cases()[0].state is State.DECIDING
    assert "kept while it is decided" in first.get(house.path).text
    assert act(first, house.path, "part/second", number=number).status_code == 409
    assert act(second, house.path, "part/second", number=number).status_code in {200, 303}
    house.walk()
    assert (house.cases()[0].state, "Withheld" in first.get(house.path).text) == (State.CLOSED, True)
    assert "1 record by code H2" in house.browser().get("/privacy-policy/evidence").text


def test_what_came_by_telephone_and_lacks_something_is_mended(house):
    """Its person is told by a letter; a correction that names no field gets one, and waits until then."""
    filed = house.rooms.rights.receive(
        NewRequest(RequestKind.CORRECT, "kim@example.com", channel="phone", details="Something about me is wrong.")
    )
    house.walk()
    house.confirm(filed, "kim@example.com")
    house.walk()
    staff, path = house.staff(), f"/console/requests/{filed.partition('-')[0]}"
    page = staff.get(path).text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    assert "It lacks something" in page
    assert staff.post(f"{path}/mending", data={"token": token, "lacks": "no"}).status_code == 422
    assert staff.post(f"{path}/mending", data={"token": token, "lacks": LACKS}).status_code in {200, 303}
    assert "something is missing" in staff.get(path).text
    assert "No field is named yet" in staff.get(f"{path}/corrections").text
    row = {"token": token, "field-1": "contact-form/name", "wrong-1": "Kym", "right-1": "Kim"}
    refused = staff.post(f"{path}/corrections/fields", data={**row, "right-1": ""})
    assert (refused.status_code, "say what is right" in refused.text, "Kym" in refused.text) == (422, True, True)
    assert staff.post(f"{path}/corrections/fields", data=row).status_code in {200, 303}
    assert "Contact form: Name" in staff.get(f"{path}/corrections").text


def test_an_opt_out_is_denied_as_fraudulent_by_two_browsers(house):
    """It holds until the second agrees; who asked sees that it waits, on its page, in the list and in the menu."""
    house.ask(RequestKind.OPT_OUT, "kim@example.com")
    case = next(one for one in house.cases() if one.kind is RequestKind.OPT_OUT)
    first, second, path = house.staff(), house.staff("lee"), f"/console/requests/{case.request_id}"
    page = first.get(path).text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    assert "Ask for the second look" in page
    assert first.post(f"{path}/fraudulent", data={"token": token, "belief": WHY}).status_code in {200, 303}
    house.run("requests")
    assert "It waits for its second look" in first.get(path).text
    assert case.reference in first.get("/console/requests?waits_for=staff").text
    assert "cannot be its second person" in first.get(f"{path}/plan").text
    shown = second.get(f"{path}/plan").text
    assert (WHY in shown, "A request of this kind has no plan" in shown) == (True, True)
    assert act(second, f"{path}/plan", "second").status_code in {200, 303}
    house.walk()
    done = next(one for one in house.cases() if one.request_id == case.request_id)
    assert (done.state, done.answer["reason"]) == (State.CLOSED, "fraudulent")


def test_the_list_is_narrowed_and_a_reference_leads_to_its_request(house):
    house.run("requests")
    staff = house.staff()
    reference = house.cases()[0].reference
    waiting = staff.get("/console/requests?waits_for=staff").text
    assert (reference in waiting, "waits for staff" in waiting) == (True, True)
    assert reference not in staff.get("/console/requests?waits_for=person").text
    assert reference not in staff.get("/console/requests?kind=know").text
    assert "No request is like that" in staff.get("/console/requests?state=closed").text
    found = staff.get(f"/console/requests?reference={reference.lower()}", follow_redirects=False)
    assert found.headers["location"] == f"/console/requests/{house.cases()[0].request_id}"
    assert "No request has the reference" in staff.get("/console/requests?reference=FFFFFFFFFF").text
    assert re.search(r'Request desk <span class="badge warn">1</span>', staff.get("/console/requests").text)


def test_a_person_finds_their_request_again_by_reference_and_code(house):
    """State, what is next, and the days; nothing that is held, and nothing for who has one of the two alone."""
    browser = house.browser()
    page = browser.get(f"/privacy/requests/{house.status}").text
    reference, code = (re.search(rf"<dt>{name}</dt><dd><code>([^<]+)", page)[1] for name in ("Reference", "Code"))
    assert browser.post("/privacy/status", data={"reference": reference, "code": "AAAAA-AAAAA"}).status_code == 404
    assert browser.post("/privacy/status", data={"reference": "FFFFFFFFFF", "code": code}).status_code == 404
    typed = {"reference": reference.lower(), "code": code.lower().replace("-", " ")}
    found = browser.post("/privacy/status", data=typed, follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, f"/privacy/requests/{house.status}")
    assert "Next: " in page
    assert "looks at it" not in page  # that somebody has to look says that something is held


def test_the_code_of_the_message_proves_the_address_there_as_well(house):
    """It opens the page that its link opens; the one of who filed it never does."""
    filed = house.ask(RequestKind.DELETE, "kim@example.com")
    house.walk()
    case = next(one for one in house.cases() if one.contact.email == "kim@example.com")
    typed = {"reference": case.reference, "code": verification.code(case, house.store.vault.hmac)}
    found = house.browser().post("/privacy/status", data=typed, follow_redirects=False)
    assert found.headers["location"] != f"/privacy/requests/{filed}"
    assert house.rooms.rights.status(found.headers["location"].rpartition("/")[2]).is_of_proved


def test_who_guesses_codes_is_given_work(house):
    browser = house.browser()
    tries = [browser.post("/privacy/status", data={"reference": "FFFFFFFFFF", "code": str(one)}).status_code for one in range(12)]
    assert tries[:10] == [404] * 10
    assert tries[-1] == 428


def test_a_guessed_reference_is_closed_at_every_door_and_reads_like_any_other(house):
    """Over two networks and both pages; neither says whether there is such a request, and its link goes on working."""
    page = house.browser().get(f"/privacy/requests/{house.status}").text
    reference, code = (re.search(rf"<dt>{name}</dt><dd><code>([^<]+)", page)[1] for name in ("Reference", "Code"))

    def typed(where, reference, code):
        answer = house.browser().post(where, data={"reference": reference, "code": code}, follow_redirects=False)
        return answer.status_code, answer.text.replace(reference, "")

    wrong = [typed(where, reference, "AAAAA-AAAAA") for where in ("/privacy/appeal", "/privacy/status") * 3]
    assert typed("/privacy/status", reference, code) == wrong[-1] == typed("/privacy/status", "FFFFFFFFFF", code)
    assert (wrong[-1][0], "After 5 wrong codes" in wrong[-1][1]) == (404, True)
    assert house.browser().get(f"/privacy/requests/{house.status}").status_code == 200
