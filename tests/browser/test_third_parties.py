"""Another company's script is loaded only for whom policy, signals and choices allow it, and is gone when they no longer do."""

import re
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .conftest import PERSON, launched, signed_in

MARROWBY = Path(__file__).parents[2] / "policies" / "marrowby"
HOST = "place.farsight.example"
#: What the other company's script does: it sets its cookie, asks what the visitor decided, and says that it ran.
SCRIPT = b"""document.cookie = "_farsight=4711; path=/"; window.farsight = true;
__gpp("ping", (answer) => { window.toldGpp = answer.gppString; });
__uspapi("getUSPData", 1, (answer) => { window.toldUsp = answer.uspString; });"""
ADVERTISING = """### Advertisements elsewhere {#advertising}

If you allow it, an advertising network's script sees which of our pages you look at, and shows our
advertisements on other websites. The network keeps what it sees for 180 days.

```avow
[collection.ad-script]
label        = "Advertising script"
technology   = "tag"
source       = "device"
data         = ["page"]
purposes     = ["advertising"]
retention    = { days = 180 }
collected_by = "ad-network"
loads        = "https://place.farsight.example/seen.js"
stores       = ["_farsight"]

[purpose.advertising]
label            = "Advertising elsewhere"
description      = "showing our advertisements on other websites"
choice           = "consent"
business_purpose = "Cal. Civ. Code § 1798.140(ah)"

[recipient.ad-network]
label      = "Farsight Placements"
role       = "third-party"
services   = "shows our advertisements on other websites"
categories = ["F"]
purposes   = ["advertising"]
country    = "United States"
keeps_days = 180
disclosure = "sharing"
own_use    = true
origins    = ["https://place.farsight.example"]
opt_out    = "https://farsight.example/opt-out"

[recipient.ad-network.contract]
signed            = 2026-06-30
specific_purposes = true
same_protection   = true
forwards_opt_outs = true
checks            = true
notice_if_unable  = true
stop_and_mend     = true
```

"""


def with_advertising(folder):
    """Return the example policy with an advertising network that people have to allow."""
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8")
    text = text.replace("### When you ask about", ADVERTISING + COUNTING + "### When you ask about")
    text = text.replace("stops    = [", 'stops    = ["advertising", "counting-readers",')
    policy = folder / "policy.md"
    policy.write_text(text, encoding="utf-8")
    return policy


COUNTED = "count.farsight.example"
#: A company that works for ours, whose script loads until somebody opts out.
COUNTING = """### How many see our pages {#counting}

Unless you opt out, a counting company's script sees which of our pages you look at. It keeps what it
sees for one day.

```avow
[collection.count-script]
label        = "Counting script"
technology   = "tag"
source       = "device"
data         = ["page"]
purposes     = ["counting-readers"]
retention    = { days = 1 }
collected_by = "counter"
loads        = "https://count.farsight.example/count.js"

[purpose.counting-readers]
label            = "Counting readers"
description      = "counting how many people look at our pages"
choice           = "opt-out"
business_purpose = "Cal. Civ. Code § 1798.140(e)(7)"

[recipient.counter]
label      = "Farsight Counts"
role       = "service-provider"
services   = "counts the readers of our pages"
categories = ["F"]
purposes   = ["counting-readers"]
country    = "United States"
keeps_days = 0
origins    = ["https://count.farsight.example"]

[recipient.counter.contract]
signed                  = 2026-06-30
no_sale_or_sharing      = true
specific_purposes       = true
no_other_use            = true
no_combining            = true
same_protection         = true
checks                  = true
notice_if_unable        = true
stop_and_mend           = true
helps_with_requests     = true
same_for_subcontractors = true
```

"""


