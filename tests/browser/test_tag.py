"""What the tag sends, and when it sends nothing."""

import itertools
import json
from pathlib import Path

import pytest

SIGNALS = {
    "gpc": "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})",
    "dnt": "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})",
}
#: What sends nothing by itself, so that a test sees every event: Playwright does not see beacons of a page that ends.
HIDE = """
Object.defineProperty(Document.prototype, 'hidden', {get: () => !!window.hidden_now});
window.hide = () => { window.hidden_now = true; document.dispatchEvent(new Event('visibilitychange')); };
window.show = () => { window.hidden_now = false; document.dispatchEvent(new Event('visibilitychange')); };
"""
STUB = "window.avow = window.avow || function () { (avow.q = avow.q || []).push(arguments); };"


@pytest.fixture
def sent(visit):
    """Open a page; collect the events that the tag sends from it."""

    def opened(path, script="", **options):
        page, events = visit(**options), []
        page.add_init_script(HIDE + script)
        page.on(
            "request",
            lambda one: events.extend(json.loads(one.post_data)["events"]) if one.url.endswith("/avow/events") else None,
        )
        page.goto(path)
        page.wait_for_timeout(500)
        return page, events

    return opened


def only(events, point):
    """Return the events of one point."""
    return [event for event in events if event["point"] == point]


def test_query_string_stays_in_the_browser(sent):
    """Of the address only path and campaign leave; what a link carried about a person does not."""
    _, events = sent("/contact?email=robin@example.com&utm_source=leaflet&utm_medium=print", locale="en-US")
    assert events == [{"point": "page-view", "page": "/contact", "campaign": "leaflet / print / -", "language": "en-US"}]


def test_history_navigation_is_a_view_only_when_the_page_changes(sent):
    """A single-page app is counted page by page; a changed query or fragment is the same page."""
    page, events = sent("/")
    page.evaluate("history.pushState({}, '', '/?filter=1')")
    page.evaluate("history.pushState({}, '', '/careers')")
    page.evaluate("history.back()")
    page.wait_for_timeout(500)
    assert [event["page"] for event in only(events, "page-view")] == ["/", "/careers", "/"]
    assert [event["page"] for event in only(events, "page-leave")] == ["/", "/careers"]


def test_referrer_is_a_host_and_never_our_own(sent):
    """Another site's address is cut to its host; our own pages are no referrer."""
    other = "Object.defineProperty(Document.prototype, 'referrer', {get: () => 'https://forum.example/thread?user=robin'})"
    _, events = sent("/", other)
    assert events[0]["referrer"] == "forum.example"
    page, events = sent("/")
    page.get_by_role("link", name="Careers").click()
    page.wait_for_timeout(500)
    assert "referrer" not in only(events, "page-view")[-1]


@pytest.mark.parametrize("signal", list(SIGNALS))
def test_signal_silences_the_tag(sent, signal):
    """With a signal the tag sends nothing, whatever happens and whatever the site asks for, and touches no storage."""
    page, events = sent("/products/field-barometer", SIGNALS[signal])
    page.get_by_text("Spare parts").click()
    page.evaluate("avow('track', 'spare-parts', {instrument: 'x'}); avow.track('not-declared', {secret: 'x'}); hide()")
    page.evaluate("history.pushState({}, '', '/careers')")
    page.wait_for_timeout(500)
    assert events == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_leaving_tells_time_and_depth_once(sent):
    """A page that is hidden says how long it was in front and how much of it was seen; hidden again at once, nothing."""
    page, events = sent("/products/field-barometer")
    page.wait_for_timeout(1200)
    page.evaluate("hide(); show(); hide(); show(); scrollTo(0, 1e6)")
    page.wait_for_timeout(300)
    page.evaluate("hide()")
    page.wait_for_timeout(300)
    first, second = only(events, "page-leave")
    assert first["page"] == "/products/field-barometer"
    assert 1 <= int(first["engagement-time"]) <= 3
    assert int(first["scroll-depth"]) < 100
    assert second["scroll-depth"] == "100"
    assert int(second["engagement-time"]) <= 1


