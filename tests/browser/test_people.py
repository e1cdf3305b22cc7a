"""What people do in a real browser, with script and without, with a signal and without."""

import re

import pytest
from tests.conftest import wait_for

PAGES = ["/", "/products/field-barometer", "/products/rain-gauge", "/contact", "/careers", "/privacy-policy"]


def shows(page, address, text):
    """Open a page again until it shows a text."""

    def is_shown():
        page.goto(address)
        wait_for(lambda: page.locator("#dashboard [aria-busy]").count() == 0, what="the figures")
        return text in page.content()

    wait_for(is_shown, what=f"{text} on {address}")


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_of_the_site_fits_and_has_its_links(visit, width):
    """No page scrolls sideways; each links the policy and the choices (CAL-01)."""
    page = visit(viewport={"width": width, "height": 800})
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("footer a", has_text="Privacy policy").count() == 1
        assert page.locator("footer a", has_text="privacy choices").count() == 1


def test_the_policy_is_read_on_a_telephone(visit):
    """Its tables fit, no word of them is cut, and the list of contents leads to a section by the keyboard."""
    page = visit(viewport={"width": 390, "height": 800})
    page.goto("/privacy-policy")
    widths = "all => all.map(one => one.scrollWidth - one.clientWidth)"
    for part in (".table-scroll", ".table-scroll td", ".table-scroll th[scope=row]"):
        assert set(page.locator(f".policy {part}").evaluate_all(widths)) == {0}
    cell = page.locator(".policy td").first
    assert cell.evaluate("one => getComputedStyle(one, '::before').content") == '"How"'
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="How long we keep it").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy-policy#keeping")


def test_page_views_reach_the_dashboard_by_the_tag(visit, console):
    """Browsing with script: the tag reports the page, and a cookie that script cannot read recognises the browser."""
    page = visit()
    with page.expect_response("**/avow/events"):
        page.goto("/products/rain-gauge?email=secret@example.com&utm_source=leaflet&utm_medium=print&utm_campaign=autumn")
    cookie = next(one for one in page.context.cookies() if one["name"] == "avow_visitor")
    assert cookie["httpOnly"]
    shows(console, "/console", "leaflet / print / autumn")
    assert "secret@example.com" not in console.content()


def test_page_views_reach_the_dashboard_by_the_pixel(visit, console):
    """Without script the pixel reports the page, and no cookie is set."""
    page = visit(java_script_enabled=False)
    with page.expect_response("**/avow/pixel.gif*"):
        page.goto("/careers")
    assert page.context.cookies() == []
    shows(console, "/console?point=page-pixel", "/careers")


def test_signal_stops_everything_before_a_byte_and_the_page_says_so(visit):
    """With Sec-GPC nothing is kept but the opt-out, in the browser alone, and the page says that the signal was honoured."""
    page = visit(extra_http_headers={"Sec-GPC": "1"})
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto("/products/field-barometer")
    page.wait_for_timeout(500)
    assert page.get_by_text(re.compile("signal honoured", re.IGNORECASE)).count() >= 1
    (kept,) = page.context.cookies()
    assert (kept["name"], "audience-measurement" in kept["value"], "+" in kept["value"]) == ("avow_choices", True, False)
    assert not [url for url in sent if "/avow/events" in url or "/avow/pixel" in url]


@pytest.mark.parametrize("width", [718, 580])
@pytest.mark.parametrize("path", ["/privacy-policy", "/privacy-policy/history"])
def test_the_policy_is_printed_as_text_and_tables(visit, width, path):
    """On A4, with narrow and wide margins: nothing is wider than the paper, tables are tables, nothing asks or stays in place."""
    page = visit(viewport={"width": width, "height": 1000})
    page.goto(path)
    if path.endswith("history"):  # to a page that Avow serves for any site
        page.locator("main a[href*='/versions/']").first.click()
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert set(page.locator(".policy table").evaluate_all("all => all.map(one => getComputedStyle(one).display)")) == {"table"}
    sizes = page.locator(".policy :is(p, td, aside p)").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert max(sizes) - min(sizes) <= 2
    assert (
        page.locator(":is(.asking, .head, .top, .policy-where)").evaluate_all("all => all.filter(one => one.offsetHeight).length")
        == 0
    )
    assert (
        page.evaluate("[...document.querySelectorAll('*')].filter(one => getComputedStyle(one).position === 'fixed').length") == 0
    )