class OtherCompany:
    """A real HTTPS server that hands out the script and counts who asked."""

    def __init__(self, folder):
        self.asked = self.counted = 0
        company = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                company.asked += self.path == "/seen.js"
                company.counted += self.path == "/count.js"
                self.send_response(200)
                self.send_header("content-type", "text/javascript")
                self.end_headers()
                self.wfile.write(SCRIPT if self.path == "/seen.js" else b"")

            def log_message(self, *_arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(folder))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def certificate(folder):
    """Return a file with a key and a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
    signed = made.sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "pair.pem").write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return folder / "pair.pem"


@pytest.fixture(scope="module")
def shared_company(tmp_path_factory):
    other = OtherCompany(tmp_path_factory.mktemp("company"))
    yield other
    other.close()


@pytest.fixture
def company(shared_company):
    """The other company, which nobody asked for anything yet."""
    shared_company.asked = shared_company.counted = 0
    return shared_company


@pytest.fixture(scope="module")
def site(shared_installation_of, tmp_path_factory):
    """The site of a company that declares the network."""
    return shared_installation_of(policy=with_advertising(tmp_path_factory.mktemp("policy")), workers=1).start()


@pytest.fixture(scope="module")
def browser(playwright, shared_company):
    """A browser that finds the other company on this machine."""
    rules = ",".join(f"MAP {host} 127.0.0.1:{shared_company.port}" for host in (HOST, COUNTED))
    # A page that a test hands out is of no network, and may reach none of this machine without this.
    with launched(playwright, f"--host-resolver-rules={rules}", "--disable-features=LocalNetworkAccessChecks") as browser:
        yield browser


@pytest.fixture
def person(browser, site):
    """Open a page of somebody's own browser."""
    contexts = []

    def page(**options):
        contexts.append(browser.new_context(base_url=site.base, user_agent=PERSON, ignore_https_errors=True, **options))
        return contexts[-1].new_page()

    yield page
    for context in contexts:
        context.close()


def test_the_chart_says_that_it_was_let_load(person, company, until):
    """A page view with a yes is one of the network's in the last 12 months, sold or shared; and before, none is said."""
    page = person()
    page.goto("/privacy-policy")
    assert page.get_by_text("sold no personal information and shared none").count() == 1
    page.goto("/", wait_until="networkidle")
    page.get_by_role("button", name="Allow", exact=True).click()
    until(lambda: company.asked, what="the script")
    table = page.get_by_role("table", name="Sold or shared in the last 12 months")
    until(lambda: page.goto("/privacy-policy") and table.count(), 60, "the list of the chart")
    assert "Farsight Placements" in table.inner_text()
    assert page.get_by_text("sold no personal information and shared none").count() == 0


def test_nothing_is_loaded_before_a_yes_nor_after_a_no(person, company, until):
    """Banner, yes, loaded and told; taken back by the page's own script, gone with its cookie; the next page is without."""
    page = person()
    page.goto("/", wait_until="networkidle")
    assert company.asked == 0
    page.get_by_role("button", name="Allow", exact=True).click()
    until(lambda: page.evaluate("window.farsight && window.toldGpp && window.toldUsp"), what="the script")
    assert page.evaluate("[toldGpp, toldUsp]") == ["DBABBg~BEIAAACA.QA", "1YNN"]
    assert "_farsight" in {cookie["name"] for cookie in page.context.cookies()}
    take_back = """fetch("/avow/choices", {method: "POST", body: '{"opt_out": ["advertising"]}'})"""
    page.evaluate(take_back + """.then(() => document.dispatchEvent(new Event("avow:choices")))""")
    gone = f"!document.querySelector('script[src*=\"{HOST}\"]') && !document.cookie.includes('_farsight')"
    until(lambda: page.evaluate(gone), what="the end of the script")
    page.goto("/contact", wait_until="networkidle")
    assert company.asked == 1
    assert not page.locator(".asking").is_visible()