def test_depth_of_a_page_is_not_that_of_the_page_before(sent):
    """An application changes the address first, while the old page still stands there, scrolled to its end."""
    page, events = sent("/products/field-barometer")
    page.evaluate("document.body.style.minHeight = '9000px'; scrollTo(0, 9000)")
    page.wait_for_timeout(200)
    page.evaluate("history.pushState({}, '', '/careers'); setTimeout(() => scrollTo(0, 0), 100)")
    page.wait_for_timeout(1200)
    page.evaluate("hide()")
    page.wait_for_timeout(300)
    before, after = only(events, "page-leave")
    assert (before["page"], before["scroll-depth"], after["page"]) == ("/products/field-barometer", "100", "/careers")
    assert int(after["scroll-depth"]) < 50


def test_line_that_stands_twice_counts_once(sent):
    """A layout and its page may both bring the tag; a page is viewed once, and a click is one."""
    page, events = sent("/")
    page.evaluate(
        """() => new Promise((loaded) => {
            const again = document.createElement('script');
            again.src = document.querySelector('script[data-points]').src;
            again.onload = loaded;
            document.head.append(again);
        })"""
    )
    page.evaluate("history.pushState({}, '', '/careers')")
    page.wait_for_timeout(500)
    assert [event["page"] for event in only(events, "page-view")] == ["/", "/careers"]


def test_time_runs_only_in_front_of_somebody(sent):
    """A window that lost the focus is not read."""
    page, events = sent("/", "document.hasFocus = () => window.focused !== false;")
    page.evaluate("focused = false; dispatchEvent(new Event('blur'))")
    page.wait_for_timeout(1600)
    page.evaluate("hide()")
    page.wait_for_timeout(300)
    assert int(only(events, "page-leave")[0]["engagement-time"]) <= 1


def test_links_to_elsewhere_and_files_are_told_without_their_query(sent):
    """Outbound links and downloads are events of their own, once each, and a link within the site is neither."""
    page, events = sent("/products/field-barometer")
    page.evaluate("document.addEventListener('click', (click) => click.preventDefault())")
    page.evaluate("document.querySelector('a[href^=\"https:\"]').href += '?mail=robin@example.com#top'")
    page.get_by_role("link", name="How pressure is reduced").click()
    page.get_by_role("link", name="An example of a correction card").click()
    page.get_by_role("link", name="Careers").click()
    page.evaluate("hide()")
    page.wait_for_timeout(300)
    assert [event["link-followed"] for event in only(events, "outbound-link")] == [
        "https://pressure-guide.example/reduction-to-sea-level"
    ]
    (download,) = only(events, "download")
    assert download["link-followed"].startswith("/assets/field-barometer-correction-card.")


def test_marked_element_is_a_custom_event(sent):
    """`data-avow-event` names the collection point, `data-avow-...` its fields; no script is needed."""
    page, events = sent("/products/field-barometer")
    page.get_by_text("Spare parts").click()
    page.wait_for_timeout(500)
    assert only(events, "spare-parts") == [
        {"point": "spare-parts", "page": "/products/field-barometer", "instrument": "field-barometer"}
    ]


def test_value_that_is_not_declared_never_leaves_the_browser(sent):
    """Of an undeclared field only the name is sent, so that the developer is told."""
    page, events = sent("/")
    page.evaluate("avow.track('spare-parts', {instrument: 'gauge', email: 'robin@example.com'})")
    page.evaluate("avow.track('not-declared', {email: 'robin@example.com'})")
    with page.expect_response("**/avow/events") as answer:
        page.evaluate("hide()")
    assert only(events, "spare-parts") == [{"point": "spare-parts", "page": "/", "instrument": "gauge", "email": ""}]
    assert only(events, "not-declared") == [{"point": "not-declared", "email": ""}]
    assert "email: the policy does not declare this field" in answer.value.headers["avow-dropped"]


