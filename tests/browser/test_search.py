"""The search in a real browser: a slip of the pen, the keyboard through one's own earlier searches, and forgetting them."""

import pytest

from .test_preferences import decide, until


def until_read(page):
    """Wait until the site's pages were read, a second or two after its first start."""
    while page.request.get("/avow/search.json?q=rain").status != 200:
        page.wait_for_timeout(200)


@pytest.fixture
def page(visit):
    """A browser whose visitor said yes, and searched for two things, one of them mistyped."""
    page = visit()
    until_read(page)
    decide(page, yes=True)
    page.goto("/search")
    page.fill("#search-field", "rian gauge")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=rian+gauge")
    assert page.locator(".search-results a").first.get_attribute("href") == "/products/rain-gauge"
    until(page, "localStorage.getItem('marrowby.searches')?.includes('rian gauge')")
    page.goto("/search?q=barometer")
    until(page, "localStorage.getItem('marrowby.searches')?.includes('barometer')")
    return page


def test_own_earlier_searches_are_offered_by_the_keyboard(page):
    """Newest first, as they were typed; Escape gives back what was typed, Enter searches for what is chosen."""
    page.goto("/search")
    until(page, "!document.querySelector('.search-own-note').hidden")
    field, options = page.get_by_role("combobox"), page.get_by_role("option")
    field.press("ArrowDown")
    assert options.all_inner_texts() == ["barometer", "rian gauge"]
    field.press("ArrowDown")
    chosen = field.get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}[aria-selected=true]").inner_text() == "rian gauge"
    field.press("Escape")
    assert (field.get_attribute("aria-expanded"), field.input_value()) == ("false", "")
    field.press_sequentially("ria")
    assert options.all_inner_texts() == ["rian gauge"]
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url("**/search?q=rian+gauge")


def test_searches_are_forgotten_by_the_button_and_by_the_no(page):
    """At once, told to whoever cannot see it, and nothing is kept after the yes was taken back."""
    page.get_by_role("button", name="Forget my searches").click()
    assert page.get_by_role("status").filter(has_text="forgotten").count() == 1
    assert page.evaluate("localStorage.length") == 0
    page.goto("/search?q=barometer")
    until(page, "localStorage.length === 1")
    decide(page, yes=False)
    until(page, "localStorage.length === 0")
    page.goto("/search?q=gauge")
    assert page.get_by_role("button", name="Forget my searches").count() == 0
    assert page.evaluate("localStorage.length") == 0


def test_search_works_without_script_and_tells_nobody(visit):
    """A plain form, its results, and a Referer that names no page to what is opened from them."""
    page = visit(java_script_enabled=False)
    until_read(page)
    page.goto("/search")
    page.fill("#search-field", "baromter")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_role("link", name="barometer", exact=True).count() == 1
    with page.expect_request("**/products/field-barometer") as opened:
        page.locator(".search-results a").first.click()
    assert "referer" not in opened.value.headers
