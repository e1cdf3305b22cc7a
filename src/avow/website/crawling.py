"""The pages of a website, by its own sitemap: which there are, and what each says.

Respected: robots.txt (RFC 9309; without an answer nobody is let in, without a file everybody), `noindex`, canonical
addresses. Only addresses of the site's own origin are asked, one after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.robotparser import RobotFileParser

from avow.definitions import Refusal
from avow.website.fetching import AGENT, Fetcher
from avow.website.reading import Page, read

#: Does a step for each of the site's paths, so that one on which it raises keeps none of the others back.
Each = Callable[[Sequence[str], Callable[[str], object]], object]

#: Pages that one search covers.
PAGES: Final = 5_000
#: Sitemaps that an index of sitemaps may name.
SITEMAPS: Final = 50
#: Largest sitemap that is read, bytes (the protocol's own limit is 50 MB uncompressed).
SITEMAP_BYTES: Final = 10 * 1024 * 1024
ROBOTS_BYTES: Final = 512 * 1024
_PAGES_TYPE: Final = frozenset({"text/html", "application/xhtml+xml"})
_NO_FILE: Final = range(400, 500)
_RULE: Final = "docs/guide/search.md"


@dataclass(frozen=True, slots=True)
class Crawled:
    """The pages by path, and why others were left out: reason -> how many."""

    pages: Mapping[str, Page]
    left_out: Mapping[str, int]


def crawl(fetcher: Fetcher, sitemap: str, each: Each, is_over: Callable[[], bool] = lambda: False) -> Crawled | Refusal:
    """Return what every page of the sitemap says; a Refusal when the sitemap, or robots.txt, cannot be read.

    `sitemap` is a path or an address of the site. A page that cannot be read is left out, and is for `each` to set aside. Nothing
    half is returned: a site of which no page answers is a Refusal, and so is a reading that `is_over` ends.
    """
    robots = _robots(fetcher)
    if isinstance(robots, Refusal):
        return robots
    paths = _listed(fetcher, sitemap)
    if isinstance(paths, Refusal):
        return paths
    pages: dict[str, Page] = {}
    left_out: Counter[str] = Counter()
    unread = set(paths)

    def step(path: str) -> None:
        if is_over():
            return
        found = _page(fetcher, robots, path)
        if isinstance(found, str):
            left_out[found] += 1
        else:
            pages.setdefault(*found)
        unread.discard(path)

    each(paths, step)
    if is_over():
        return Refusal("stopped before every page was read", _RULE)
    left_out += Counter({"could not be read": len(unread)})
    if not pages and (unread or left_out["did not answer"]):
        return Refusal("no page of the sitemap answered", _RULE)
    return Crawled(pages, dict(left_out))


def _page(fetcher: Fetcher, robots: RobotFileParser, path: str) -> tuple[str, Page] | str:
    """Return where a page is and what it says, or why it is left out."""
    if not robots.can_fetch(AGENT, path):
        return "robots.txt"
    fetched = fetcher.get(path)
    if isinstance(fetched, Refusal):
        return "did not answer"
    if fetched.status != 200 or fetched.media_type not in _PAGES_TYPE:  # noqa: PLR2004 - HTTP
        return "no page"
    page = read(fetched.text(), fetched.headers)
    if page.is_hidden:
        return "noindex"
    own = fetcher.path_of(page.canonical, fetched.path) if page.canonical else fetched.path
    return (own, page) if own else "canonical address elsewhere"


def _robots(fetcher: Fetcher) -> RobotFileParser | Refusal:
    fetched = fetcher.get("/robots.txt", ROBOTS_BYTES)
    if isinstance(fetched, Refusal):
        return fetched
    rules = RobotFileParser()
    if fetched.status in _NO_FILE:
        rules.parse([])
    elif fetched.status == 200:  # noqa: PLR2004 - HTTP
        rules.parse(fetched.body.decode("utf-8", "replace").splitlines())  # RFC 9309, section 2.3: UTF-8, whatever it says
    else:
        return Refusal(f"robots.txt was answered with {fetched.status}", "RFC 9309, section 2.3.1.4")
    return rules


def _listed(fetcher: Fetcher, sitemap: str) -> tuple[str, ...] | Refusal:
    """Return the paths of a sitemap, or of the sitemaps that it names, each once, in their order."""
    first = _locations(fetcher, sitemap)
    if isinstance(first, Refusal):
        return first
    found: dict[str, None] = {}
    for more in [sitemap] if not first.is_index else first.locations[:SITEMAPS]:
        listed = first if not first.is_index else _locations(fetcher, more)
        if isinstance(listed, Refusal):
            return listed
        found |= dict.fromkeys(path for one in listed.locations if (path := fetcher.path_of(one)))
    return tuple(found)[:PAGES]


def _locations(fetcher: Fetcher, address: str) -> _Sitemap | Refusal:
    path = fetcher.path_of(address)
    if not path:
        return Refusal("the sitemap is not of this site", _RULE)
    fetched = fetcher.get(path, SITEMAP_BYTES)
    if isinstance(fetched, Refusal):
        return Refusal(f"the sitemap: {fetched.reason}", fetched.rule)
    if fetched.status != 200:  # noqa: PLR2004 - HTTP
        return Refusal(f"the sitemap was answered with {fetched.status}", _RULE)
    reader = _Sitemap()
    try:
        reader.feed(fetched.text())
        reader.close()
    except (AssertionError, ValueError):  # markup that Python's parser gives up on, or a character set that is none
        return Refusal("the sitemap cannot be read", _RULE)
    return reader if reader.is_sitemap else Refusal("what is at the sitemap's address is none", _RULE)


class _Sitemap(HTMLParser):
    """Reads the locations of a sitemap. Not as XML: this parser knows no entities that could grow, and needs none."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.locations: list[str] = []
        self.is_index = False
        self.is_sitemap = False
        self._words: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the beginning of a location."""
        del attrs
        self.is_index |= tag == "sitemapindex"
        self.is_sitemap |= tag in {"sitemapindex", "urlset"}
        self._words = [] if tag == "loc" else self._words

    def handle_endtag(self, tag: str) -> None:
        """Take a location."""
        if tag == "loc" and self._words is not None and len(self.locations) < PAGES:
            self.locations.append("".join(self._words).strip())
            self._words = None

    def handle_data(self, data: str) -> None:
        """Take words of a location."""
        if self._words is not None:
            self._words.append(data)