def test_calls_before_the_tag_are_kept_in_order(sent):
    """The queue stub's calls take effect: fields set, events changed and dropped, before the first view."""
    calls = """
        avow('set', {campaign: 'set by the site', secret: 'x'});
        avow('before', (event) => event.page === '/careers' ? false : {...event, page: event.page.toUpperCase()});
        avow('track', 'spare-parts', {instrument: 'gauge'});"""
    page, events = sent("/contact", STUB + calls)
    page.evaluate("history.pushState({}, '', '/careers')")
    page.wait_for_timeout(500)
    assert only(events, "spare-parts") == [{"point": "spare-parts", "page": "/CONTACT", "instrument": "gauge"}]
    (view,) = only(events, "page-view")
    assert (view["page"], view["campaign"], "secret" in view) == ("/CONTACT", "set by the site", False)


def test_event_whose_hook_fails_is_not_sent(sent):
    """A hook that throws has let nothing pass, and breaks nothing else."""
    page, events = sent("/")
    page.evaluate("avow.before((event) => event.point === 'spare-parts' ? missing.name : event)")
    page.evaluate("avow.track('spare-parts', {instrument: 'gauge'}); avow.page('/after')")
    page.wait_for_timeout(500)
    assert [event["page"] for event in events if event["point"] != "page-leave"] == ["/", "/after"]


def test_view_of_an_address_that_the_tag_cannot_see(sent):
    """A site that keeps its place in the fragment says so itself."""
    page, events = sent("/")
    page.evaluate("avow.page('/guide/rain')")
    page.evaluate("avow('page', '/guide/rain')")
    page.wait_for_timeout(500)
    assert [event["page"] for event in only(events, "page-view")] == ["/", "/guide/rain"]


def test_router_of_the_fragment_is_counted_place_by_place(sent):
    """Each place once, first and last on the address itself; what stands behind a question mark stays in the browser."""
    page, events = sent("/", "addEventListener('hashchange', () => avow('page', location.hash))")
    for place in ("#/settings?token=robin", "#!/settings", "#/help", ""):
        page.evaluate("(place) => { location.hash = place }", place)
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)
    assert [event["page"] for event in only(events, "page-view")] == ["/", "/#/settings", "/#/help", "/"]
    assert "robin" not in json.dumps(events)


def test_pages_have_their_one_form_in_the_browser_too(sent):
    """The tag and the server make the same of an address: tests/vectors/paths.json; two spellings in a row are one view."""
    vectors = json.loads((Path(__file__).parents[1] / "vectors" / "paths.json").read_text(encoding="utf-8"))
    page, events = sent("/")
    page.evaluate("(given) => given.forEach((one) => avow('page', one))", [one["given"] for one in vectors])
    page.wait_for_timeout(500)
    expected = [one["page"] for one in vectors]
    assert [event["page"] for event in only(events, "page-view")] == [page for page, _ in itertools.groupby(expected)]


def test_first_view_may_be_said_before_the_tag_has_loaded(sent):
    """It is the one view of the page, and says how the visitor came; what a page that comes back shows is viewed again."""
    page, events = sent("/?utm_source=leaflet", STUB + "avow('page', '/guide/rain?for=robin')")
    page.evaluate(
        "history.pushState({}, '', '/?filter=1'); dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
    )
    page.wait_for_timeout(500)
    views = only(events, "page-view")
    assert [(view["page"], view.get("campaign")) for view in views] == [("/guide/rain", "leaflet / - / -"), ("/guide/rain", None)]


def test_replaced_address_is_a_view_when_it_stays(sent):
    """A redirect inside an application is a view; a map that replaces its address with each move is one at its end."""
    page, events = sent("/")
    page.evaluate("for (let at = 0; at < 50; at++) history.replaceState({}, '', '/map/' + at)")
    page.wait_for_timeout(1500)
    page.evaluate("history.replaceState({}, '', '/map/49?zoom=3')")
    page.wait_for_timeout(1500)
    assert [event["page"] for event in only(events, "page-view")] == ["/", "/map/49"]


