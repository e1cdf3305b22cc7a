"""Five people of the invented company at work, each in a browser of their own: what their role has, and nothing else."""

import time

import pytest

from avow.web.console.needs import MENU

PAGES = {path: words for pages in MENU.values() for path, words in pages.items()}
PASSWORD = "a long sentence for tests"
#: Who has which pages; everybody sees what is promised and proved.
THEIRS = {
    "recruiter": {"Inbox", "Outbox"},
    "support": {"Inbox", "Outbox"},
    "analyst": {"Dashboard", "Campaigns", "Site search", "Mailings", "Choices"},
    "privacy-officer": {"Inbox", "Outbox", "Choices", "Request desk", "Refusals", "Audit log"},
    "administrator": {"Refusals", "Browser reports", "Integrity", "Set aside", "Staff", "Audit log", "Mailings", "Imports"},
}
ALL = {"Policy", "Evidence"}


@pytest.fixture
def at_work(chromium, running):
    """Return the page of somebody who has just made the account of a role."""
    contexts = []

    def sign_in(role, **window):
        link = running.avow("staff", "invite", "--role", role).split()[-1]
        contexts.append(chromium.new_context(**window))
        page = contexts[-1].new_page()
        page.goto(link)
        page.get_by_label("Name").fill(f"{role} {time.monotonic_ns()}")
        page.locator("input[type=password]").first.fill(PASSWORD)
        page.get_by_role("button").first.click()
        page.wait_for_url(lambda address: "/invitations/" not in address)
        return page

    yield sign_in
    for one in contexts:
        one.close()


@pytest.mark.parametrize("role", THEIRS)
def test_the_menu_is_a_roles_and_other_pages_say_why_not(at_work, running, role):
    """Every page of the menu opens; every other one is refused in words, with the rule."""
    page = at_work(role)
    links = page.get_by_role("navigation", name="Console").get_by_role("link")
    shown = {PAGES[link.get_attribute("href")] for link in links.all()}  # their text ends with a number when something waits
    for path, words in PAGES.items():
        answer = page.goto(f"{running.base}{path}")
        if words in shown:
            assert answer.status == 200, words
        elif path == "/console":
            assert page.url != f"{running.base}/console"
        else:
            assert answer.status == 403, words
            assert page.get_by_role("alert").first.inner_text().startswith("No role of yours may"), words
    assert shown >= ALL
    assert THEIRS[role] & set(PAGES.values()) <= shown
    assert not shown & {"Staff", "Set aside"} or role == "administrator"
    assert not shown & {"Request desk"} or role == "privacy-officer"


def test_the_menu_of_a_telephone_opens_by_button_and_keyboard(at_work):
    """It is a window over the page, closed until it is asked for; Escape closes it, and the focus is on the button again."""
    page = at_work("support", viewport={"width": 390, "height": 844})
    link, button = page.get_by_role("link", name="Inbox"), page.get_by_role("button", name="Menu")
    assert not link.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert link.is_visible()
    page.keyboard.press("Escape")
    assert not link.is_visible()
    assert button.evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")
    link.click()
    assert page.url.endswith("/console/inbox")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
