"""The dashboard in a browser: there at once, its panels when they are worked out, and nothing for nobody."""

import json
import re
import threading

import httpx
import pytest
from tests.conftest import wait_for

from avow.store import changed
from avow.store.embedded.questions import AT_ONCE, MARK

from .conftest import PERSON, signed_in
from .test_accessible import violations
from .test_looks import MOVES

PANELS = "**/console/dashboard/panels/*"
#: The longest that a tab rests, milliseconds (browser/src/dashboard.js).
REST_MS = 300_000
AWAY = "These figures are not to be had just now."
#: A statement that takes an hour, and can be cancelled as any.
SLOW = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1"
#: So many page views of so many visits, made in the engine: enough for its statements to be seen while they run.
MANY = (
    "INSERT INTO events (record_id, time, point, page, visit, delete_on)"
    " SELECT generateUUIDv4(number), now64(3) - number % 86400, 'page-view', concat('/many/', toString(number % 1000)),"
    " rand64(number), today() + 300 FROM numbers({rows:UInt32})"
)


class Desk:
    """An installation with some page views, and staff who look at them."""

    def __init__(self, installation, chromium):
        self.installation, self._chromium = installation, chromium
        self._contexts, self.errors = [], []
        first = self._open()
        signed_in(first, installation)
        self._session = first.context.cookies()
        first.goto("about:blank")  # where they came to after signing in is a dashboard, too

    def _open(self, **options):
        self._contexts.append(self._chromium.new_context(base_url=self.installation.base, user_agent=PERSON, **options))
        page = self._contexts[-1].new_page()
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def tab(self, **options):
        """Return a page of the one who is signed in."""
        page = self._open(**options)
        page.context.add_cookies(self._session)
        page.add_init_script(MOVES)
        return page

    def view(self, *pages):
        """Have somebody look at pages, and return when that is stored."""
        run = self.installation.data / "run"
        before = changed.last(run)
        events = [{"point": "page-view", "page": page} for page in pages]
        assert self.installation.browser().post("/avow/events", json={"events": events}).status_code == 204
        for page in pages:
            wait_for(lambda page=page: self.installation.stored(page) and changed.last(run) != before, what=page)

    def ask(self, statement, **parameters):
        """Ask the engine itself."""
        url = json.loads((self.installation.data / "run" / "engine.json").read_text(encoding="utf-8"))["url"]
        answer = httpx.post(url, params=parameters, content=statement, timeout=300)
        return answer.text.strip()

    def close(self):
        for one in self._contexts:
            one.close()


@pytest.fixture(scope="module")
def installation(shared_installation_of):
    return shared_installation_of().start()


@pytest.fixture
def desk(chromium, installation):
    opened = Desk(installation, chromium)
    opened.view("/dashboard-of-a-test")
    yield opened
    opened.close()
    said = [one for one in opened.errors if not one.startswith("htmx:")]  # which repeats what the browser says
    assert [one for one in said if "503" not in one] == []


def loaded(page, address="/console"):
    """Open the dashboard and return when every panel has its figures."""
    page.goto(address)
    settled(page)
    return page


def settled(page):
    wait_for(lambda: page.locator("#dashboard [aria-busy]").count() == 0, what="the figures")


def rested(tab, condition, what):
    """Let the time of a tab go on, as long as it may rest, until something is so."""

    def is_so():
        tab.clock.fast_forward(REST_MS)
        return condition()

    wait_for(is_so, what=what)


def panel(page, name):
    return page.locator(f"#panel-{name}")


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_every_panel_has_its_place_before_its_figures_and_nothing_moves_when_they_come(desk, width):
    """Not by a pixel, wherever the page is scrolled to; nothing is wider than the window."""
    page = desk.tab(viewport={"width": width, "height": 900})
    held, is_open = [], []
    page.route(PANELS, lambda route: route.continue_() if is_open else held.append(route))
    page.goto("/console")
    wait_for(lambda: page.evaluate("1") and len(held) == 3, what="the first panels to be asked")
    where = "() => [...document.querySelectorAll('.panel')].map((one) => one.getBoundingClientRect().toJSON())"
    before = page.evaluate(where)
    is_open.append(True)
    for route in held:
        route.continue_()
    settled(page)
    assert page.evaluate(where) == before
    assert page.evaluate("moved") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "/dashboard-of-a-test" in panel(page, "pages").inner_text()


