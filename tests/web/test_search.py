"""The search page: in the site's look, without script, escaped, and its words go nowhere."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from avow.publication.answers import PointFacts
from avow.web.assets import Assets
from avow.web.searching import field, results
from avow.website import watching
from avow.website.reading import Page
from avow.website.search import Found, Result, build

ELEMENTS = {"form", "label", "div", "input", "button", "ul", "li", "p", "span", "a", "h2", "ol", "nav", "mark", "script"}


def read(house):
    """Have the pages of an installation read, and return a visitor's browser."""
    pages = {f"/gauge/{number}": Page("Rain Gauge", "", "", "A copper <funnel> for rain.") for number in range(12)}
    build(watching.index_path(house.installation.configuration, house.shared.sites.first), pages)
    return house.browser()


@pytest.fixture
def visitor(house):
    return read(house)


def point(technology, event, *fields):
    return PointFacts("searches", "Searches", technology, fields, frozenset(), (), (), "90 days", event=event)


def test_results_stand_in_the_site_s_own_page(visitor):
    """With the company's header and footer, a field that keeps what was typed, and snippets with marks."""
    text = visitor.get("/search", params={"q": "rian <funnel>"}).text
    assert "<small>Instruments</small>" in text
    assert 'value="rian &lt;funnel&gt;"' in text
    assert 'data-kept="rian &lt;funnel&gt;"' in text
    assert "<mark>funnel</mark>" in text
    assert 'Did you mean <a href="/search?q=rain+funnel">rain funnel</a>?' in text
    assert text.count("<h1") == 1


def test_more_results_are_on_further_pages(visitor):
    """Links to each part, with the one that is shown marked, and its numbers going on."""
    text = visitor.get("/search?q=rain&page=2").text
    assert '<a href="/search?q=rain&amp;page=2" aria-current="page">2</a>' in text
    assert '<ol class="search-results" start="11">' in text
    assert text.count("<h2><a") == 2


@pytest.mark.parametrize("path", ["/search?q=rain", "/avow/search.json?q=rain", "/search?q=", "/search?page=x&q=%00"])
def test_words_go_to_no_cache_no_other_page_and_no_search_engine(visitor, path):
    """A search may say who somebody is."""
    headers = visitor.get(path).headers
    assert headers["cache-control"] == "private, no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex"


def test_scripts_of_the_site_get_json_and_no_other_site_does(visitor):
    """The same results, for pages from elsewhere on the same origin."""
    answer = visitor.get("/avow/search.json?q=rian&page=2").json()
    assert {name: answer[name] for name in ("query", "total", "page", "pages", "meant")} == {
        "query": "rian", "total": 12, "page": 2, "pages": 2, "meant": "rain",
    }  # fmt: skip
    assert set(answer["results"][0]) == {"address", "title", "snippet"}
    assert visitor.get("/avow/search.json?q=rian", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_site_without_a_page_for_it_gets_avow_s_own(serving):
    """A folder without search.html, or no folder at all."""
    text = read(serving(pages=None, extra='[search]\nsitemap = "/sitemap.xml"')).get("/search?q=rain").text
    assert "12 pages for" in text
    assert 'data-points="page-view' in text
    assert "<h1>Search</h1>" in text


def test_without_a_search_there_is_no_page(serving):
    """Not found where nothing can be searched."""
    assert serving(pages=None).browser().get("/search?q=rain").status_code == 404


def test_before_the_first_reading_a_search_comes_later(house):
    """503 with Retry-After in the seconds before pages were read."""
    answer = house.browser().get("/search?q=rain")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_script_comes_only_where_the_policy_declares_searches():
    """Without it the field is a plain form; what may be told is named by field."""
    assets, found = Assets(), Found("rain", 3, 1, ())
    assert "<script" not in field(found, [point("tag", "view", "page")], assets)
    assert "<script" in field(found, [point("local-storage", "", "search-term")], assets)
    assert 'data-told="search-term"' in field(found, [point("tag", "search", "page", "search-term")], assets)


class Elements(HTMLParser):
    """Lists the elements of a text."""

    def __init__(self, text):
        super().__init__()
        self.names, self.handlers = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on") or name == "style"}


@given(st.text(), st.text(), st.text(), st.integers(0, 900), st.integers(1, 50))
def test_whatever_was_asked_or_found_is_text(query, title, meant, total, page):
    """No element, and no attribute that does something, comes from a query, a title or a page."""
    found = Found(query, total, page, (Result("/" + title, title, Markup.escape(title)),), meant)
    html = field(found, [point("local-storage", "", "search-term")], Assets()) + results(found)
    seen = Elements(html)
    assert seen.names <= ELEMENTS
    assert not seen.handlers
    assert not re.search(r'href="(?!/)', html)


def test_sitemap_lists_what_may_be_found(visitor):
    """Pages and open openings; no page of thanks, none of an error, and not the search."""
    answer = visitor.get("/sitemap.xml")
    listed = re.findall(r"<loc>http://testserver(.*?)</loc>", answer.text)
    assert {"/", "/contact", "/products/rain-gauge", "/careers/calibration-technician"} <= set(listed)
    assert not {"/404", "/search", "/contact/thanks", "/careers/sailmaker"} & set(listed)
    assert answer.headers["content-type"].startswith("application/xml")
