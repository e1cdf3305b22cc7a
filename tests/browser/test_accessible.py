"""Every page passes axe's WCAG 2.1 A and AA rules, in light and in dark (STYLE 32, 11 CCR 7003)."""

import re
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from avow.config import load
from avow.gate import instructions
from avow.gate.instructions import Wanted, Way
from avow.main.installation import open_store
from avow.store.control import requests, set_aside
from avow.store.control.set_aside import SetAside

AXE = Path(__file__).parents[2] / "browser" / "node_modules" / "axe-core" / "axe.min.js"
PUBLIC = [
    "/",
    "/products/field-barometer",
    "/products/rain-gauge",
    "/contact",
    "/contact/thanks?reference=AB12&dropped=colour",
    "/avow/forms/contact-form/thanks?reference=AB12&dropped=colour&masked=message",
    "/avow/forms/newsletter/thanks",
    "/avow/forms/newsletter",
    "/avow/forms/job-application",
    "/avow/notices/contact-form",
    "/newsletter",
    "/newsletter/thanks",
    "/careers",
    "/careers/calibration-technician",
    "/careers/sailmaker",
    "/search?q=rain",
    "/search?q=nothing-of-it",
    "/privacy-policy",
    "/privacy-policy/history",
    "/privacy-policy/on",
    "/privacy",
    "/privacy/know",
    "/privacy/correct",
    "/privacy/delete",
    "/privacy/opt-out",
    "/privacy/choices",
    "/privacy/choices?saved=1",
    "/privacy/incentives",
    "/privacy/status",
    "/console/sign-in",
]
STAFF = [
    "",
    "/campaigns",
    "/recordings",
    "/inbox",
    "/mailings",
    "/mailings/new",
    "/requests",
    "/requests?waits_for=person&state=closed",
    "/requests/new",
    "/record",
    "/outbox",
    "/choices",
    "/refusals",
    "/browser-reports",
    "/searches",
    "/integrity",
    "/set-aside",
    "/imports",
    "/policy",
    "/policy/publish",
    "/policy/publish?from=in-force",
    "/policy/withdraw",
    "/evidence",
    "/audit",
    "/audit?what=staff.added&about=0123456789ab&from=2026-01-01",
    "/audit/0",
    "/staff",
    "/account",
    "/account/app",
    "/account/passkeys",
    "/account/password",
]


#: What is looked for: everything by day; by night, when the same pages have other colours, what depends on colours.
RULES = {
    "light": "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']",
    "dark": "{type: 'rule', values: ['color-contrast', 'link-in-text-block']}",
}


