"""What is put together about one person, against a running server: where the policy declares it and they agreed."""

import html
import json
import re

import pytest
from tests.combined import PURPOSE, combined
from tests.conftest import Installation, wait_for
from tests.houses import MARROWBY
from tests.walks.test_collection import post, view
from tests.walks.test_forms import APPLICATION, PDF, confirmed, in_inbox

from avow.audit import log


@pytest.fixture(scope="module")
def house(tmp_path_factory, mailbox):
    """An installation whose policy puts visits, messages and applications of one person together."""
    folder = tmp_path_factory.mktemp("combining")
    (folder / "policy.md").write_text(combined(MARROWBY), encoding="utf-8")
    made = Installation(folder, mail_port=mailbox.port, policy="policy.md", workers=1).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def staff(house):
    return house.staff()


def agreeing(house, **switches):
    """Return a browser whose person said yes to all, or what `switches` say."""
    browser = house.browser()
    assert browser.post("/privacy/choices", data=switches or {"all": "in"}).status_code == 303
    return browser


def sees(browser, *pages):
    """Look at pages, one after the other."""
    for page in pages:
        assert post(browser, view(page)).status_code == 204


#: What who writes tells besides, and knows when they ask for it.
KNOWN = {"name": "Gus Combined", "company": "Combined"}


def writes(browser, email):
    """Send the contact form; return its reference."""
    sent = browser.post("/avow/forms/contact-form", data={"email": email, "message": "About rain", **KNOWN})
    assert sent.status_code == 303, sent.text
    return sent.headers["location"].partition("reference=")[2]


def shown(house, staff, reference, purpose=PURPOSE):
    """Return what the console shows next to a submission once everything is stored."""
    place = in_inbox(staff, reference)
    house.drain()
    page = staff.get(place, params={"purpose": purpose})
    return re.search(r'(?s)<section class="card" id="related">.*?</section>', page.text)[0] if page.status_code == 200 else ""


def entries(house, record):
    """Return what the published log says of a submission."""
    state = log.read_state(house.data / "audit" / "private")
    found = [json.loads(entry) for entry in log.read_entries(house.data / "audit" / "public", state.size)]
    return [one for one in found if one.get("record") == record]


def test_whoever_is_asked_is_told_what_is_put_together(house):
    """On the banner, on the page of choices and in what the page's script says, before anybody says yes."""
    browser = house.browser()
    told = "puts together “Page visits”, “Contact form” and “Job application”"
    pages = [html.unescape(browser.get(path).text) for path in ("/", "/privacy/choices")]
    assert [told in page.replace("Puts", "puts") for page in pages] == [True, True]
    assert told in str([one["description"] for one in browser.get("/avow/choices").json()["choices"]])


def test_visits_are_shown_next_to_a_message_where_its_writer_agreed(house, staff):
    """What they read before they wrote, not what they read after it; by number and address nobody else's; never the number."""
    browser, other = agreeing(house), agreeing(house)
    sees(browser, "/combined-gauges", "/combined-prices")
    sees(other, "/combined-of-another")
    reference = writes(browser, "ada.combined@example.com")
    sees(browser, "/combined-later")
    page = shown(house, staff, reference)
    assert "What this person did before they wrote" in page
    assert page.index("/combined-prices") < page.index("/combined-gauges")
    assert "/combined-later" not in page
    assert "/combined-of-another" not in page
    assert browser.cookies["avow_visitor"] not in staff.get(in_inbox(staff, reference), params={"purpose": PURPOSE}).text


def test_for_another_purpose_nothing_is_looked_for(house, staff):
    """To answer, staff read the message alone, and the page names the rule."""
    browser = agreeing(house)
    sees(browser, "/combined-unasked")
    page = shown(house, staff, writes(browser, "bo.combined@example.com"), "answer-questions")
    assert "/combined-unasked" not in page
    assert "nothing declares that “Answering your questions” puts it together with anything else" in page
    assert "Cal. Civ. Code § 1798.100(a)(1), (c)" in page


def test_without_a_yes_nothing_is_noted(house, staff):
    """The message is there to be answered; for the purpose that waits for a yes it cannot be opened, and no number is kept."""
    browser = agreeing(house, **{"returning-visitors": "in", "audience-measurement": "in", PURPOSE: "out"})
    sees(browser, "/combined-refused")
    reference = writes(browser, "cy.combined@example.com")
    place = in_inbox(staff, reference)
    assert staff.get(place, params={"purpose": PURPOSE}).status_code == 403
    assert staff.get(place, params={"purpose": "answer-questions"}).status_code == 200


def test_a_no_said_later_holds_for_what_was_noted_before(house, staff):
    """Whoever takes the yes back is shown with nothing from then on."""
    browser = agreeing(house)
    sees(browser, "/combined-taken-back")
    reference = writes(browser, "dee.combined@example.com")
    assert "/combined-taken-back" in shown(house, staff, reference)
    assert browser.post("/privacy/choices", data={PURPOSE: "out"}).status_code == 303
    page = shown(house, staff, reference)
    assert "/combined-taken-back" not in page
    assert "this person has said no to “Understanding what you ask”" in page


def test_an_application_of_the_same_address_is_shown_and_led_to(house, staff):
    """Joined by the address, with the fields that this purpose needs; what is kept for recruiting alone is left out."""
    browser = agreeing(house)
    fields = APPLICATION | {"email": "eve.combined@example.com", "letter": "letter-canary"}
    files = {"resume": ("resume.pdf", PDF, "application/pdf")}
    application = browser.post("/avow/forms/job-application", data=fields, files=files).headers["location"]
    place = in_inbox(staff, application.partition("reference=")[2])
    page = shown(house, staff, writes(browser, "eve.combined@example.com"))
    assert "What else was sent by them, or of them" in page
    assert f'<a href="{place}">Job application</a>' in page
    assert "letter-canary" not in page
    assert "resume.pdf" not in page


def test_each_opening_is_logged_once_for_each_place(house, staff):
    """The log says what was put next to which submission, for what and by whom; and nothing of its person."""
    browser = agreeing(house)
    sees(browser, "/combined-logged", "/combined-logged-too")
    reference = writes(browser, "flo.combined@example.com")
    record = in_inbox(staff, reference).rpartition("/")[2]
    assert "/combined-logged" in shown(house, staff, reference)
    related = lambda: [one for one in entries(house, record) if "related" in one["what"]]  # noqa: E731 - one question
    found = wait_for(related, what="the entry")
    assert [(one["what"], one["point"], one["purpose"]) for one in found] == [("submission.related", "page-view", PURPOSE)]
    assert "example.com" not in str(entries(house, record))


def test_to_delete_reaches_what_was_put_together_and_to_know_shows_it(house, staff, mailbox):
    """From another device, by the address alone: what staff could read as theirs is theirs, and goes with the rest."""
    browser, elsewhere, officers = agreeing(house), house.browser(), (staff, house.staff())
    sees(browser, "/combined-known")
    reference = writes(browser, "gus.combined@example.com")
    assert "/combined-known" in shown(house, staff, reference)
    sees(browser, "/combined-after-the-message")
    house.drain()
    answer = confirmed(elsewhere, mailbox, "know", "gus.combined@example.com", officers=officers, **KNOWN)
    archive = elsewhere.get(f"{answer}/archive.json").text
    assert "/combined-known" in archive
    assert "/combined-after-the-message" not in archive
    confirmed(elsewhere, mailbox, "delete", "gus.combined@example.com", officers=officers, **KNOWN)
    assert house.stored("/combined-known") == {}
    assert house.stored("/combined-after-the-message") == {}