#: A page that Avow does not render: choices.js, recorder, and frames of its own, of the site, and of another company.
FRAMED = f"""<!doctype html><html lang=en><title>F</title><body><h1>Words of this page</h1>
<iframe srcdoc="<h2>Within</h2>"></iframe>
<iframe src="/framed-inner"></iframe><iframe src="https://{HOST}/frame"></iframe>
<script src=/avow/choices.js defer></script><script src=/avow/replay.js defer></script>"""
#: Notes how many headings the replayed page shows, again and again, by what the player says of it.
LOOK = """() => {
    window.looked = {};
    setInterval(() => {
        if (document.querySelector("[data-toggle]").textContent !== "Pause") return;
        const page = document.querySelector("iframe[title='The recorded page']")?.contentDocument;
        (looked[document.querySelector("[data-state]").textContent] ??= []).push(page?.querySelectorAll("h1").length ?? 0);
    }, 50);
}"""


def framed_visit(page):
    """Visit the company's page, one with frames, and the company's page again, each for a moment; all of it is recorded."""
    page.route("**/framed", lambda route: route.fulfill(body=FRAMED, content_type="text/html"))
    page.route("**/framed-inner", lambda route: route.fulfill(body="<h1>Framed</h1><p>.</p>", content_type="text/html"))
    page.goto("/privacy/choices")
    page.get_by_role("button", name="Allow all").click()
    for address in ("/", "/framed", "/"):
        page.goto(address, wait_until="networkidle")
        page.get_by_text("This visit is being recorded").wait_for()
        page.mouse.move(300, 300, steps=20)
        page.wait_for_timeout(1_200)
    page.goto("/contact")


def test_a_visit_with_frames_and_other_companies_is_seen_while_it_plays(person, site, until):
    """Page after page the replayed page stays what it was: its heading is there as long as it plays."""
    framed_visit(person())
    console = signed_in(person(), site)
    row = console.locator("tbody tr", has_text="/ → /framed → /")
    until(lambda: console.goto("/console/recordings") and row.count(), 20, "the visit")
    row.locator("a").first.click()
    console.select_option("select[name=purpose]", "page-improvement")
    console.get_by_role("button", name="Watch").click()
    console.get_by_role("status").get_by_text("Page 1 of 3").wait_for()
    console.evaluate(LOOK)
    console.get_by_role("button", name="Play").click()
    is_over = "Object.keys(looked).length > 2 && document.querySelector('[data-toggle]').textContent === 'Play'"
    until(lambda: console.evaluate(is_over), what="the end")
    looked = {name: seen[seen.index(1) if 1 in seen else 0 :] for name, seen in console.evaluate("looked").items()}
    assert {name: set(seen) for name, seen in looked.items()} == {name: {1} for name in looked}


def test_the_block_of_a_page_of_others_loads_it_after_a_yes_alone(person, site, company, until):
    """Two scripts before an answer, one so early that others find `__gpp`; the company's after the yes, without a new page."""
    printed = site.avow("tag")
    head, foot = printed.split("<!-- Avow: in the footer of every page -->")
    body = f"<!doctype html><html lang=en><title>F</title>{head}<script>__gpp('ping', (one) => (window.early = one));</script>"
    page, loaded = person(), []
    page.on("request", lambda request: loaded.append(request.url) if request.resource_type == "script" else None)
    page.route("**/others", lambda route: route.fulfill(body=f"{body}<h1>Words</h1>{foot}", content_type="text/html"))
    page.goto("/others", wait_until="networkidle")
    assert [re.sub(r".*/(\w+)\..*", r"\1", one) for one in loaded] == ["stub", "page", "count"]  # the last until an opt-out
    assert page.evaluate("early.cmpStatus") == "stub"
    assert company.asked == 0
    assert 'Your Privacy Choices <img src="/avow/privacy-choices.svg"' in foot
    icon = page.locator(".avow-links img")
    assert icon.evaluate("one => one.naturalWidth > 0 && one.naturalWidth / one.naturalHeight") == pytest.approx(30 / 14, rel=0.1)
    page.get_by_role("button", name="Allow", exact=True).click()
    until(lambda: page.evaluate("window.farsight && window.toldGpp"), what="the script")
    page.evaluate("avow.optOut('advertising')")
    until(lambda: page.evaluate(f"!document.querySelector('script[src*=\"{HOST}\"]')"), what="the end of the script")


