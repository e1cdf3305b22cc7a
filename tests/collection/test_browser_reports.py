"""Browsers' reports: grouped by party, and nothing of the person who met it."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.collection.browser_reports import (
    CSP_REPORT,
    MORE,
    OTHER,
    REPORTS,
    REPORTS_MAX,
    ROWS,
    BrowserReports,
    ReportRow,
    page_shown,
    rows,
)
from avow.definitions import Refusal, StoreUnavailable

DAY = date(2026, 11, 24)
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
DECLARED = frozenset({"https://place.farsight.example"})
PAGE = "https://marrowby.example/letters/robin@example.com/4711?email=robin@example.com#robin"


def read(body, kind=CSP_REPORT, agent=CHROME):
    return rows(json.dumps(body).encode(), kind, agent, DECLARED, "marrowby.example", DAY)


def by_uri(blocked, directive="script-src-elem", **more):
    """One report as report-uri sends it."""
    report = {"document-uri": PAGE, "referrer": PAGE, "blocked-uri": blocked, "effective-directive": directive}
    return {"csp-report": {**report, "script-sample": "robin", "status-code": 200, **more}}


def by_list(blocked, **more):
    """One report as report-to sends it."""
    body = {"documentURL": PAGE, "blockedURL": blocked, "effectiveDirective": "img-src", "sample": "robin", "lineNumber": 3}
    return {"type": "csp-violation", "url": PAGE, "age": 3, "user_agent": CHROME, "body": body, **more}


def test_a_report_keeps_party_directive_page_and_browser():
    """The host, without path and query; the page without anybody; the family of the browser."""
    (row,) = read(by_uri("https://Tracker.example:8443/t.js?id=robin"))
    page = "/letters/*/*"
    assert row == ReportRow(DAY, "marrowby.example", "tracker.example", "script-src-elem", page, "Chrome", is_declared=False)


def test_both_kinds_of_body_say_the_same():
    """report-uri and report-to; an old browser sends the sources with the directive."""
    (one,) = read(by_uri("https://tracker.example/p.gif", "img-src"))
    (other,) = read([by_list("https://tracker.example/p.gif")], REPORTS)
    (old,) = read(by_uri("https://tracker.example/p.gif", "", **{"violated-directive": "img-src 'self'"}))
    assert one == other == old


def test_a_used_device_is_reported_with_whose_script_it_was():
    """A violation of the Permissions-Policy: the feature, by its name in the standard or in Chromium, and whose script."""
    for key, script, party in (
        ("featureId", "https://tracker.example/t.js", "tracker.example"),
        ("policyId", PAGE, "'self'"),
        ("policyId", None, "'self'"),
    ):
        body = {key: "geolocation", "sourceFile": script, "disposition": "report"}
        (row,) = read([{"type": "permissions-policy-violation", "url": PAGE, "body": body}], REPORTS)
        assert (row.party, row.directive, row.page) == (party, "geolocation", "/letters/*/*")


def test_a_declared_origin_is_marked():
    """The exact origin: another port or host of the same owner is not what was declared."""
    declared = [read(by_uri(f"https://{host}/x.js"))[0].is_declared for host in ("place.farsight.example", "farsight.example")]
    assert declared == [True, False]
    assert not read(by_uri("https://place.farsight.example:8443/x.js"))[0].is_declared


def test_nothing_of_a_person_is_in_a_row():
    """Wherever a report carries it."""
    bodies = [
        by_uri(f"https://robin1234567890123456.tracker.example/{PAGE}"),
        by_uri("robin"),
        by_uri(PAGE),
        by_uri("https://robin:4711@tracker.example"),
    ]
    for body in bodies:
        assert "robin" not in repr(read(body, agent="robin/4.7 (robin@example.com)"))
        assert "4711" not in repr(read(body))


@pytest.mark.parametrize(
    ("blocked", "party"),
    [
        ("inline", "'inline'"),
        ("", "'inline'"),
        ("eval", "'eval'"),
        ("data", "'data'"),
        ("blob:https://marrowby.example/1", "'blob'"),
        ("https://marrowby.example/old.swf", "'self'"),
        ("wss://tracker.example", "tracker.example"),
        ("http://[::1]:80/", "::1"),
        ("http://[::1", OTHER),
        ("https://exa mple/", OTHER),
        ("x" * 5000, OTHER),
    ],
)
def test_what_is_blocked_becomes_a_host_or_a_word(blocked, party):
    """Own parts stand in quotes, so that no host can pass for one."""
    assert read(by_uri(blocked))[0].party == party


def test_what_the_visitors_own_browser_adds_is_left_out():
    """An extension says something about a person, and nothing about who collects."""
    for address in ("moz-extension://4ad1/x.js", "about", "gsa://onpageload", "webviewprogressproxy:///complete"):
        assert read(by_uri(address)) == []
    assert read(by_uri("https://coupons.example/x.js", **{"source-file": "chrome-extension"})) == []


def test_pages_keep_words_alone():
    """A number, an address, a token, and whatever lies too deep is a star."""
    assert page_shown("https://a.example/") == page_shown("") == "/"
    assert page_shown("https://a.example/Products/rain-gauge.html?x=1") == "/Products/rain-gauge.html"
    assert page_shown("https://a.example/privacy/requests/AAf3-x_9") == "/privacy/requests/*"
    assert page_shown("https://a.example/a/b/c/d/e/f/g/h") == "/a/b/c/d/e/f/*"


def test_a_list_is_read_as_far_as_it_can_be():
    """What is no report, or of another kind, is left out; so is what comes after the limit."""
    good = by_list("https://tracker.example")
    assert len(read([1, None, {}, {"type": "crash", "body": {}}, {"type": 3}, by_list(["x"]), good], REPORTS)) == 1
    assert len(read([good] * (REPORTS_MAX + 5), REPORTS)) == REPORTS_MAX


@pytest.mark.parametrize(("one", "kind"), [(by_uri, CSP_REPORT), (by_list, REPORTS)])
def test_a_body_that_says_a_name_twice_is_refused(one, kind):
    """Which of two hosts a page reached out to is not guessed."""
    report = one("https://tracker.example")
    body = json.dumps([report] if kind == REPORTS else report).encode()
    name = b'"blockedURL"' if kind == REPORTS else b'"blocked-uri"'
    assert rows(body, kind, CHROME, DECLARED, "s", DAY)
    said = rows(body.replace(name, name + b': "https://other.example", ' + name), kind, CHROME, DECLARED, "s", DAY)
    assert isinstance(said, Refusal)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["csp-report", "body", "type", "url", "blocked-uri", "blockedURL"]), inner, max_size=4)
    ),
)


@given(st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode()), st.sampled_from([CSP_REPORT, REPORTS]))
def test_no_body_raises(body, kind):
    """Rows, or a refusal."""
    assert isinstance(rows(body, kind, "x", DECLARED, "s", DAY), list | Refusal)


@pytest.mark.parametrize("kind", [CSP_REPORT, REPORTS])
def test_a_body_that_is_nested_without_end_is_refused(kind):
    """As text and as lists."""
    assert isinstance(rows(b"[" * 60_000, kind, "x", DECLARED, "s", DAY), Refusal)


class Kept:
    """A store that fails when told."""

    def __init__(self):
        self.counts, self.fails = {}, False

    def add_browser_reports(self, counts):
        if self.fails:
            raise StoreUnavailable("away")
        self.counts.update(counts)


def test_memory_is_bounded_and_a_failed_flush_loses_nothing():
    """Beyond the limit one row counts the rest; what the store did not take is handed over again."""
    reports, store = BrowserReports(), Kept()
    row = read(by_uri("https://tracker.example"))[0]
    for number in range(ROWS + 3):
        reports.add(ReportRow(DAY, "s", f"t{number}.example", row.directive, "/", "Chrome", is_declared=False))
    store.fails = True
    with pytest.raises(StoreUnavailable):
        reports.flush(store.add_browser_reports)
    store.fails = False
    reports.flush(store.add_browser_reports)
    assert len(store.counts) == ROWS + 1
    assert store.counts[ReportRow(DAY, "s", MORE, MORE, "", "", is_declared=False)] == 3
