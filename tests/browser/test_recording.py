"""Session recording in a real browser: off until the yes, a sign with a stop button, and no planted string in what arrives."""

import gzip
import json
import re
import secrets
import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SITE = REPOSITORY / "policies" / "marrowby" / "site"
RAW_RECORDER = REPOSITORY / "browser" / "node_modules" / "@rrweb" / "record" / "dist" / "record.umd.min.cjs"
AXE = REPOSITORY / "browser" / "node_modules" / "axe-core" / "axe.min.js"
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

#: Where a string may stand in a page: what stands in the markup, and what a script or a person puts there later.
PLACES = json.loads((Path(__file__).parent / "planted.json").read_text(encoding="utf-8"))
MARKUP, SCRIPTED = PLACES["markup"], PLACES["scripted"]


def agree(page):
    """Allow everything on the choices page, and return the page."""
    page.goto("/privacy/choices")
    page.get_by_role("button", name="Allow all").click()
    return page


def planted(template, strings):
    """Return the template with a fresh string in each of its places."""
    count = max(int(place) for place in re.findall(r"\{(\d)\}", template)) + 1
    fresh = [f"q{secrets.token_hex(6)}z" for _ in range(count)]
    strings += fresh
    return template.format(*fresh)


@pytest.fixture(scope="module")
def house(shared_installation_of, tmp_path_factory):
    """An installation whose site has one more page, full of planted strings; and these strings."""
    strings = []
    body = "".join(planted(markup, strings) for markup in MARKUP.values())
    pages = tmp_path_factory.mktemp("planted") / "site"
    shutil.copytree(SITE, pages)
    block = "{% extends '_layout.html' %}{% block title %}T{% endblock %}{% block main %}{% raw %}%s{% endraw %}{% endblock %}"
    extra = '<input id="typed"><p id="later">.</p><canvas></canvas><input type="file" id="file">'
    (pages / "planted.html").write_text(block.replace("%s", body + extra), encoding="utf-8")
    installation = shared_installation_of()
    text = installation.config.read_text(encoding="utf-8").replace(str(SITE), str(pages))
    installation.config.write_text(text, encoding="utf-8")
    return installation.start(), strings


@pytest.fixture
def person(chromium, house):
    """A visitor who allowed everything; the planted page breaks its own policy, so the browser is told to let it."""
    context = chromium.new_context(base_url=house[0].base, user_agent=PERSON, bypass_csp=True)
    page = context.new_page()
    agree(page)
    yield page
    context.close()


def bodies(page):
    """Collect what is sent to the collector."""
    sent = []

    def note(request):
        if request.url.endswith("/avow/recordings"):
            sent.append(request.post_data_buffer or b"")

    page.on("request", note)
    return sent


def readable(body):
    """Return a body as text, unpacked."""
    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()


def play_along(page, strings, tmp_path):
    """Do on the page what scripts and people do, with planted strings."""
    for step in SCRIPTED.values():
        page.evaluate(f"() => {{ {planted(step, strings)} }}")
    typed = planted("{0}", strings)
    page.locator("#typed").press_sequentially(typed)
    file = tmp_path / f"{planted('{0}', strings)}.txt"
    file.write_text("x")
    page.locator("#file").set_input_files(file)
    page.mouse.move(300, 300, steps=20)
    page.mouse.wheel(0, 500)


def stored(installation, until):
    """Return everything that is stored of all recordings, as the console's player gets it."""
    client = installation.staff()
    found = lambda: re.findall(r"/console/recordings/([0-9a-f]{32})", client.get("/console/recordings").text)  # noqa: E731
    texts = []
    for one in until(found, 20, "a recording"):
        page = client.get(f"/console/recordings/{one}?purpose=page-improvement").text
        chunks, ticket = re.search(rf'recordings/{one}" data-chunks="([\d ]*)" data-ticket="([\w.]+)"', page).groups()
        for seq in chunks.split():
            answer = client.get(f"/console/recordings/{one}/chunks/{seq}", headers={"Avow-Ticket": ticket})
            texts.append(answer.text)
    return texts


