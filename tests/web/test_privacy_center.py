"""Asking, confirming and following, without script."""

import itertools
import re
from html import escape

import pytest
from tests.answered import typed
from tests.houses import compiled

from avow.collection.forms.spam import proves
from avow.definitions import RequestKind
from avow.rights import verification
from avow.rights.states import State
from avow.rights.verification import Link
from avow.web.privacy_center.requests import _RIGHTS_MOST

from .policies import BY_PEOPLE
from .serving import NETWORK, VISITOR, policy_of


def contacts(house):
    """Return who filed which request, in the order in which they came."""
    return [case.contact for case in sorted(house.cases(), key=lambda one: one.received_ms)]


def test_request_is_received_and_leads_to_its_status_page(visitor, house):
    """A request needs an e-mail address and nothing else."""
    response = visitor.post("/privacy/delete", data={"email": " robin@example.com "})
    [case] = house.cases()
    status = house.link(case.request_id, Link.STATUS)
    assert (response.status_code, response.headers["location"]) == (303, f"/privacy/requests/{status}")
    assert (case.kind, case.contact.email, case.contact.visitor_id) == (RequestKind.DELETE, "robin@example.com", "")


def test_who_files_many_requests_is_asked_once_more_and_refused_nothing(house):
    """What was typed comes along, and the check that is passed files it (11 CCR 7060(f))."""
    assert house.counts.lease(NETWORK, _RIGHTS_MOST, _RIGHTS_MOST, house.now_ms(), "rights") == _RIGHTS_MOST
    browser = house.browser(client=(NETWORK, 1))
    asked = browser.post("/privacy/know", data={"email": "robin@example.com", "details": "a blue <coat>"})
    assert (asked.status_code, house.cases()) == (428, [])
    assert 'action="/privacy/know"' in asked.text
    assert 'name="details" value="a blue &lt;coat&gt;"' in asked.text
    check = re.search(r'name="avow-check" value="([^"]+)"', asked.text)[1]
    proof = next(str(number) for number in itertools.count() if proves(check, str(number)))
    passed = browser.post("/privacy/know", data={"email": "robin@example.com", "avow-check": check, "avow-proof": proof})
    assert (passed.status_code, contacts(house)[0].email) == (303, "robin@example.com")


def test_own_visitor_number_is_included_and_said(visitor, house):
    """The browser that asks proves its own visitor id by sending its cookie, and is told."""
    visitor.cookies.set("avow_visitor", VISITOR)
    assert "This browser is included" in visitor.get("/privacy/know").text
    visitor.post("/privacy/know", data={"email": "robin@example.com"})
    assert contacts(house)[0].visitor_id == VISITOR


def test_a_right_that_people_carry_out_has_no_form(serving):
    """Whoever comes to its address is told whom to write to, and the privacy centre has no door to it."""
    house = serving(compiled(*BY_PEOPLE))
    visitor = house.browser()
    for answer in (visitor.get("/privacy/delete"), visitor.post("/privacy/delete", data={"email": "robin@example.com"})):
        assert (answer.status_code, house.cases()) == (404, [])
        assert house.facts.email in answer.text
    home = visitor.get("/privacy").text
    assert 'href="/privacy/know"' in home
    assert 'href="/privacy/delete"' not in home


def test_a_form_that_no_collection_point_declares_has_no_notice(serving):
    """It is there all the same."""
    answer = serving(policy_of("minimal")).browser().get("/privacy/know")
    assert (answer.status_code, "Notice at collection" in answer.text) == (200, False)


@pytest.mark.parametrize("cookie", ["x", VISITOR.upper(), VISITOR + "0", "' or 1=1"])
def test_malformed_visitor_number_is_ignored(visitor, house, cookie):
    """A cookie that is no visitor id identifies nobody."""
    visitor.cookies.set("avow_visitor", cookie)
    visitor.post("/privacy/know", data={"email": "robin@example.com"})
    assert contacts(house)[0].visitor_id == ""


def test_period_is_everything_unless_a_day_is_chosen(visitor, house):
    """The form offers everything (the default) or a day to start from (11 CCR 7020(e))."""
    visitor.post("/privacy/know", data={"email": "robin@example.com", "since": "2026-01-01"})
    house.wait(seconds=1)
    visitor.post("/privacy/know", data={"email": "robin@example.com", "period": "since", "since": "2026-01-01"})
    assert [asked.since for asked in contacts(house)] == ["", "2026-01-01"]


