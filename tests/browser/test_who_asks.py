"""The page that asks who somebody is: without script, on a telephone and a desk, for everybody who can read or hear it."""

import re

import pytest
from tests.browser.test_accessible import violations

ADDRESS = "quinn.asked@example.com"


@pytest.fixture(scope="module")
def link(running, mailbox):
    """The link in the message to somebody who wrote, and asks to know."""
    browser, before = running.browser(), len(mailbox.messages)
    form = {"name": "Quinn Asked", "company": "Acme", "email": ADDRESS, "message": "What I wrote"}
    assert browser.post("/avow/forms/contact-form", data=form).status_code == 303
    running.drain()
    assert browser.post("/privacy/know", data={"email": ADDRESS, "period": "everything"}).status_code == 303
    letter = mailbox.to(ADDRESS, "confirm", before).get_body(("plain",)).get_content()
    return re.search(r"http://\S+/privacy/verify/\S+", letter)[0]


@pytest.mark.parametrize("width", [390, 1280])
def test_everybody_can_read_the_questions(visit, link, width):
    """Nothing that axe finds, in light or dark, and nothing wider than the window."""
    page = visit(viewport={"width": width, "height": 800})
    page.goto(link)
    assert page.get_by_label("Company").count() == 1
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_questions_are_answered_by_the_keyboard_without_script(visit, link, mailbox):
    """Some now, the rest on the page that follows; then the archive is there."""
    before = len(mailbox.messages)
    page = visit(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(link)
    page.get_by_label("Name", exact=False).first.fill("quinn asked")
    page.get_by_role("button", name="Yes, this is my request").press("Enter")
    page.wait_for_url("**/privacy/requests/*")
    assert page.get_by_text("So far 2 of 3 things").is_visible()
    page.get_by_label("Company").fill("acme")
    page.get_by_label("Your name, as your signature").fill("Quinn Asked")
    page.get_by_role("button", name="Send my answers").press("Enter")
    assert page.get_by_role("heading", name="Who you are").count() == 0
    mailbox.to(ADDRESS, "done", before)
    page.reload()
    assert page.locator("a[href$='archive.html']").count() == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_everybody_can_read_the_page_of_who_is_asked_more(visit, running, mailbox, width):
    """The same of the page that follows, and of the one on which the code is typed."""
    address, before = f"quinn.{width}@example.com", len(mailbox.messages)
    browser = running.browser()
    form = {"name": "Quinn", "company": "Acme", "email": address, "message": "What I wrote"}
    assert browser.post("/avow/forms/contact-form", data=form).status_code == 303
    running.drain()
    filed = browser.post("/privacy/know", data={"email": address, "period": "everything"}).headers["location"]
    letter = mailbox.to(address, "confirm", before).get_body(("plain",)).get_content()
    page = visit(viewport={"width": width, "height": 800})
    page.goto(filed)
    assert page.locator("input[name=code]").count() == 1
    assert violations(page) == []
    page.goto(browser.post(re.search(r"http://\S+/privacy/verify/\S+", letter)[0]).headers["location"])
    assert page.get_by_role("heading", name="Who you are").is_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