def test_planted_strings_reach_neither_the_server_nor_its_disk(person, house, tmp_path, until):
    """At least 60 strings of at least 12 kinds: none is in what was sent, none in what is stored."""
    installation, strings = house
    sent = bodies(person)
    person.goto("/planted?who=" + planted("{0}", strings))
    person.get_by_text("This visit is being recorded").wait_for()
    play_along(person, strings, tmp_path)
    has_added = lambda: any('"adds":[{' in readable(one) for one in sent)  # noqa: E731 - one question
    until(lambda: person.wait_for_timeout(200) or has_added(), 30, "the chunk with all of it")
    assert (len(strings) >= 60, len(MARKUP) + len(SCRIPTED) >= 12) == (True, True)
    kept = until(lambda: '"positions"' in (texts := "".join(stored(installation, until))) and texts, 20, "the chunk in the store")
    texts = [*map(readable, sent), kept]
    assert [one for one in strings if any(one in text for text in texts)] == []


def post(page, events):
    """Send these events as a chunk of a page that may be recorded."""
    frame = "{point: 'session-recording', recording: id, seq: 0, page: '/planted', events: JSON.parse(events)}"
    script = (
        f"([events, id]) => fetch('/avow/recordings', {{method: 'POST', body: JSON.stringify({frame})}}).then((a) => a.status)"
    )
    return page.evaluate(script, [events, "d" * 32])


def test_a_tampered_recorder_brings_nothing_onto_the_disk(person, house, tmp_path, until):
    """Whoever posts every event as the library makes it, unscrubbed, finds the server's own scrubbing in front of the disk."""
    installation, strings = house
    person.goto("/planted")
    person.add_script_tag(content=RAW_RECORDER.read_text(encoding="utf-8"))
    person.evaluate(
        "() => { window.raw = []; const at = Date.now();"
        "raw.push({type: 5, data: {tag: 'avow-consent', payload: {x: 'p'}}, timestamp: at});"
        "const emit = (event) => raw.push(event);"
        "rrwebRecord.record({emit, inlineStylesheet: true, recordCanvas: true, inlineImages: true}); }"
    )
    play_along(person, strings, tmp_path)
    person.wait_for_timeout(1500)
    raw = person.evaluate("() => JSON.stringify(raw)")
    assert sum(one in raw for one in strings) >= 60  # the library by itself lets them through: the test tests something
    assert post(person, raw) == 204
    until(lambda: "d" * 32 in installation.staff().get("/console/recordings").text, 20, "the recording")
    texts = stored(installation, until)
    assert any('"texts"' in text for text in texts)
    assert [one for one in strings if any(one in text for text in texts)] == []
    assert not any(json.loads(text) == [] for text in texts)


def test_nothing_is_requested_before_the_yes_nor_with_a_signal(chromium, running):
    """No recorder and no sign for a visitor who said nothing, nor after a yes with Global Privacy Control, nor beside a form."""
    for says, path, is_recorded in (("", "/", False), ("in", "/", True), ("in", "/contact", False), ("gpc", "/", False)):
        headers = {"Sec-GPC": "1"} if says == "gpc" else {}
        context = chromium.new_context(base_url=running.base, user_agent=PERSON, extra_http_headers=headers)
        page, asked = context.new_page(), []
        if says:
            agree(page)
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path, wait_until="networkidle")
        assert any("recorder" in url for url in asked) is is_recorded
        assert page.get_by_text("This visit is being recorded").count() == int(is_recorded)
        context.close()


def test_the_stop_button_ends_it_and_deletes(visit):
    """By keyboard: the sign says that it is stopped and deleted, the choice is off, and the next page has no recorder."""
    page = agree(visit(color_scheme="dark"))
    page.goto("/products/rain-gauge")
    page.get_by_role("button", name="Stop and delete").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Stopped, and deleted").wait_for()
    page.goto("/products/rain-gauge", wait_until="networkidle")
    assert page.get_by_text("This visit is being recorded").count() == 0
    page.goto("/privacy/choices")
    assert page.locator("input[value=out][name*=improvement]").is_checked()


def test_the_player_shows_the_page_without_its_words(visit, console, until):
    """What was recorded plays in the console: the same boxes in a frame without script, every word masked, by keyboard."""
    page = agree(visit())
    page.goto("/products/rain-gauge")
    page.mouse.move(400, 400, steps=20)
    page.goto("/contact")
    console.goto("/console/recordings?page=/products/rain-gauge")
    row = console.locator("tbody a").first
    until(lambda: console.reload() and row.count(), 20, "the recording")
    row.click()
    console.select_option("select[name=purpose]", "page-improvement")
    console.get_by_role("button", name="Watch").click()
    frame = console.frame_locator("iframe[title='The recorded page']")
    frame.locator("h1").wait_for(state="attached")
    assert set(frame.locator("h1").inner_text().split()) == {"xxxxxxx"}
    assert console.locator("iframe").get_attribute("sandbox") == "allow-same-origin"
    console.get_by_role("button", name="Play").focus()
    console.keyboard.press("Enter")
    console.get_by_role("button", name="Pause").wait_for()
    assert violations(console) == []


