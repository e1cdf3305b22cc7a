"""What the tag sends, and when it sends nothing."""

import json

import pytest

SIGNALS = {
    "gpc": "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})",
    "dnt": "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})",
}


@pytest.fixture
def sent(visit):
    """Open a page; collect the events that the tag sends from it."""

    def opened(path, script="", **options):
        page, events = visit(**options), []
        if script:
            page.add_init_script(script)
        page.on(
            "request",
            lambda one: events.extend(json.loads(one.post_data)["events"]) if one.url.endswith("/avow/events") else None,
        )
        page.goto(path)
        page.wait_for_timeout(300)
        return page, events

    return opened


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
    page.wait_for_timeout(300)
    assert [event["page"] for event in events] == ["/", "/careers", "/"]


def test_referrer_is_a_host_and_never_our_own(sent):
    """Another site's address is cut to its host; our own pages are no referrer."""
    other = "Object.defineProperty(Document.prototype, 'referrer', {get: () => 'https://forum.example/thread?user=robin'})"
    _, events = sent("/", other)
    assert events[0]["referrer"] == "forum.example"
    page, events = sent("/")
    page.get_by_role("link", name="Careers").click()
    page.wait_for_timeout(300)
    assert "referrer" not in events[-1]


@pytest.mark.parametrize("signal", list(SIGNALS))
def test_signal_silences_the_tag(sent, signal):
    """With a signal the tag sends nothing, now or on later navigation, and touches no storage."""
    page, events = sent("/", SIGNALS[signal])
    page.evaluate("history.pushState({}, '', '/careers')")
    page.wait_for_timeout(300)
    assert events == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
