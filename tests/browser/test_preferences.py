"""What a visitor's browser keeps for the site: only after a yes, given back, and erased when the yes is taken back."""

import pytest

from .conftest import PERSON

COOKIE = "marrowby_preferences"


@pytest.fixture
def page(chromium, running):
    """A person's browser on the site, whose policy declares preferences and earlier searches."""
    context = chromium.new_context(base_url=running.base, user_agent=PERSON)
    page = context.new_page()
    yield page
    context.close()


def decide(page, *, yes):
    """Say yes or no to the one thing that waits for a yes, on the page of choices."""
    page.goto("/privacy/choices")
    page.check(f"input[name='choice.personalisation'][value={'in' if yes else 'out'}]")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/privacy/choices?saved=1")


def ready(page, path):
    """Open a page and wait until the server has said what this browser may keep."""
    page.add_init_script("document.addEventListener('avow:preferences', () => { window.ready = true; })")
    page.goto(path)
    until(page, "window.ready")


def until(page, condition):
    """Wait for a condition; Playwright's own way needs eval, which the page's policy refuses."""
    for _ in range(50):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(condition)


def names(page):
    return {cookie["name"] for cookie in page.context.cookies()}


def test_nothing_is_kept_before_a_yes(page):
    """Neither cookie nor list, and the developer is told by which rule."""
    ready(page, "/products/field-barometer")
    answer = page.evaluate("avow.prefer({units: 'inHg'})")
    assert (answer["preferences"], len(answer["refused"])) == ({}, 1)
    assert page.evaluate("[avow.keep('search-term', 'rain'), localStorage.length]") == [False, 0]
    assert COOKIE not in names(page)
    assert page.get_by_role("button", name="inHg").count() == 0


def test_form_without_a_yes_leads_to_the_choices(page):
    """Whoever presses the button of an old page is shown where to say yes, and nothing is kept."""
    decide(page, yes=True)
    page.goto("/products/field-barometer")
    page.context.clear_cookies()
    page.get_by_role("button", name="inHg").click()
    page.wait_for_url("**/privacy/choices")
    assert COOKIE not in names(page)


def test_what_is_kept_is_given_back_to_page_and_script(page):
    """A plain form sets a preference; the page shows it, the script has it, and the list stays in the browser."""
    decide(page, yes=True)
    page.goto("/products/field-barometer")
    page.get_by_role("button", name="inHg").click()
    page.wait_for_load_state()
    assert "28.35 to 31.30 inHg" in page.locator("main").inner_text()
    ready(page, "/products/field-barometer")
    assert page.evaluate("avow.preferences") == {"units": "inHg"}
    assert page.evaluate("[avow.keep('search-term', 'rain'), avow.keep('search-term', 'wind'), avow.keep('search-term', 'rain')]")
    assert page.evaluate("avow.kept('search-term')") == ["rain", "wind"]
    assert page.evaluate(f"document.cookie.includes('{COOKIE}')") is False


def test_yes_taken_back_erases_cookie_and_list_at_once(page):
    """The page that confirms the no has erased both; a list whose day is over is erased as well."""
    decide(page, yes=True)
    ready(page, "/products/field-barometer")
    page.evaluate("(async () => { await avow.prefer({units: 'inHg'}); avow.keep('search-term', 'rain'); })()")
    assert COOKIE in names(page)
    page.evaluate("localStorage.setItem('marrowby.searches', JSON.stringify([{value: 'old', until: '2020-01-01'}]))")
    assert page.evaluate("avow.kept('search-term')") == []
    page.evaluate("avow.keep('search-term', 'rain')")
    decide(page, yes=False)
    until(page, "localStorage.length === 0")
    assert COOKIE not in names(page)


def test_the_last_of_changes_said_at_once_holds(page):
    """Each is sent after the answer to the one before, whose cookie it brings along, however slow the way is."""
    decide(page, yes=True)
    ready(page, "/products/field-barometer")
    page.evaluate("""() => {
        const ask = window.fetch;
        let wait = 400;
        window.fetch = (...asked) => new Promise((go) => setTimeout(go, wait)).then(() => ask(...asked), (wait = 0));
    }""")
    page.evaluate("Promise.all([avow.prefer({units: 'inHg'}), avow.prefer({units: 'hPa'})])")
    assert page.evaluate("avow.preferences") == {"units": "hPa"}