@pytest.fixture
def three_pages(visit, console, until):
    """The console's page of a visit over three pages, opened for watching."""
    page = agree(visit())
    for address in ("/products/rain-gauge", "/", "/products/rain-gauge"):
        page.goto(address)
        page.mouse.move(300, 300, steps=20)
        page.wait_for_timeout(1_200)
    page.goto("/contact")
    row = console.locator("tbody tr", has_text="/products/rain-gauge → / → /products/rain-gauge").first
    until(lambda: console.goto("/console/recordings?page=/products/rain-gauge") and row.count(), 20, "the visit")
    row.locator("a").first.click()
    console.select_option("select[name=purpose]", "page-improvement")
    console.get_by_role("button", name="Watch").click()
    console.get_by_role("status").get_by_text("Page 1 of 3: /products/rain-gauge").wait_for()
    return console


#: Notes what the player says and which button it marks, whenever that changes: the next page may follow at once.
SEEN = """() => {
    window.seen = [];
    const state = document.querySelector("[role=status]");
    const note = () => seen.push(`${state.textContent} with ${document.querySelector("button[aria-current]")?.textContent}`);
    new MutationObserver(note).observe(state, { childList: true });
}"""


def test_a_visit_plays_page_after_page(three_pages, until):
    """From the first page on to the next without what lay between, and to any page by its button, all by keyboard."""
    three_pages.select_option("select[data-speed]", "8")
    three_pages.get_by_role("button", name="Play").focus()
    three_pages.keyboard.press("Enter")
    three_pages.get_by_role("status").get_by_text("Page 3 of 3").wait_for()
    three_pages.evaluate(SEEN)
    three_pages.get_by_role("button", name="/", exact=True).focus()
    three_pages.keyboard.press("Enter")
    until(lambda: "Page 2 of 3: / with /" in three_pages.evaluate("seen"), what="the page, and its button marked")
    assert violations(three_pages) == []


def test_a_page_that_was_erased_meanwhile_is_passed_over(three_pages, running):
    """Its button says that it is gone, the next page is shown, and nothing fails."""
    gone = three_pages.locator("ol button").nth(1)
    identity = gone.get_attribute("data-recording").rpartition("/")[2]
    for file in (running.data / "files").glob(f"recording-{identity}-*"):
        file.unlink()
    three_pages.reload()  # a player that fetched the page before has it
    gone.click()
    three_pages.get_by_role("status").get_by_text("Page 3 of 3").wait_for()
    assert (gone.is_disabled(), gone.inner_text()) == (True, "/ (no longer there)")