def test_without_script_the_page_has_all_figures_and_its_form_works(desk):
    """The browser is sent on by the page; a period is chosen, and a day that was chosen counts."""
    page = desk.tab(java_script_enabled=False)
    page.goto("/console")
    page.wait_for_url("**/console/dashboard/whole?period=30d")
    assert "/dashboard-of-a-test" in panel(page, "pages").inner_text()
    page.get_by_label("From", exact=True).fill("2015-05-17")
    page.get_by_label("To", exact=True).fill("2015-05-20")
    page.get_by_role("button", name="Show").click()
    assert page.get_by_label("Period").input_value() == "custom"
    assert "No page view in this period" in panel(page, "series").inner_text()


def test_a_day_that_is_chosen_makes_the_period_a_custom_one(desk):
    """At once in the list; a period without events says so in every panel, and where there is more."""
    page = loaded(desk.tab())
    page.get_by_label("From", exact=True).fill("2015-05-17")
    assert page.get_by_label("Period").input_value() == "custom"
    page.get_by_label("To", exact=True).fill("2015-05-20")
    page.get_by_role("button", name="Show").click()
    settled(page)
    assert "No page view in this period" in panel(page, "series").inner_text()
    panel(page, "series").get_by_role("link").first.click()
    settled(page)
    assert "/dashboard-of-a-test" in panel(page, "pages").inner_text()


def test_tabs_at_rest_ask_only_who_is_here_and_show_what_comes(desk):
    """Two tabs: as long as nothing is stored no panel is asked again; what comes then is in both, without a reload."""
    tabs = [desk.tab(), desk.tab()]
    asked = {tab: [] for tab in tabs}
    for tab in tabs:
        tab.clock.install()
        loaded(tab)
        tab.on("response", lambda response, tab=tab: asked[tab].append(response.url))
    for tab in tabs:
        rested(tab, lambda tab=tab: len(asked[tab]) > 1, what="two looks at who is here")
        assert all("/panels/live" in url for url in asked[tab])
    desk.view("/seen-in-both-tabs")
    for tab in tabs:
        rested(tab, lambda tab=tab: "/seen-in-both-tabs" in panel(tab, "pages").inner_text(), what="what came, in an open tab")


def test_a_tab_that_nobody_looks_at_asks_nothing_and_a_past_period_is_never_asked_again(desk):
    """Of a past period only who is here now is asked, whatever is stored meanwhile."""
    tab = desk.tab()
    tab.clock.install()
    loaded(tab, "/console?period=custom&from=2015-05-17&to=2015-05-20")
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    desk.view("/came-later")
    rested(tab, lambda: len(asked) > 3, what="looks at who is here")
    assert all("/panels/live" in url for url in asked)
    tab.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    settled(tab)
    asked.clear()
    for _ in range(5):
        tab.clock.fast_forward(REST_MS)
    assert asked == []


def test_a_table_that_is_open_to_be_read_is_not_taken_away(desk):
    """By keyboard: opened with Enter, and still open when the other panels were asked again."""
    tab = desk.tab()
    tab.clock.install()
    loaded(tab)
    summary = panel(tab, "series").locator("summary")
    summary.focus()
    tab.keyboard.press("Enter")
    desk.view("/while-a-table-is-open")
    rested(tab, lambda: "/while-a-table-is-open" in panel(tab, "pages").inner_text(), what="another panel's new figures")
    assert panel(tab, "series").locator("table").is_visible()
    assert summary.evaluate("one => one === document.activeElement")


def test_where_the_engine_is_away_a_panel_says_so_and_is_asked_again(desk):
    """The page stays; what fails in one panel is said there, and tried again from there, by keyboard."""
    announced = desk.installation.data / "run" / "engine.json"
    away = announced.rename(announced.with_suffix(".away"))
    page = desk.tab()
    try:
        page.goto("/console?period=90d")  # of which nobody asked the totals in this state of the events
        wait_for(lambda: AWAY in panel(page, "totals").inner_text(), what="a panel without figures")
        assert page.get_by_role("heading", name="Dashboard").is_visible()
    finally:
        away.rename(announced)
    settled(page)
    assert "/dashboard-of-a-test" in panel(page, "pages").inner_text()
    again = panel(page, "totals").get_by_role("button", name="Try again")
    again.focus()
    page.keyboard.press("Enter")
    wait_for(lambda: AWAY not in panel(page, "totals").inner_text(), what="its figures")
    assert re.search(r"Page views\s+\d", panel(page, "totals").inner_text())