@pytest.mark.parametrize("has_footer", [False, True])
def test_a_page_of_others_without_the_link_gets_it(person, site, until, has_footer):
    """The script puts title and icon at the end of the page, and only where its own footer has no link (7013, 7015)."""
    head, foot = site.avow("tag").split("<!-- Avow: in the footer of every page -->")
    body = f"<!doctype html><html lang=en><title>F</title>{head}<h1>Words</h1>{foot if has_footer else ''}"
    page = person()
    page.route("**/others", lambda route: route.fulfill(body=body, content_type="text/html"))
    with page.expect_response("**/avow/choices*"):
        page.goto("/others", wait_until="networkidle")
    link = page.get_by_role("link", name="Your Privacy Choices")
    until(lambda: link.count() == 1, what="the link")
    assert page.locator("avow-links").count() == (0 if has_footer else 1)
    link.click()
    page.wait_for_url("**/privacy/choices")


def test_a_signal_outweighs_a_yes(person, company):
    """A browser that sends Global Privacy Control is not asked, and nothing is loaded, whatever its cookie says."""
    page = person(extra_http_headers={"Sec-GPC": "1"})
    page.goto("/", wait_until="networkidle")
    assert not page.get_by_text("Advertising elsewhere").is_visible()
    page.goto("/privacy/choices")
    page.get_by_role("button", name="Allow all").click()
    page.goto("/", wait_until="networkidle")
    assert company.asked == 0


def test_a_signal_that_stands_on_the_page_alone_outweighs_a_yes(person, company):
    """An extension that cannot send a header sets it on the page: nothing is loaded, and other scripts would be told."""
    page = person()
    page.goto("/privacy/choices")
    page.get_by_role("button", name="Allow all").click()
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    page.goto("/", wait_until="networkidle")
    assert company.asked == 0
    assert page.evaluate("new Promise((done) => __gpp('ping', (answer) => done(answer.gppString)))").endswith(".YA")


def test_the_page_itself_refuses_whom_the_visitor_did_not_allow(person, company):
    """The visitor's own browser refuses the network's script, even when a page asks for it (MISSION C5)."""
    page = person()
    page.goto("/", wait_until="networkidle")
    script = f"""Object.assign(document.createElement("script"), {{src: "https://{HOST}/seen.js"}})"""
    page.evaluate(f"new Promise((done) => {{ const one = {script}; one.onerror = done; document.head.append(one); }})")
    assert company.asked == 0


def test_in_a_browser_that_refuses_cookies_nothing_of_others_loads(person, company, until):
    """It could keep no opt-out; its page of choices says so. One that keeps cookies loads in the first view already."""
    page = person()
    page.goto("/", wait_until="networkidle")
    until(lambda: page.title() and company.counted, what="the script")
    refusing = person()
    refusing.route("**/*", lambda route: (refusing.context.clear_cookies(), route.continue_()))  # it keeps none, so it sends none
    refusing.goto("/", wait_until="networkidle")
    refusing.goto("/privacy/choices")
    refusing.get_by_role("button", name="Opt out of all").click()
    refusing.wait_for_url("**saved=1")
    refusing.reload()  # a request that follows another by itself is not seen by `route`
    refusing.get_by_text("This browser keeps no choice.").wait_for()
    refusing.goto("/", wait_until="networkidle")
    assert company.counted == 1


def keeping_no_cookie(route):
    """Answer as the site does to a browser that refuses cookies, also where the answer leads on."""
    answer = route.fetch(max_redirects=0)
    route.request.frame.page.context.clear_cookies()  # which `fetch` keeps for it
    headers = {name: value for name, value in answer.headers.items() if name not in {"set-cookie", "content-encoding"}}
    route.fulfill(status=answer.status, headers=headers, body=answer.body())


