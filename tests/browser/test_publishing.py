"""A version is published, announced and taken back in the browser, by keyboard, on a telephone; each step without a violation."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.walks.test_publishing import LONGER, NARROWER

from .conftest import PERSON, signed_in
from .test_accessible import violations

TEXT = (Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(shared_installation_of, mailbox):
    """A running installation over a policy file of its own."""
    installation = shared_installation_of(mail_port=mailbox.port, policy="policy.md")
    (installation.folder / "policy.md").write_text(TEXT, encoding="utf-8")
    return installation.start()


@pytest.fixture
def page(chromium, server):
    """A signed-in page of its console, as wide as a telephone; every console error fails the test."""
    context = chromium.new_context(base_url=server.base, user_agent=PERSON, viewport={"width": 390, "height": 844})
    opened, errors = context.new_page(), []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield signed_in(opened, server)
    context.close()
    assert errors == []


def is_well(page):
    """Nothing that axe finds, and nothing beside the screen."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def changed(text, *pairs, effective=None):
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return re.sub(r"(?m)^effective( *)= \S+$", rf"effective\1= {effective}", text) if effective else text


def propose(page, change):
    """Begin with the text in force, change it, and send it to be looked at."""
    page.goto("/console/policy")
    page.get_by_role("button", name="Publish a version…").press("Enter")
    page.get_by_role("link", name="Begin with the text in force").press("Enter")
    field = page.get_by_label("The policy, in Markdown")
    is_well(page)
    field.fill(change(field.input_value()))
    page.get_by_role("button", name="See what it would do").press("Enter")
    page.get_by_role("heading", level=1, name=re.compile("this version|not published")).wait_for()
    is_well(page)


def test_a_minor_change_is_published_at_once(page, server, until):
    """Judged, confirmed, and obeyed: the form has one field less."""
    propose(page, lambda text: changed(text, *NARROWER))
    assert page.get_by_text("in force from", exact=False).first.is_visible()
    page.get_by_role("button", name="Publish it now").press("Enter")
    page.get_by_text("Published.").wait_for()
    is_well(page)
    with server.browser() as browser:
        until(lambda: 'name="company"' not in browser.get("/avow/forms/contact-form").text, what="the version in force")


def test_a_mistake_is_shown_at_its_word_and_mended_there(page):
    """The text comes back with it."""
    propose(page, lambda text: changed(text, ('purposes   = ["answer-questions"', 'purposes   = ["answer-nobody"')))
    assert "answer-nobody" in page.locator("mark").first.inner_text()
    assert not page.get_by_role("button", name="Publish it now").count()
    field = page.get_by_label("The policy, as you sent it")
    field.fill(field.input_value().replace("answer-nobody", "answer-questions"))
    page.get_by_role("button", name="See what it would do").press("Enter")
    page.get_by_text("in force already").wait_for()


def test_a_material_change_is_announced_and_taken_back(page):
    """The banner is there, and is gone."""
    day = datetime.now(UTC).date() + timedelta(days=60)
    propose(page, lambda text: changed(text, *LONGER, effective=day))
    assert page.get_by_text("36 months").first.is_visible()
    page.get_by_role("button", name="Announce it for").press("Enter")
    page.get_by_text("Published.").wait_for()
    page.get_by_role("link", name="Take it back…").press("Enter")
    is_well(page)
    page.get_by_role("button", name="Take it back").press("Enter")
    page.get_by_text("Taken back.").wait_for()
    assert not page.get_by_role("link", name="Take it back…").count()
