"""Two websites of one company in a browser, each in its own look; the banner on pages that Avow serves and on others."""

import pytest

from .conftest import PERSON
from .looks import policy_in, with_two_websites
from .test_accessible import violations

#: The most that the banner takes of a screen, by its size.
SCREENS = {(1280, 800): 0.2, (390, 844): 0.3}
NAMES = {"instruments": "Marrowby Instruments", "charts": "Lorne Charts"}
SERVED, OTHER = "/products/rain-gauge", "/elsewhere"
#: A page that Avow does not serve, with a layout that is easily moved: its end sticks to the window's, and all but the first
#: child of anything keep their distance.
PAGE = """<!doctype html><html lang=en><meta charset=utf-8><title>Elsewhere</title><link rel=stylesheet href=/elsewhere.css>
<meta name=viewport content="width=device-width"><body><h1>Elsewhere</h1><main>{}</main>
<footer><a href="/privacy">Privacy</a></footer>
<script src=/avow/choices.js defer></script><script src=/avow/replay.js defer></script>"""
STYLE = """* { box-sizing: border-box } body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; gap: 1rem }
main { flex: 1 } * + * { margin-top: 1px } button { width: 100%; text-transform: uppercase }
:root { --avow-banner-background: #102030; --avow-banner-ink: #ffffff }
:root { --avow-banner-button: #ffffff; --avow-banner-button-ink: #102030; --avow-banner-link: #ffffff }"""
#: Notes how much the page moves by itself, from its first byte.
MOVES = """window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.moved += one.value; }))
    .observe({ type: "layout-shift", buffered: true });"""
WHERE = (
    "[...document.querySelectorAll('h1, main, main p, footer, footer a')].map((one) => one.getBoundingClientRect().top + scrollY)"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory, shared_installation_of):
    """One installation with two websites."""
    policy = policy_in(tmp_path_factory.mktemp("looks"))
    return with_two_websites(shared_installation_of(policy=policy)).start()


