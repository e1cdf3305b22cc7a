"""Which pages are read: those of the site's own sitemap, as robots.txt and the pages themselves allow."""

import contextlib

import pytest

from avow.definitions import Refusal
from avow.website import crawling
from avow.website.crawling import Crawled, crawl
from avow.website.fetching import Fetcher

PAGE = "<title>{0}</title><main>About {0}</main>"


def each(paths, step):
    """Read every page; one that cannot be read is passed by."""
    for path in paths:
        with contextlib.suppress(AssertionError, ValueError):
            step(path)


@pytest.fixture
def fetcher(site):
    made = Fetcher(site.origin)
    yield made
    made.close()


def test_pages_of_the_sitemap_are_read_once_each(site, fetcher):
    """Listed twice, read once; what no sitemap lists is not looked for."""
    site |= {"/": PAGE.format("us"), "/rain": PAGE.format("rain"), "/secret": PAGE.format("secret")}
    site.listed("/", "/rain", "/rain")
    found = crawl(fetcher, "/sitemap.xml", each)
    assert {path: page.title for path, page in found.pages.items()} == {"/": "us", "/rain": "rain"}


def test_what_may_not_be_found_is_left_out_with_its_reason(site, fetcher):
    """robots.txt is not even asked for; noindex, pictures, missing pages and other sites are not found."""
    site |= {"/robots.txt": "User-agent: *\nDisallow: /staff", "/hidden": '<meta name="robots" content="noindex">'}
    site |= {"/picture": (200, {"Content-Type": "image/png"}, "PNG"), "/": PAGE.format("us"), "/staff": PAGE.format("staff")}
    site.listed("/", "/staff", "/hidden", "/picture", "/gone", "https://other.example/")
    found = crawl(fetcher, "/sitemap.xml", each)
    assert list(found.pages) == ["/"]
    assert found.left_out == {"robots.txt": 1, "noindex": 1, "no page": 2}
    assert "/staff" not in site.asked


def test_redirects_and_canonical_addresses_stay_within_the_site(site, fetcher):
    """A page is found where it says it is; one that leads to another host is not followed."""
    site |= {
        "/old": (301, {"Location": "/new"}, ""),
        "/new": PAGE.format("new"),
        "/away": (302, {"Location": "//other.example/"}, ""),
    }
    site["/twin"] = '<link rel="canonical" href="/new"><title>twin</title>'
    site["/theirs"] = '<link rel="canonical" href="https://other.example/x">'
    site.listed("/old", "/twin", "/away", "/theirs")
    found = crawl(fetcher, "/sitemap.xml", each)
    assert {path: page.title for path, page in found.pages.items()} == {"/new": "new"}
    assert found.left_out == {"did not answer": 1, "canonical address elsewhere": 1}


def test_index_of_sitemaps_is_followed(site, fetcher):
    """One level deep, within the site."""
    site.listed("/rain")
    site["/parts.xml"] = site.pop("/sitemap.xml")
    site["/sitemap.xml"] = f"<sitemapindex><sitemap><loc>{site.origin}/parts.xml</loc></sitemap></sitemapindex>"
    site["/rain"] = PAGE.format("rain")
    assert list(crawl(fetcher, "/sitemap.xml", each).pages) == ["/rain"]


@pytest.mark.parametrize(
    ("paths", "says"),
    [
        ({}, "the sitemap was answered with 404"),
        ({"/sitemap.xml": "<html>not found</html>"}, "is none"),
        ({"/robots.txt": (500, {}, "")}, "robots.txt was answered with 500"),
    ],
)
def test_site_that_cannot_be_read_is_a_refusal(site, fetcher, paths, says):
    """Then the index of before stays: half a site is not taken for the whole."""
    site |= paths
    found = crawl(fetcher, "/sitemap.xml", each)
    assert isinstance(found, Refusal)
    assert says in found.reason


def test_reading_ends_when_told_and_at_its_limits(site, fetcher, monkeypatch):
    """A server that stops is not kept waiting; a sitemap without end is cut."""
    site.listed(*(f"/{number}" for number in range(20)))
    assert isinstance(crawl(fetcher, "/sitemap.xml", each, lambda: True), Refusal)
    monkeypatch.setattr(crawling, "PAGES", 3)
    assert crawl(fetcher, "/sitemap.xml", each) == Crawled({}, {"no page": 3})


@pytest.mark.parametrize(
    "broken", ["<![foo[x]]><title>odd</title>", (200, {"Content-Type": "text/html; charset=undefined"}, "odd")]
)
def test_a_page_that_cannot_be_read_keeps_no_other_back(site, fetcher, broken):
    """Markup that no parser knows, a character set that is none: the page is left out, and counted."""
    site |= {"/first": PAGE.format("first"), "/broken": broken, "/last": PAGE.format("last")}
    site.listed("/first", "/broken", "/last")
    found = crawl(fetcher, "/sitemap.xml", each)
    assert (sorted(found.pages), found.left_out) == (["/first", "/last"], {"could not be read": 1})


@pytest.mark.parametrize(
    "broken", ["<![foo[x]]><urlset></urlset>", (200, {"Content-Type": "text/xml; charset=undefined"}, "<urlset>")]
)
def test_a_sitemap_that_cannot_be_read_is_said(site, fetcher, broken):
    """In a sentence, so that the job tries again."""
    site["/sitemap.xml"] = broken
    assert crawl(fetcher, "/sitemap.xml", each).reason == "the sitemap cannot be read"