def test_page_prepared_in_the_background_sends_nothing(sent):
    """Whatever its scripts say waits until somebody looks at it."""
    ahead = "Object.defineProperty(Document.prototype, 'prerendering', {get: () => !window.looked_at});"
    page, events = sent("/", ahead + STUB + "avow('track', 'spare-parts', {instrument: 'gauge'})")
    page.evaluate("avow.track('spare-parts', {instrument: 'vane'})")
    page.wait_for_timeout(500)
    assert events == []
    page.evaluate("looked_at = true; document.dispatchEvent(new Event('prerenderingchange'))")
    page.wait_for_timeout(500)
    assert [event["point"] for event in events] == ["spare-parts", "spare-parts", "page-view"]


def test_what_another_script_put_beside_the_tag_stays(sent):
    """The preferences may come before the tag."""
    page, _ = sent("/", STUB + "avow.kept_by_others = () => 'still here'")
    assert page.evaluate("avow.kept_by_others() + typeof avow.track") == "still herefunction"


def choices(page):
    """Return what the browser's choices cookie holds."""
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "avow_choices")


def test_choice_goes_before_every_event(sent):
    """What waits while a choice is on its way leaves after it; saying no to everything drops what waits."""
    page, events = sent("/")
    said = "{personalisation: true, 'returning-visitors': false}"
    assert page.evaluate(f"(() => {{ avow.track('spare-parts', {{instrument: 'a'}}); return avow.consent({said}); }})()")
    assert choices(page) == "v1.returning-visitors.+personalisation"
    assert page.evaluate("(() => { avow.track('spare-parts', {instrument: 'b'}); return avow.optOut(); })()")
    measured = "audience-measurement.campaign-measurement.email-measurement"
    assert choices(page) == f"v1.advertising-elsewhere.{measured}.page-improvement.personalisation.returning-visitors"
    page.wait_for_timeout(500)
    assert [event["instrument"] for event in only(events, "spare-parts")] == ["a"]


def test_choices_said_at_once_all_hold(sent):
    """Each is sent after the answer to the one before, whose cookie it brings along: no "no" is lost to a later yes."""
    page, events = sent("/")
    said = "[avow.optOut('returning-visitors'), avow.consent({personalisation: true}), avow.optOut('email-measurement')]"
    page.evaluate(
        f"avow.track('spare-parts', {{instrument: 'a'}}); window.said = {said}; avow.track('spare-parts', {{instrument: 'b'}})"
    )
    assert page.evaluate("Promise.all(said)") == [True, True, True]
    assert choices(page) == "v1.email-measurement.returning-visitors.+personalisation"
    page.wait_for_timeout(500)
    assert [event["instrument"] for event in only(events, "spare-parts")] == ["b"]


def test_tag_is_the_one_that_was_built(visit, running):
    """The page names the hash of the tag; its source map is served; a tag of another content does not run."""
    page = visit()
    page.goto("/")
    script = page.locator("script[data-points]")
    assert script.get_attribute("integrity").startswith("sha384-")
    source = page.request.get(script.get_attribute("src")).text()
    assert page.request.get(source.rpartition("=")[2].strip()).json()["sources"] == ["src/tag.js"]
    assert f'data-points="{script.get_attribute("data-points")}"' in running.avow("tag")


def test_tag_that_was_changed_does_not_run(chromium, running):
    """What somebody puts under the tag's address is refused by the browser."""
    page = chromium.new_page(base_url=running.base)
    page.route("**/avow/static/tag.*.js", lambda route: route.fulfill(body="window.changed = 1", content_type="text/javascript"))
    page.goto("/")
    assert page.evaluate("[typeof window.changed, typeof window.avow?.track]") == ["undefined", "undefined"]
    page.close()


def test_a_page_in_a_frame_of_the_same_site_is_no_second_view(sent):
    """The view is that of the page around it."""
    page, events = sent("/careers")
    tag = page.evaluate("document.querySelector('script[data-points]').outerHTML")
    body = f"<!doctype html><title>F</title><p>Framed</p>{tag}"
    page.route("**/framed", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.route("**/around", lambda route: route.fulfill(body=f"{body}<iframe src=/framed></iframe>", content_type="text/html"))
    page.goto("/around", wait_until="networkidle")
    page.wait_for_timeout(500)
    assert [event["page"] for event in only(events, "page-view")] == ["/careers", "/around"]