@pytest.mark.parametrize(
    "email", ["", "robin", "robin@", "a@b", "x" * 250 + "@example.com", "robin@example.com\nBcc: x@example.com"]
)
def test_wrong_address_keeps_the_rest_of_the_form(visitor, house, email):
    """What was typed comes back with words beside the field; nothing was filed."""
    response = visitor.post("/privacy/know", data={"email": email, "details": "a blue <coat>"})
    assert response.status_code == 422
    assert "a blue &lt;coat&gt;" in response.text
    assert house.cases() == []


@pytest.mark.parametrize("since", ["", "yesterday", "2021-12-31", "2027-01-01", "0000-00-00"])
def test_day_outside_the_law_is_not_filed(visitor, house, since):
    """A day before 2022 or after today is explained, not guessed."""
    response = visitor.post("/privacy/know", data={"email": "robin@example.com", "period": "since", "since": since})
    assert response.status_code == 422
    assert "or ask for everything" in response.text


@pytest.fixture
def answered(house):
    """The token of the answer to Robin's request to know."""
    house.write("robin@example.com")
    return house.verified(RequestKind.KNOW)


def test_status_page_shows_dates_and_documents(visitor, answered):
    """The person sees both legal dates, what happened and what to download; no copy is kept on the way."""
    response = visitor.get(f"/privacy/requests/{answered}")
    assert "5 December 2026" in response.text
    assert "6 January 2027" in response.text
    assert f"/privacy/requests/{answered}/archive.json" in response.text
    assert response.headers["cache-control"] == "no-store"


def test_who_filed_a_request_sees_dates_and_no_documents(visitor, house, answered):
    """Anyone can file with somebody else's address: what was found is behind the link that went to it."""
    filed = house.link(answered, Link.STATUS)
    page = visitor.get(f"/privacy/requests/{filed}").text
    assert "6 January 2027" in page
    assert "archive.json" not in page
    assert visitor.get(f"/privacy/requests/{filed}/archive.json").status_code == 404


def test_archive_is_its_own_document_without_script(visitor, answered):
    """The archive opens in a sandbox, or is saved."""
    page = visitor.get(f"/privacy/requests/{answered}/archive.html")
    assert page.headers["content-disposition"].startswith("inline")
    assert page.headers["content-security-policy"].endswith("sandbox")
    saved = visitor.get(f"/privacy/requests/{answered}/archive.html?download=1")
    assert saved.headers["content-disposition"] == 'attachment; filename="archive.html"'


@pytest.mark.parametrize("path", ["/privacy/requests/nobody", "/privacy/requests/{answered}/x", "/privacy/verify/nobody"])
def test_unknown_token_is_not_found(visitor, answered, path):
    """A token that opens nothing gets the friendly page."""
    assert visitor.get(path.format(answered=answered)).status_code == 404


def test_opening_the_link_confirms_nothing(visitor, house, sent):
    """Mail scanners open links; only the button confirms."""
    assert "Yes, this is my request" in visitor.get(f"/privacy/verify/{sent}").text
    assert [case.state for case in house.cases()] == [State.VERIFYING]
    answer = visitor.post(f"/privacy/verify/{sent}").headers["location"]
    assert answer == f"/privacy/requests/{house.link(sent, Link.ANSWER)}"
    assert [case.state for case in house.cases()] == [State.VERIFIED]


def test_late_link_is_refused_with_the_reason(visitor, house, sent):
    """A link that does not work any more says why and where to go."""
    house.wait(days=46)
    house.run("requests")
    response = visitor.post(f"/privacy/verify/{sent}")
    assert response.status_code == 409
    assert "the time to confirm this request is over; please file it again" in response.text


def test_a_proof_has_its_page_behind_the_link_to_the_answer_alone(visitor, house, answered):
    """With all that a check needs, and not cached; nobody else is told that there is one."""
    page = visitor.get(f"/privacy/requests/{answered}/proof")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    key, text = visitor.get("/audit/key").text.strip(), visitor.get(f"/privacy/requests/{answered}/proof.tlog-proof").text
    assert f'data-key="{escape(key)}"' in page.text
    assert f'class="proof-text">{escape(text)}</code>' in page.text
    filed = house.link(answered, Link.STATUS)
    assert visitor.get(f"/privacy/requests/{filed}/proof").status_code == 404
    assert "check it here" not in visitor.get(f"/privacy/requests/{filed}").text


