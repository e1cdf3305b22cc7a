"""Naming a part of a request, and looking at it a second time, in a browser: by the keyboard, in both widths, with axe."""

import pytest
from tests.browser.test_accessible import violations
from tests.walks.test_withheld import WHY, asked, house

__all__ = ["house"]


@pytest.fixture
def opened(chromium, house):
    """Open a browser in which a member of staff is signed in; every console error fails the test."""
    contexts, errors = [], []

    def open_as(staff):
        context = chromium.new_context(base_url=house.base)
        context.add_cookies([{"name": one.name, "value": one.value, "url": house.base} for one in staff.cookies.jar])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert errors == []


def is_well(page):
    """Return whether a page fits both widths, and axe finds nothing on it."""
    found = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found += violations(page)
        found += [] if page.evaluate("document.documentElement.scrollWidth") == width else [width]
    return found


def test_a_part_is_named_and_agreed_to_by_the_keyboard(house, mailbox, opened):
    """What is typed and ticked is what the second person reads; the page of the outcome says what became of it."""
    first, second, before = house.staff(), house.staff(), len(mailbox.messages)
    _, path = asked(house, mailbox, first)
    page, other = opened(first), opened(second)
    page.goto(path)
    page.locator("summary").get_by_text("Keep a part of it").focus()
    page.keyboard.press("Enter")
    assert is_well(page) == []
    page.get_by_label("Ground").first.select_option("H2")
    page.get_by_role("checkbox", name="Letter").focus()
    page.keyboard.press("Space")
    page.get_by_label("For which purpose alone").select_option("recruiting")
    page.get_by_label("Until which day").fill("2030-01-01")
    page.get_by_label("Why, as the person will read it").fill(WHY)
    page.get_by_role("button", name="Ask for the second look").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Job application: Letter").wait_for()
    assert page.get_by_role("button", name="Agree: withhold it").count() == 0
    other.goto(path)
    assert is_well(other) == []
    assert other.get_by_text(WHY).is_visible()
    other.get_by_role("button", name="Agree: withhold it").focus()
    other.keyboard.press("Enter")
    other.get_by_text("Withheld", exact=True).wait_for()
    other.get_by_role("button", name="I have seen this: carry it out").focus()
    other.keyboard.press("Enter")
    letter = mailbox.to("casey.part@example.com", "done in part", before).get_body(("plain",)).get_content()
    assert WHY in letter
    other.reload()
    assert is_well(other) == []
    assert other.get_by_role("cell", name="kept", exact=True).is_visible()