@pytest.mark.parametrize(
    "path", ["/contact", "/newsletter", "/careers/calibration-technician", "/privacy/know", "/privacy/delete", "/privacy/opt-out"]
)
def test_the_notice_or_its_link_comes_before_the_fields(visit, path):
    """On a telephone too, where the notice itself is below the form. Rule: 11 CCR 7012(a), (c)."""
    page = visit(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(path)
    tops = "all => all.filter(one => one.offsetHeight).map(one => one.getBoundingClientRect().top)"
    link, fields = page.locator("main a[href='#notice']"), page.locator("main form :is(input, textarea, button)")
    assert link.evaluate_all(tops)[0] < min(fields.evaluate_all(tops))
    assert "collect" in page.locator("#notice").inner_text().lower()


def test_contact_form_works_without_script_and_stands_in_the_inbox(visit, console):
    """The notice stands beside the form; after sending there is a reference; the inbox shows it for a declared purpose."""
    page = visit(java_script_enabled=False)
    page.goto("/contact")
    notice = page.locator(".notice-at-collection").inner_text()
    assert "24 months after our last contact" in notice
    page.fill("[name=email]", "browser.person@example.com")
    page.fill("[name=message]", "A message from a real browser")
    page.wait_for_timeout(2_100)  # nobody writes a message in two seconds: it would be asked once more
    page.locator("main form button").click()
    reference = re.search(r"reference=([0-9A-Z]+)", page.url)[1]
    assert reference in page.content()
    shows(console, "/console/inbox", reference)
    console.get_by_role("link", name=reference).click()
    assert "A message from a real browser" not in console.content()
    console.goto(console.url + "?purpose=answer-questions")
    assert "A message from a real browser" in console.content()


def test_request_to_delete_from_the_privacy_centre_to_the_proof(visit, mailbox):
    """File, confirm by the link in the message, see the answer with its proof; the form asks for no account."""
    before = len(mailbox.messages)
    page = visit()
    with page.expect_response("**/avow/events"):
        page.goto("/products/rain-gauge")
    page.goto("/privacy")
    page.locator("main a[href='/privacy/delete']").first.click()
    page.fill("[name=email]", "eraser@example.com")
    page.locator("main form button").last.click()
    page.wait_for_url("**/privacy/requests/*")
    text = mailbox.to("eraser@example.com", "confirm", before).get_body(("plain",)).get_content()
    page.goto(re.search(r"http://\S+/privacy/verify/\S+", text)[0])
    page.locator("main button").click()
    page.wait_for_url("**/privacy/requests/*")
    mailbox.to("eraser@example.com", "done", before)
    page.reload()
    with page.expect_download() as download:
        page.locator("a[href$='proof.tlog-proof?download=1']").click()
    assert download.value.path().read_text().startswith("c2sp.org/tlog-proof@v1")


def confirmed(page, mailbox, address):
    """File a request to know, confirm it by the link in the message, and return its page."""
    before = len(mailbox.messages)
    page.goto("/privacy/know")
    page.fill("[name=email]", address)
    page.locator("main form button").last.click()
    page.wait_for_url("**/privacy/requests/*")
    text = mailbox.to(address, "confirm", before).get_body(("plain",)).get_content()
    page.goto(re.search(r"http://\S+/privacy/verify/\S+", text)[0])
    page.locator("main button").click()
    page.wait_for_url("**/privacy/requests/*")
    return page


def test_a_person_takes_an_opt_out_back_without_asking_anybody(visit, mailbox, until):
    """What a browser said no to stands for its sender; behind the confirmed link two steps take it back (11 CCR 7028(a))."""
    page = visit(java_script_enabled=False)
    page.goto("/privacy/choices")
    page.locator("button[name=all][value=out]").click()
    page.goto("/contact")
    page.fill("[name=email]", "undecided@example.com")
    page.fill("[name=message]", "A message from who said no")
    page.wait_for_timeout(2_100)
    page.locator("main form button").click()
    own = confirmed(page, mailbox, "undecided@example.com")
    off = own.locator("input[name='choice.audience-measurement'][value=out]")
    until(lambda: own.reload() and off.count() and off.is_checked(), 20, "the opt-out of the address")
    own.locator("input[name='choice.audience-measurement'][value=in]").focus()
    own.keyboard.press("Space")
    own.get_by_role("button", name="Save these choices").click()
    assert own.get_by_role("heading", name="Do you mean it?").count() == 1
    own.get_by_role("button", name="Yes, allow it").click()
    assert own.get_by_text("It holds for your address and in this browser").count() == 1
    assert not off.is_checked()
    assert own.locator("input[name='choice.returning-visitors'][value=out]").is_checked()
    [cookie] = [one["value"] for one in own.context.cookies() if one["name"] == "avow_choices"]
    assert ("audience-measurement" in cookie, "returning-visitors" in cookie, "+" in cookie) == (False, True, False)


def test_opting_out_takes_no_more_steps_than_opting_in(visit):
    """Both buttons stand side by side, of the same size (11 CCR 7004(a)(2))."""
    page = visit()
    page.goto("/privacy/choices")
    out, back = page.locator("button[name=all][value=out]"), page.locator("button[name=all][value=in]")
    assert abs(out.bounding_box()["height"] - back.bounding_box()["height"]) < 2
    assert abs(out.bounding_box()["y"] - back.bounding_box()["y"]) < 2
    out.click()
    page.wait_for_url("**/privacy/choices?saved=1")
    page.goto("/")
    page.wait_for_timeout(500)
    assert [one["name"] for one in page.context.cookies()] == ["avow_choices"]


def test_console_pages_fit_a_phone(console):
    """The console's pages do not scroll sideways at 390 pixels."""
    console.set_viewport_size({"width": 390, "height": 800})
    for path in ("", "/campaigns", "/inbox", "/requests", "/outbox", "/refusals", "/choices", "/policy", "/audit"):
        console.goto(f"/console{path}")
        assert console.evaluate("document.documentElement.scrollWidth") <= 390, path