def violations(page):
    """Return what axe finds on the open page, in light and in dark: rule, and the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for scheme, rules in RULES.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        options = f"{{runOnly: {rules}, resultTypes: ['violations']}}"
        found += page.evaluate(f"axe.run(document, {options}).then(found => found.violations)")
    return [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]


def found_on(page, paths):
    """Return what axe finds on each of these pages, which are opened one after the other; the browser is given axe once."""
    page.add_init_script(path=AXE)
    found = {}
    for path in paths:
        assert page.goto(path).ok, path
        found[path] = violations(page)
    return {path: errors for path, errors in found.items() if errors}


def test_public_pages_have_no_violation(visit):
    """The site and the privacy centre, with the signal set so that its line is looked at too."""
    page = visit(extra_http_headers={"Sec-GPC": "1"})
    assert found_on(page, PUBLIC) == {}


def test_console_pages_have_no_violation(console):
    """The console, empty states and filled ones as they come."""
    assert found_on(console, [f"/console{path}" for path in STAFF]) == {}


@pytest.fixture
def many_shelved(running):
    """More items that are set aside than a page has, for as long as the test runs; none of them is tried meanwhile."""
    soon = int(time.time() * 1000) + 3_600_000
    rows = [
        SetAside(f"{number:032x}", "integrity", f"many-{number}", "s", "ValueError", 1, number, number, soon)
        for number in range(201)
    ]
    with closing(open_store(load(running.config))) as store:
        with store.control.transaction() as tx:
            for row in rows:
                set_aside.add(tx, row)
        yield
        with store.control.transaction() as tx:
            set_aside.remove(tx, [row.id for row in rows])


def test_the_pages_of_a_list_need_no_mouse(console, many_shelved):
    """By the keyboard to the next page and back, on a telephone as well; nothing of it breaks a rule of axe."""
    console.set_viewport_size({"width": 390, "height": 800})
    console.goto("/console/set-aside")
    console.get_by_role("link", name="Next page").focus()
    console.keyboard.press("Enter")
    pages = console.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Previous page").wait_for()
    assert pages.get_by_role("link").all_inner_texts() == ["First page", "Previous page", "Next page"]
    assert violations(console) == []
    assert console.evaluate("document.documentElement.scrollWidth") == 390
    pages.get_by_role("link", name="Previous page").focus()
    console.keyboard.press("Enter")
    console.get_by_text("many-200", exact=True).wait_for()


@pytest.fixture
def shelved(running):
    """Something that is set aside, for as long as the test runs."""
    with closing(open_store(load(running.config))) as store:
        store.aside.put("integrity", "of-a-test", "ValueError", 1_795_000_000_000)
        with store.control.reading() as tx:
            row_id = set_aside.find(tx, "integrity", "of-a-test").id
        yield row_id
        store.aside.discard(row_id)


def test_what_is_set_aside_has_no_violation(console, shelved, until):
    """The list, the question before something is given up, and the line that every page then has."""
    for path in ("/set-aside", f"/set-aside/{shelved}/discard"):
        console.goto(f"/console{path}")
        assert violations(console) == []
    said = console.get_by_role("status").get_by_text("1 item is set aside.")
    until(lambda: console.reload() and said.count(), 20, "the line, some seconds later")
    console.set_viewport_size({"width": 390, "height": 800})
    assert console.evaluate("document.documentElement.scrollWidth") == 390


def test_the_page_on_which_staff_look_needs_no_mouse(visit, console):
    """What would happen, and the note on fraud: by the keyboard, in both widths, with nothing that axe finds."""
    page = visit()
    page.goto("/privacy/delete")
    page.fill("[name=email]", "plan-of@example.com")
    page.locator("main form button").click()
    page.wait_for_url(re.compile("/privacy/requests/"))
    request_id = page.url.rpartition("/")[2].partition("-")[0]
    console.goto(f"/console/requests/{request_id}/plan")
    for width in (1280, 390):
        console.set_viewport_size({"width": width, "height": 900})
        assert violations(console) == []
        assert console.evaluate("document.documentElement.scrollWidth") == width
    console.locator("summary").focus()
    console.keyboard.press("Enter")
    console.get_by_label("What makes you think so").fill("It was asked from five addresses within a minute.")
    console.get_by_role("button", name="Stop it until somebody decides").focus()
    console.keyboard.press("Enter")
    console.get_by_text("Nothing more is carried out until somebody clears it").wait_for()
    assert violations(console) == []


def test_status_page_of_a_request_has_no_violation(visit):
    """The page that a person follows a request on."""
    page = visit()
    page.goto("/privacy/delete")
    page.fill("[name=email]", "axe.person@example.com")
    page.locator("main form button").click()
    page.wait_for_url(re.compile("/privacy/requests/"))
    assert violations(page) == []


@pytest.fixture
def instructed(running):
    """The path of a page on which a recipient answers, for as long as the test runs."""
    one = Wanted(
        "mail-service",
        "v",
        Way.PAGE,
        "AI",
        date(2027, 1, 4),
        (("e-mail address", "axe.person@example.com"),),
        is_third_party=False,
    )
    with closing(open_store(load(running.config))) as store:
        with store.control.transaction() as tx:
            instructions.queue(store, tx, "ab" * 12, "", {"cd" * 16: one}, 1_795_000_000_000)
        yield f"/privacy/instructions/{instructions.link(store.vault.hmac, 'cd' * 16)}"
        with store.control.transaction() as tx:
            requests.remove(tx, "ab" * 12)


def test_a_recipient_needs_no_mouse(visit, instructed):
    """Its page, on a telephone: an answer is chosen by keyboard, and there is nothing that axe finds."""
    page = visit(viewport={"width": 390, "height": 800})
    page.goto(instructed)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("radio", name="We erased it, and told").focus()
    page.keyboard.press("ArrowUp")
    assert page.get_by_role("radio", name="We cannot do this").is_checked()
    assert page.get_by_role("button", name="Send the answer").is_visible()


def test_first_tab_leads_past_the_navigation(visit):
    """The first tab stop of every page is the link to its content."""
    page = visit()
    for path in ("/", "/contact", "/privacy"):
        page.goto(path)
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"


def test_the_menu_is_a_window_of_its_own_on_a_telephone(console):
    """Away until its button is pressed, then all of it, one page below the other; by keyboard, and nothing that axe finds."""
    console.set_viewport_size({"width": 390, "height": 844})
    console.goto("/console/audit")
    menu = console.get_by_role("navigation", name="Console")
    assert not menu.is_visible()
    console.get_by_role("button", name="Menu").press("Enter")
    menu.wait_for()
    boxes = [one.bounding_box() for one in menu.get_by_role("link").all()]
    assert len(boxes) > 15
    assert len({round(box["x"]) for box in boxes}) == 1
    assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes)
    assert menu.evaluate("menu => menu.scrollWidth <= menu.clientWidth")
    assert violations(console) == []
    console.keyboard.press("Escape")
    assert not menu.is_visible()


def test_the_menu_is_all_there_where_there_is_room(console):
    """On a screen of 900 points nothing of it is below the edge."""
    console.set_viewport_size({"width": 1280, "height": 900})
    console.goto("/console/audit")
    links = console.get_by_role("navigation", name="Console").get_by_role("link").all()
    assert max(box["y"] + box["height"] for box in (one.bounding_box() for one in links)) <= 900


def test_staff_are_invited_and_removed_on_pages_without_violation(console):
    """The link that is shown once, the question before an account is removed, and both on a telephone; by keyboard alone."""
    console.goto("/console/staff")
    console.get_by_role("checkbox", name="Administrator").first.press("Space")
    console.get_by_role("button", name="Make a link").press("Enter")
    assert "/console/invitations/" in console.get_by_label("Link").input_value()
    assert violations(console) == []
    console.set_viewport_size({"width": 390, "height": 800})
    assert console.evaluate("document.documentElement.scrollWidth") == 390
    console.locator("th a").first.press("Enter")
    console.get_by_role("heading", name="Second factor").wait_for()
    assert violations(console) == []
    assert console.evaluate("document.documentElement.scrollWidth") == 390
    console.get_by_role("link", name="Remove…").first.press("Enter")
    console.get_by_role("heading", name=re.compile("^Remove .*")).wait_for()
    assert violations(console) == []
    assert console.evaluate("document.documentElement.scrollWidth") == 390