def violations(page):
    """Return what axe finds beside the replayed page itself."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], iframes: false}"
    return page.evaluate(f"axe.run(document, {rules}).then(found => found.violations)")


def elsewhere(page, body=""):
    """Open a page that Avow does not render, with the loader of the recorder."""
    plain = f"<!doctype html><html lang=en><title>P</title><body><p>.</p>{body}<script src=/avow/replay.js defer></script>"
    page.route("**/elsewhere", lambda route: route.fulfill(body=plain, content_type="text/html"))
    page.goto("/elsewhere", wait_until="networkidle")
    return page


def test_a_page_from_elsewhere_loads_the_recorder_by_itself(visit):
    """replay.js asks the server, and loads the recorder for a visitor who said yes."""
    elsewhere(agree(visit())).get_by_text("This visit is being recorded").wait_for()


#: A form in an open shadow tree, inside another one; and the same in a part that is never recorded.
SHADOWED = """<div id=outer></div><script>
const inner = document.createElement("div");
inner.attachShadow({mode: "open"}).innerHTML = "<form><p>.</p></form>";
document.querySelector("#outer").attachShadow({mode: "open"}).append(inner);</script>"""
LATER = """() => {
    const host = document.body.appendChild(document.createElement("div"));
    host.attachShadow({mode: "open"}).innerHTML = "<section><form></form></section>";
}"""


def test_a_form_in_a_shadow_tree_is_a_form(visit):
    """A page that has one is not recorded, and one that gets one is recorded no longer."""
    page = agree(visit())
    assert elsewhere(page, SHADOWED).get_by_text("This visit is being recorded").count() == 0
    page.unroute_all()
    sign = elsewhere(page).get_by_text("This visit is being recorded")
    sign.wait_for()
    page.evaluate(LATER)
    sign.wait_for(state="detached")


def swiped(chromium, running):
    """Let somebody with a telephone swipe four times down a page that was recorded; return when the browser is closed."""
    context = chromium.new_context(
        base_url=running.base, user_agent=PERSON, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 700}
    )
    page = agree(context.new_page())
    page.goto("/products/rain-gauge", wait_until="networkidle")
    finger = context.new_cdp_session(page)
    for _ in range(4):  # each is some 270 px; how far the page goes on by itself depends on the machine
        for y in range(600, 300, -30):
            kind = "touchStart" if y == 600 else "touchMove"
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": 200, "y": y}]})
            page.wait_for_timeout(25)  # a finger takes a quarter of a second; the recorder keeps a place of it every 50 ms
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(600)
    page.goto("/contact")
    context.close()


#: Keeps every place at which the player puts the finger, and looks every so often how far the page is scrolled.
WATCH = """() => {
    window.fingers = new Set();
    window.depths = new Set();
    new MutationObserver((changes) => {
        for (const { target, oldValue } of changes) {
            if (!target.matches(".replayer-mouse.touch-device.touch-active")) continue;
            for (const top of [target.style.top, /top: ([^;]+)/.exec(oldValue ?? "")?.[1]]) if (top) fingers.add(top);
        }
    }).observe(document, { subtree: true, attributeFilter: ["style"], attributeOldValue: true });
    setInterval(() => {
        const frame = document.querySelector("[data-stage] iframe");  // none while one recording takes the place of another
        if (frame) depths.add(frame.contentWindow.scrollY);
    }, 20);
}"""


def test_swipes_scrolling_and_the_time_for_each_part_are_seen(chromium, running, console, until):
    """Of a visit with a telephone, the player shows the finger, the page going down, and seconds for each part of it."""
    before = console.goto("/console/recordings?page=/products/rain-gauge") and console.locator("tbody tr").count()
    swiped(chromium, running)
    rows = console.locator("tbody tr")
    until(lambda: console.reload() and rows.count() > before, 20, "the visit")
    rows.first.locator("a").first.click()
    console.select_option("select[name=purpose]", "page-improvement")
    console.get_by_role("button", name="Watch").click()
    console.get_by_role("status").get_by_text("Page 1 of 1").wait_for()
    console.evaluate(WATCH)
    console.get_by_role("button", name="Play").click()
    until(lambda: console.evaluate("Math.max(...depths)") > 700, what="the page scrolled")
    assert console.evaluate("fingers.size") > 2
    parts = console.get_by_role("list", name="Time for each part of this page").inner_text()
    seconds = [float(one) for one in re.findall(r"from the top: ([\d.]+) s", parts)]
    assert parts.startswith("0 to 700 px")
    assert (len(seconds) > 1, all(one > 0 for one in seconds[:2])) == (True, True)


def test_a_yes_by_a_script_starts_the_recorder_on_a_page_of_ours(chromium, house):
    """In the same view, as an application of one page needs it; nothing asks for it before the yes."""
    context = chromium.new_context(base_url=house[0].base, user_agent=PERSON)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/products/rain-gauge", wait_until="networkidle")
    assert not [one for one in asked if "/avow/recording" in one or "/recorder." in one]
    page.evaluate("""async () => {
        const body = JSON.stringify({ opt_in: ["all"] });
        await fetch("/avow/choices", { method: "POST", headers: { "content-type": "application/json" }, body });
        document.dispatchEvent(new Event("avow:choices"));
    }""")
    page.locator("script[src*='/recorder.']").wait_for(state="attached")
    context.close()


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_browser_that_keeps_no_cookie_is_not_asked_in_vain(chromium, house, is_kept):
    """It could keep no answer; one that keeps cookies sees the banner."""
    context = chromium.new_context(base_url=house[0].base, user_agent=PERSON)
    page = context.new_page()
    page.add_init_script(f"Object.defineProperty(Navigator.prototype, 'cookieEnabled', {{ get: () => {str(is_kept).lower()} }})")
    page.goto("/products/rain-gauge", wait_until="networkidle")
    assert page.locator(".asking").count() == int(is_kept)
    context.close()