@pytest.fixture
def person(chromium, site):
    """Open a browser of a person's own on one of the websites."""
    contexts, errors = [], []

    def opened(name="instruments", **options):
        base = f"http://{name}.localhost:{site.port}"
        contexts.append(chromium.new_context(base_url=base, user_agent=PERSON, reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        words = "".join(f"<p>Line {number} of this page</p>" for number in range(60))
        page.route("**/elsewhere", lambda route: route.fulfill(body=PAGE.format(words), content_type="text/html"))
        page.route("**/elsewhere.css", lambda route: route.fulfill(body=STYLE, content_type="text/css"))
        page.add_init_script(MOVES)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [one for one in errors if "404" not in one] == []


def shown(page, path):
    """Open a page and return its banner."""
    page.goto(path)
    banner = page.locator("section.asking")
    banner.wait_for()
    return banner


@pytest.mark.parametrize("path", [SERVED, OTHER])
@pytest.mark.parametrize("name", NAMES)
def test_the_banner_takes_a_part_of_the_screen_and_names_who_asks(person, name, path):
    """With two long questions, on a wide screen and a narrow one; what is longer is scrolled within it."""
    for (width, height), most in SCREENS.items():
        page = person(name, viewport={"width": width, "height": height})
        banner = shown(page, path)
        box = banner.bounding_box()
        assert box["height"] <= most * height
        assert box["y"] + box["height"] == pytest.approx(height, abs=0.5)
        assert banner.get_by_role("heading").inner_text() == f"{NAMES[name]} asks: may we?"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        text = banner.locator(".asked")
        last = text.locator("li").last
        last.scroll_into_view_if_needed()
        edge = text.evaluate("one => one.getBoundingClientRect().bottom")
        assert last.evaluate("one => one.getBoundingClientRect().bottom") <= edge + 1


@pytest.mark.parametrize("path", [SERVED, OTHER])
def test_yes_and_no_are_alike(person, path):
    """As large, in one line, in the same colours, on both screens. Rule: 11 CCR 7004(a)(2)."""
    for width, height in SCREENS:
        banner = shown(person(viewport={"width": width, "height": height}), path)
        no, yes = banner.get_by_role("button").all()
        one, other = no.bounding_box(), yes.bounding_box()
        assert (one["y"], one["height"], one["width"]) == pytest.approx((other["y"], other["height"], other["width"]), abs=1)
        assert one["height"] >= 44
        look = "one => { const is = getComputedStyle(one); return [is.color, is.backgroundColor, is.font, is.border] }"
        assert no.evaluate(look) == yes.evaluate(look)
        assert [no.inner_text(), yes.inner_text()] == ["Do not allow", "Allow"]


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("path", [SERVED, OTHER])
def test_the_banner_moves_nothing(person, path, size):
    """Not when it comes, not when it goes; the end of the page can be seen above it, and is where focus comes to."""
    page = person(viewport=dict(zip(("width", "height"), size, strict=True)))

    def note(route):
        page.evaluate(f"window.before ??= {WHERE}")
        route.continue_()

    page.route("**/avow/choices", note)
    banner = shown(page, path)
    if path == OTHER:
        assert page.evaluate(WHERE) == page.evaluate("before")
    page.evaluate("scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })")
    assert page.locator("footer").bounding_box()["y"] < banner.bounding_box()["y"]
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.locator("footer a").last.focus()
    link = page.locator("footer a").last.bounding_box()
    assert link["y"] + link["height"] <= banner.bounding_box()["y"] + 1
    where, top = page.evaluate(WHERE), page.evaluate("scrollY")
    assert page.evaluate("moved") == 0
    banner.get_by_role("button", name="Do not allow").click()
    banner.wait_for(state="detached")
    page.wait_for_load_state()  # a page that is opened again is laid out once its style is there
    assert (page.evaluate(WHERE), page.evaluate("moved")) == (where, 0)
    if path == OTHER:  # the other page is opened again
        assert page.evaluate("scrollY") == top


def test_a_page_adjusts_the_banner_by_custom_properties(person):
    """Under a policy that takes no style in the page; rules of the page for its own elements do not reach it."""
    banner = shown(person(), OTHER)
    colours = "one => { const is = getComputedStyle(one); return [is.color, is.backgroundColor] }"
    assert banner.evaluate(colours) == ["rgb(255, 255, 255)", "rgb(16, 32, 48)"]
    button = banner.get_by_role("button").first
    assert button.evaluate(colours) == ["rgb(16, 32, 48)", "rgb(255, 255, 255)"]
    assert button.evaluate("one => getComputedStyle(one).textTransform") == "none"


@pytest.mark.parametrize("path", [SERVED, OTHER])
def test_the_banner_is_answered_by_keyboard(person, path):
    """Link, no, yes, in this order; afterwards it is closed, here and on the next page."""
    page = person()
    banner = shown(page, path)
    banner.get_by_role("link").focus()
    seen = []
    for _ in range(2):
        page.keyboard.press("Tab")
        active = "((one) => one.shadowRoot?.activeElement ?? one)(document.activeElement).textContent"
        seen.append(page.evaluate(active))
    assert seen == ["Do not allow", "Allow"]
    page.keyboard.press("Enter")
    banner.wait_for(state="detached")
    page.goto(SERVED)
    assert page.locator("section.asking").count() == 0
    assert "+personalisation" in next(one["value"] for one in page.context.cookies() if one["name"] == "avow_choices")


@pytest.mark.parametrize("size", SCREENS)
def test_the_banner_covers_no_sign_of_a_recording(person, size):
    """Who allowed to be recorded and has another question open sees both."""
    page = person(viewport=dict(zip(("width", "height"), size, strict=True)))
    page.goto("/privacy/choices")
    page.locator("input[name='choice.about-page-improvement'][value=in]").check()
    page.get_by_role("button", name="Save these choices").click()
    banner = shown(page, OTHER)
    sign = page.get_by_role("region", name="Session recording")
    sign.wait_for()
    one, other = sign.bounding_box(), banner.bounding_box()
    assert one["y"] + one["height"] <= other["y"] or one["y"] >= other["y"] + other["height"]


def test_choices_are_saved_by_one_button_and_what_is_not_saved_is_told(person):
    """By keyboard, without script; the message says what holds, and focus is on it."""
    page = person("charts", java_script_enabled=False)
    page.goto("/privacy/choices")
    assert page.locator("input:checked").count() == 0
    unsaved = page.get_by_text("Not saved yet.")
    assert not unsaved.is_visible()
    page.locator("input[name='choice.about-personalisation'][value=in]").focus()
    page.keyboard.press("Space")
    assert unsaved.is_visible()
    assert page.context.cookies() == []
    page.get_by_role("button", name="Save these choices").press("Enter")
    page.wait_for_url("**/privacy/choices?saved=1")
    note = page.locator(".note:focus")
    assert "Your choice is processed." in note.inner_text()
    assert "On: Remembering your units, your place and your earlier searches" in note.inner_text()
    assert page.locator("input:checked").count() == 1
    assert not page.get_by_text("Not saved yet.").is_visible()


def test_all_is_off_by_one_press(person):
    """And every switch says so."""
    page = person("charts")
    page.goto("/privacy/choices")
    page.get_by_role("button", name="Opt out of all").click()
    page.wait_for_url("**/privacy/choices?saved=1")
    assert page.locator("input[value=out]:checked").count() == page.locator(".choice").count()


@pytest.mark.parametrize("name", NAMES)
def test_pages_in_a_look_have_no_violation(person, name):
    """A light look with a logo, and one that is dark by day; the banner on both kinds of pages."""
    page, found = person(name), {}
    for path in (
        "/privacy",
        "/privacy/know",
        "/privacy/choices",
        "/privacy/nothing",
        "/avow/forms/contact-form/thanks?reference=AB12&dropped=colour",
        "/privacy-policy/history",
        SERVED,
        OTHER,
    ):
        page.goto(path, wait_until="networkidle")
        found[path] = violations(page)
    page.goto("/privacy/choices")
    page.get_by_role("button", name="Allow all").click()
    page.wait_for_url("**saved=1")
    found["saved"] = violations(page)
    assert {path: errors for path, errors in found.items() if errors} == {}


def test_each_website_has_its_own_brand_on_a_telephone_too(person):
    """Name and logo lead back to its own first page; nothing is wider than the screen."""
    for name, brand in NAMES.items():
        page = person(name, viewport={"width": 390, "height": 844})
        for path in ("/privacy", "/privacy/choices", "/avow/nothing"):
            page.goto(path)
            home = page.get_by_role("link", name=brand)
            assert home.evaluate("one => one.href") == f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/"
            assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_logo_runs_no_script(person):
    """Pages show it as an image; where somebody opens it by itself, the script that is in it does nothing."""
    page = person()
    page.goto("/privacy")
    image = page.locator("header img")
    assert image.evaluate("one => one.naturalWidth") > 0
    address = image.evaluate("one => one.src")
    alone = page.context.new_page()
    alone.goto(address)
    assert alone.evaluate("[document.documentElement.localName, document.title]") == ["svg", ""]
