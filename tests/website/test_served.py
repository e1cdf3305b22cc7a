"""The website of a running installation: searched by its own pages, and looked at through a proxy that changes the tag."""

import json
import re
import subprocess

import httpx
import pytest

from .conftest import listening

RARE = "zanzibar hygrometer"


class Proxy:
    """Stands in front of an installation and, while it tampers, adds a line to the tag."""

    def __init__(self):
        self.upstream, self.tampers, self.strips = "", True, False

    def answer(self, path):
        fetched = httpx.get(self.upstream + path)
        body = fetched.content
        if self.tampers and "tag" in path and path.endswith(".js"):
            body += b"\nfetch('//other.example');"
        if self.strips and path == "/":
            body = body.replace(b'href="/privacy-policy', b'href="/elsewhere')
        return fetched.status_code, {"Content-Type": fetched.headers["content-type"]}, body


@pytest.fixture(scope="module")
def proxy():
    made = Proxy()
    with listening(made.answer) as origin:
        made.origin = origin
        yield made


@pytest.fixture(scope="module")
def served(tmp_path_factory, proxy, running):
    """An installation whose public origin is the proxy."""
    made = type(running)(
        tmp_path_factory.mktemp("served"), workers=2, extra='[integrity]\npages = ["/", "/privacy-policy"]\nevery_seconds = 10\n'
    )
    proxy.upstream = made.base
    text = made.config.read_text(encoding="utf-8")
    made.config.write_text(text.replace(f'origin = "{made.base}"', f'origin = "{proxy.origin}"'), encoding="utf-8")
    yield made.start()
    made.stop()


@pytest.fixture(scope="module")
def staff(served):
    """A signed-in member of staff, who comes by the listener itself."""
    path = "/console" + served.invite().partition("/console")[2]
    client = served.browser()
    fields = {"name": "Officer", "password": "a long sentence for tests", "again": "a long sentence for tests"}
    assert client.post(path, data=fields).status_code == 303
    return client


def test_pages_are_found_by_any_worker_whatever_the_spelling(served, until):
    """Soon after the start, from the site's own pages, and without a cookie or a record."""
    with httpx.Client(base_url=served.base) as browser:
        until(lambda: browser.get("/avow/search.json?q=rain").status_code == 200, 30, "the search")
    for _ in range(8):  # a connection each, so that both workers answer
        answer = httpx.get(f"{served.base}/avow/search.json?q=rian+guage")
        assert answer.json()["results"][0]["address"] == "/products/rain-gauge"
        assert "set-cookie" not in answer.headers
    assert served.avow("search", "index").startswith("9 pages can be found\n")


def test_words_are_nowhere_unless_the_tag_says_them(served):
    """What was searched for stands in no file of the installation and in no log."""
    assert httpx.get(f"{served.base}/search", params={"q": RARE}).status_code == 200
    found = subprocess.run(["grep", "-rl", "zanzibar", str(served.folder)], capture_output=True, text=True, check=False)
    assert found.stdout == ""


def test_report_shows_terms_of_enough_visits_and_no_rare_one(served, staff, until):
    """Five browsers searched for one thing, one for another: the first is shown, the second counted."""
    terms = [(f"Browser/{number}", "wind vane") for number in range(5)] + [("Browser/9", f"{RARE} robin@example.com")]
    for agent, term in terms:
        event = {"point": "site-search", "search-term": term, "search-results": "0"}
        headers = {"User-Agent": f"Mozilla/5.0 (X11; Linux x86_64) {agent}", "Origin": served.base}
        body = json.dumps({"events": [event]})
        assert httpx.post(f"{served.base}/avow/events", content=body, headers=headers).status_code == 204
    text = until(lambda: _shown(staff), 15, "the report")
    assert "zanzibar" not in text
    assert "wind vane" in text


def _shown(staff):
    text = staff.get("/console/searches").text  # drained worker by worker: wait for all six, the one rare word counted
    return text if re.search(r"Searches</dt><dd>6<", text) and re.search(r"not shown</dt><dd>1<", text) else ""


def _monitored(served):
    answer = httpx.get(f"{served.base}/avow/integrity")
    return None if answer.json()["state"] == "unchecked" else answer


def test_changed_tag_is_told_to_staff_and_to_monitors(served, staff, proxy, until):
    """By the console on every page, by /avow/integrity and by the command; once the proxy lets it be, by the command no more."""
    answer = until(lambda: _monitored(served), 15, "the first look")
    assert (answer.status_code, answer.json()["state"]) == (503, "not-intact")
    assert "another tag than the one that was built" in staff.get("/console/choices").text
    assert "bytes with the hash sha384-" in staff.get("/console/integrity").text
    assert "altered   200" in served.avow("integrity", status=1)
    proxy.tampers = False
    assert served.avow("integrity").count("up        200") == 6


def test_a_page_without_its_link_to_the_policy_is_told(served, staff, proxy, until):
    """By the command with the rule, in the console and in the log, once; the look of the clock finds it by itself."""
    proxy.tampers, proxy.strips = False, True
    told = "no link to /privacy-policy (Bus. &amp; Prof. Code § 22575(a); 11 CCR 7012(c))"
    assert told.replace("&amp;", "&") in served.avow("integrity", status=1)
    text = until(lambda: (page := staff.get("/console/integrity").text) and told in page and page, 90, "the look of the clock")
    assert "lacks what it must have" in text
    assert served.output.read_text().count(": /: the page has no link to /privacy-policy") == 1
    proxy.strips = False
    assert "lacking" not in served.avow("integrity")