def test_questions_are_answered_on_the_page_without_script_and_nothing_typed_comes_back(visitor, house):
    """Progress is saved; a wrong answer is said to be wrong, and no page shows it, what is held, or which it was."""
    house.write("robin@example.com", fields={"email": "robin@example.com", "name": "Robin Canary", "company": "Acme"})
    filed = house.ask(RequestKind.KNOW)
    house.walk()
    shown = visitor.get(f"/privacy/verify/{house.link(filed)}").text
    assert "Canary" not in shown
    page = visitor.post(f"/privacy/verify/{house.link(filed)}", data=typed("", name="canary robin")).headers["location"]
    assert "So far 2 of 3 things that prove it are confirmed, and your declaration is not signed" in visitor.get(page).text
    wrong = visitor.post(f"{page}/answers", data=typed("", company="A wrong guess"))
    assert (wrong.status_code, "wrong guess" in wrong.text, "Acme" in wrong.text) == (422, False, False)
    assert "is not what we hold, or we hold nothing to compare it with" in wrong.text
    assert visitor.post(f"{page}/answers", data=typed(company="ACME")).headers["location"] == page
    assert [case.state for case in house.cases()] == [State.VERIFIED]


def test_who_wants_no_more_questions_gets_the_next_smaller_answer(visitor, house):
    """At once, and named."""
    house.write("robin@example.com", fields={"email": "robin@example.com", "name": "Robin", "company": "Acme"})
    filed = house.ask(RequestKind.KNOW)
    house.walk()
    page = visitor.post(f"/privacy/verify/{house.link(filed)}", data=typed("", name="Robin")).headers["location"]
    assert visitor.post(f"{page}/smaller-answer").status_code == 303
    house.walk()
    assert "an answer by categories" in visitor.get(f"{page}/letter").text


def test_the_code_is_typed_on_the_page_of_who_filed(visitor, house):
    """It leads where the link leads; a wrong one says so."""
    filed = house.ask(RequestKind.KNOW)
    house.walk()
    assert "The code in our message" in visitor.get(f"/privacy/requests/{filed}").text
    assert visitor.post(f"/privacy/requests/{filed}/code", data={"code": "AAAA-AAAA"}).status_code == 422
    (case,) = house.cases()
    code = verification.code(case, house.store.vault.hmac)
    answer = visitor.post(f"/privacy/requests/{filed}/code", data={"code": code}).headers["location"]
    assert answer == f"/privacy/requests/{house.link(filed, Link.ANSWER)}"


def test_a_stranger_answers_for_nobody(visitor, house):
    """Neither behind the page of who filed, nor behind no link of ours."""
    house.write("robin@example.com", fields={"email": "robin@example.com", "name": "Robin", "company": "Acme"})
    filed = house.ask(RequestKind.KNOW)
    house.walk()
    visitor.post(f"/privacy/verify/{house.link(filed)}")
    for token, status in ((filed, 422), ("nobody", 404)):
        for what in ("answers", "smaller-answer"):
            assert visitor.post(f"/privacy/requests/{token}/{what}", data=typed(name="Robin")).status_code == status
    assert [case.state for case in house.cases()] == [State.VERIFYING]


def test_staff_who_are_trained_say_who_asks(house):
    """With a reason; who is not trained can look."""
    house.write("robin@example.com", fields={"email": "robin@example.com", "message": "m"})
    filed = house.ask(RequestKind.KNOW)
    house.walk()
    house.confirm(filed)
    staff, path = house.staff(), f"/console/requests/{filed.partition('-')[0]}"
    shown = staff.get(path).text
    assert "Proved by: link in the message" in shown
    token = re.search(r'name="token" value="([0-9a-f]{64})"', shown)[1]
    assert staff.post(f"{path}/who", data={"token": token, "reason": "I know"}).status_code == 422
    why = "We called the number on their invoice, and they named its total."
    assert staff.post(f"{path}/who", data={"token": token, "reason": why}).status_code == 303
    assert [case.state for case in house.cases()] == [State.VERIFIED]
    assert why in staff.get(path).text