def test_a_browser_without_script_and_cookies_is_told_and_led_back_unasked(person, company):
    """The answer to a banner that nobody can keep says what holds; the page it stood on comes back without the question."""
    page = person(java_script_enabled=False)
    page.route("**/*", keeping_no_cookie)
    page.goto("/products/rain-gauge")
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_text("This browser keeps no choice.").wait_for()
    page.get_by_role("link", name="Back to the page you were on").click()
    page.wait_for_url("**/products/rain-gauge?*")
    assert page.get_by_role("heading", name="May we?").count() == 0
    assert (page.context.cookies(), company.asked) == ([], 0)
    page.goto("/contact")  # nothing remembers that it asked
    assert page.get_by_role("heading", name="May we?").count() == 1


#: An application of one page that Avow does not render.
APPLICATION = """<!doctype html><html lang=en><title>A</title><body><h1>A</h1><script src=/avow/stub.js></script>
<script>__gpp("ping", (said) => { window.first = said.cmpStatus; });
__gpp("getSection", (found) => { window.section = found; }, "usca");
__uspapi("getUSPData", 1, (found) => { window.usp = found; });</script>
<script src=/avow/choices.js defer></script><script src=/avow/replay.js defer></script>"""


def application(page):
    """Open the application."""
    page.route("**/application", lambda route: route.fulfill(body=APPLICATION, content_type="text/html"))
    page.goto("/application", wait_until="networkidle")
    return page


def test_a_choice_reaches_an_application_in_another_tab_at_once(person, company, until):
    """A yes starts recorder and script there without a new page; a no, said on the page of choices, ends both."""
    here = application(person())
    sign = here.get_by_text("This visit is being recorded")
    assert (sign.count(), company.asked) == (0, 0)
    here.get_by_role("button", name="Allow", exact=True).click()
    sign.wait_for()
    until(lambda: here.title() and company.asked, what="the script")
    there = here.context.new_page()
    there.goto("/privacy/choices")
    there.get_by_role("button", name="Opt out of all").click()
    sign.wait_for(state="detached")
    until(lambda: not here.locator("script[src*='farsight']").count(), what="the end of the scripts")


def test_scripts_find_functions_before_the_server_answered(person, until):
    """Whoever asks before choices.js runs is answered once it does."""
    page = application(person())
    until(lambda: page.evaluate("window.section && window.usp && true"), what="the answers")
    assert page.evaluate("[first, usp.uspString]") == ["stub", "1YYN"]


def test_a_signal_is_acknowledged_where_avow_renders_no_page(person):
    """Rule: 11 CCR 7025(c)(6)."""
    page = application(person(extra_http_headers={"Sec-GPC": "1"}))
    assert page.get_by_text("Opt-out preference signal honoured").count() == 1
    assert application(person()).get_by_text("Opt-out preference signal honoured").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_the_sign_of_a_recording_covers_no_question(person, width):
    """While one use waits for its answer another is being recorded: both can be pressed."""
    page = person(viewport={"width": width, "height": 800})
    page.goto("/")
    page.evaluate("""fetch("/avow/choices", {method: "POST", body: '{"opt_in": ["page-improvement"]}'})""")
    application(page).get_by_text("This visit is being recorded").wait_for()
    for name in ("Stop and delete", "Allow", "Do not allow"):
        page.get_by_role("button", name=name, exact=True).click(trial=True)


PRERENDERED = "Object.defineProperty(document, 'prerendering', {get: () => !window.looked_at, configurable: true})"


def test_nothing_loads_or_counts_while_a_page_is_prerendered(person, company, until):
    """Neither script nor recorder nor the question to the server; all of it once somebody looks."""
    page, asked = person(), []
    page.goto("/privacy/choices")
    page.get_by_role("button", name="Allow all").click()
    page.wait_for_url("**saved=1")
    page.add_init_script(PRERENDERED)
    page.on("request", lambda request: asked.append(request.url))
    application(page)
    assert ([url for url in asked if "/avow/choices?" in url or "recording" in url], company.counted) == ([], 0)
    page.evaluate("looked_at = true; document.dispatchEvent(new Event('prerenderingchange'))")
    page.get_by_text("This visit is being recorded").wait_for()
    until(lambda: page.title() and company.counted, what="the script")