def test_a_fault_in_one_panel_leaves_the_others(desk):
    """An answer that is an error, and none at all."""
    page = desk.tab()
    page.route("**/panels/browsers*", lambda route: route.fulfill(status=503, body="x"))
    page.route("**/panels/systems*", lambda route: route.abort())
    loaded(page)
    desk.errors[:] = [one for one in desk.errors if "ERR_FAILED" not in one]
    for name in ("browsers", "systems"):
        assert AWAY in panel(page, name).inner_text()
    assert page.get_by_text(AWAY).count() == 2
    assert violations(page) == []


def test_what_waits_for_a_slow_panel_is_not_begun_for_a_page_that_was_left(desk):
    """Both threads of the engine are busy: what the page asked waits, and is dropped with it; the next page is answered."""
    page = desk.tab()
    held = []
    page.on("requestfailed", lambda request: held.append(request.url))
    busy = [Busy(desk, f"busy-{number}") for number in range(AT_ONCE)]
    wait_for(lambda: _marked(desk) == {one.name for one in busy}, what="the engine to be busy")
    page.goto("/console")  # is there, whatever the engine does
    assert page.get_by_role("heading", name="Dashboard").is_visible()
    page.goto("about:blank")
    wait_for(lambda: page.evaluate("1") and len(held) >= 3, what="the page's own questions to be given up")
    for one in busy:
        one.end()
    assert "/dashboard-of-a-test" in panel(loaded(desk.tab()), "pages").inner_text()


def test_a_statement_that_runs_ends_in_the_engine_when_its_page_is_left(desk):
    """It is seen while it runs, the page is left, and the engine counts that it was cancelled."""
    desk.ask(MANY, param_rows=4_000_000)
    page = desk.tab()
    cancelled = "SELECT sum(value) FROM system.errors WHERE name = 'QUERY_WAS_CANCELLED'"
    before = int(desk.ask(cancelled) or 0)

    def is_cancelled():
        page.goto("/console?period=12m")
        wait_for(lambda: _marked(desk), what="a statement of the page")
        page.goto("about:blank")
        wait_for(lambda: not _marked(desk), what="the end of the page's statements")
        return int(desk.ask(cancelled) or 0) > before

    wait_for(is_cancelled, what="a statement that was cancelled")
    desk.ask("ALTER TABLE events DELETE WHERE startsWith(page, '/many/')")


class Busy:
    """A question that takes an hour, asked by somebody who stays."""

    def __init__(self, desk, name):
        self.name, self._desk = name, desk
        url = httpx.URL(json.loads((desk.installation.data / "run" / "engine.json").read_text(encoding="utf-8"))["url"])
        self._client = httpx.Client(timeout=300, auth=(url.username, url.password))
        self._stream = self._client.build_request(
            "POST", str(url.copy_with(userinfo=b"")), params={"query_id": name}, content=SLOW
        )
        self._thread = threading.Thread(target=self._client.send, args=[self._stream], daemon=True)
        self._thread.start()

    def end(self):
        self._desk.ask("KILL QUERY WHERE query_id = {name:String} ASYNC", param_name=self.name)
        self._thread.join(30)
        self._client.close()


def _marked(desk):
    """Return the ids of the questions that run in the engine."""
    mark = f"Settings['{MARK}']"
    return set(desk.ask(f"SELECT {mark} FROM system.processes WHERE {mark} != ''").split())


def test_an_installation_without_events_shows_what_to_put_into_pages_until_the_first_comes(chromium, installation_of):
    """By itself, without a reload by hand; both pages pass axe."""
    installation = installation_of().start()
    desk = Desk(installation, chromium)
    page = desk.tab()
    page.goto("/console")
    page.get_by_role("heading", name="Nothing has come yet").wait_for()
    assert "data-parts=" in page.locator("pre").inner_text()
    assert violations(page) == []
    desk.view("/the-first-of-all")
    page.get_by_role("heading", name="Top pages").wait_for()
    settled(page)
    assert "/the-first-of-all" in panel(page, "pages").inner_text()
    assert violations(page) == []
    desk.close()
    assert desk.errors == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_list_of_ten_lines_is_seen_whole(desk, width):
    """In the room that is kept for it, without a bar to scroll. The last test: what the others view is behind these ten."""
    desk.view(*(f"/one-of-ten/{number}" for number in range(10)))
    page = loaded(desk.tab(viewport={"width": width, "height": 900}))
    figures = panel(page, "pages").locator(".figures")
    assert figures.locator("tbody tr").count() == 10
    assert figures.evaluate("one => one.scrollHeight - one.clientHeight") <= 0
