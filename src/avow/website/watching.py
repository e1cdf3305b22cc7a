"""The company's own websites between the rooms: the search index of each kept fresh, and each looked at from outside.

What cannot be read or looked at of several websites is set aside by its website's name and its path; of the first, and of an
only one, by its path.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from avow.config import Configuration, reachable
from avow.definitions import Refusal, local_date
from avow.gate.sites import Site, Sites
from avow.policy.rulebook.page_duties import PageDuties
from avow.store.aside import Aside
from avow.store.control import integrity as kept
from avow.store.control.integrity import Seen
from avow.store.store import Store
from avow.website.answers import DayView, IntegrityView, LookView
from avow.website.crawling import Crawled, crawl
from avow.website.fetching import Fetcher
from avow.website.integrity import BuiltTag, Look, looks
from avow.website.search import build

log = logging.getLogger(__name__)

#: Where Avow lists the pages that it serves itself.
OWN_SITEMAP: Final = "/sitemap.xml"
#: Pages that could not be read, or were read under a new version, are read again after so many milliseconds.
AGAIN_MS: Final = 30_000
#: Looks that may fail to come before the state is no longer believed.
MISSED: Final = 3
#: Changes that the console lists.
CHANGES_SHOWN: Final = 50
#: Where a page is set aside that could not be read for the search, and an address that could not be looked at.
PAGES: Final = "search"
LOOKS: Final = "integrity"
_INDEX: Final = "search"

#: Counts what pages were seen to load that no declared origin explains: (page, (origin, directive)), declared, site, day.
Report = Callable[[Sequence[tuple[str, Iterable[tuple[str, str]]]], Container[str], str, date], None]


def index_path(configuration: Configuration, site: Site) -> Path:
    """Return where a website's search index lies. It is no part of a backup: it is made again from the pages."""
    if len(configuration.sites) == 1:
        return configuration.data / f"{_INDEX}.db"
    named = hashlib.blake2b(site.name.encode(), digest_size=8).hexdigest()
    return configuration.data / f"{_INDEX}-{named}.db"


def forget_indexes(configuration: Configuration) -> None:
    """Remove the search indexes of websites that the configuration no longer names."""
    kept = {index_path(configuration, site).stem for site in Sites(configuration).all}
    for path in configuration.data.glob(f"{_INDEX}*"):
        if path.is_file() and path.stem not in kept:
            path.unlink(missing_ok=True)


def sitemap_of(configuration: Configuration, site: Site) -> str:
    """Return the sitemap that a website's search reads; empty where there is nothing to search."""
    return _listed(configuration, site) or (OWN_SITEMAP if site.pages else "")


def watched(configuration: Configuration, site: Site) -> tuple[str, ...]:
    """Return the paths of a website that are looked at from outside; none where nobody looks."""
    return site.declared.watched or configuration.integrity.pages


def _listed(configuration: Configuration, site: Site) -> str:
    """Return the sitemap that is configured for a website's pages; "" for none."""
    return site.declared.sitemap or configuration.search.sitemap


class _Named:
    """How a website's addresses are called where they are set aside."""

    def __init__(self, configuration: Configuration, site: Site) -> None:
        self._sites, self._site = Sites(configuration), site

    def of(self, address: str) -> str:
        """Return an address as it is set aside."""
        return address if self._site.name == self._sites.first.name else f"{self._site.name} {address}"

    def is_own(self, item: str) -> bool:
        """Return whether an item that is set aside is of this website; what is of none that there is, is the first one's."""
        others = (one.name for one in self._sites.all[1:] if item.startswith(f"{one.name} "))  # a name may hold spaces
        return next(others, self._sites.first.name) == self._site.name


def read_pages(
    configuration: Configuration, site: Site, aside: Aside, now_ms: int, is_over: Callable[[], bool] = lambda: False
) -> Crawled | Refusal:
    """Read a website's pages, and make its search index again when they changed. A page that cannot be read is set aside.

    Pages that Avow serves are asked of its own listener: the public name of a site need not lead back to its own machine.
    """
    sitemap, listen, named = sitemap_of(configuration, site), configuration.listen, _Named(configuration, site)
    if not sitemap:
        return Refusal("there are no pages to search: set website.pages or search.sitemap", "docs/guide/search.md")
    through = "" if _listed(configuration, site) else f"http://{reachable(listen.host)}:{listen.port}"
    fetcher = Fetcher(site.origin, through)

    def each(paths: Sequence[str], step: Callable[[str], object]) -> None:
        aside.only(PAGES, map(named.of, paths), named.is_own)
        aside.each(PAGES, paths, named.of, step, now_ms)

    try:
        found = crawl(fetcher, sitemap, each, is_over)
    finally:
        fetcher.close()
    if isinstance(found, Crawled):
        build(index_path(configuration, site), found.pages)
    elif through:
        return Refusal(f"{found.reason} at {through}; is the server running?", found.rule)
    return found


@dataclass(slots=True)
class SearchKeeper:
    """The job that keeps a website's search index: reads its pages now and then, and when another version comes into force."""

    configuration: Configuration
    site: Site
    aside: Aside
    version: Callable[[], str]
    now_ms: Callable[[], int]
    is_over: Callable[[], bool]
    _due_ms: int = 0
    _read_under: str = ""

    def once(self) -> bool:
        """Read the pages when it is time; returns False."""
        now, version = self.now_ms(), self.version()
        every_ms = self.configuration.search.every_minutes * 60_000
        is_read = now < self._due_ms <= now + max(every_ms, AGAIN_MS)  # further away: the clock was ahead when it was read
        if is_read and version == self._read_under:
            return False
        found = read_pages(self.configuration, self.site, self.aside, now, self.is_over)
        is_new, self._read_under = version != self._read_under, version
        if isinstance(found, Refusal):
            log.warning("search: the pages of %s could not be read: %s", self.site.name, found.reason)
        # A worker may have answered by the version before: under a new one the pages are read once more.
        soon = is_new or isinstance(found, Refusal)
        self._due_ms = now + (AGAIN_MS if soon else every_ms)
        return False


def look_at_site(
    configuration: Configuration, site: Site, tag: BuiltTag, aside: Aside, now_ms: int, duties: PageDuties
) -> tuple[tuple[Look, ...], list[str]]:
    """Look at a website through its public origin, at the configured pages, else at the first one; return looks and addresses.

    `duties` are what each page must have. An address at which that fails is set aside, and has no look.
    """
    fetcher, named = Fetcher(site.origin), _Named(configuration, site)
    steps, found = looks(fetcher, watched(configuration, site) or ("/",), tag, duties), []
    try:
        aside.only(LOOKS, map(named.of, steps), named.is_own)
        aside.each(LOOKS, steps, named.of, lambda address: found.append(steps[address]()), now_ms)
        return tuple(found), list(steps)
    finally:
        fetcher.close()


@dataclass(frozen=True, slots=True)
class Watch:
    """The job that looks at a website, and what it found; `report` keeps which loads no declared origin explains."""

    store: Store
    configuration: Configuration
    site: Site
    tag: BuiltTag
    now_ms: Callable[[], int]
    report: Report

    def once(self, declared: Container[str], duties: PageDuties) -> bool:
        """Look, and keep what was found, with who is loaded from no declared origin; returns False."""
        at_ms = self.now_ms()
        today, site = local_date(at_ms, self.configuration.timezone), self.site.name
        found, addresses = look_at_site(self.configuration, self.site, self.tag, self.store.aside, at_ms, duties)
        seen = [Seen(at_ms, one.address, one.outcome.value, one.status, one.milliseconds, one.detail) for one in found]
        with self.store.control.transaction() as tx:
            changed = kept.add(tx, today, site, seen)
            kept.forget(tx, site, addresses)
            kept.forget_others(tx, [one.name for one in self.configuration.sites])
        self.report([(one.address, one.loads) for one in found], declared, site, today)
        for one in changed:
            if one.outcome != "up":
                log.warning("integrity of %s: %s: %s", site, one.address, one.detail)
        return False

    def everywhere(self) -> tuple[Watch, ...]:
        """Return the same for each website of the installation."""
        return tuple(replace(self, site=site) for site in Sites(self.configuration).all)

    def is_configured(self) -> bool:
        """Return whether the site is looked at."""
        return bool(watched(self.configuration, self.site))

    def state(self) -> str:
        """Return "intact", "not-intact", "unchecked" or "overdue"."""
        return self._judged(self._now())

    def altered(self) -> tuple[LookView, ...]:
        """Return the addresses that serve another tag than was built."""
        return tuple(one for one in self._now() if one.outcome == "altered") if self.is_configured() else ()

    def view(self, since: date) -> IntegrityView:
        """Return state and history since a day."""
        now = self._now()
        with self.store.control.reading() as tx:
            changes = tuple(_view(*one) for one in kept.changes(tx, self.site.name, CHANGES_SHOWN))
            days = kept.days(tx, self.site.name, since)
        shown = tuple(DayView(one.day, one.address, one.looks, one.well, one.milliseconds // max(one.looks, 1)) for one in days)
        return IntegrityView(self._judged(now), now, changes, shown)

    def _now(self) -> tuple[LookView, ...]:
        with self.store.control.reading() as tx:
            return tuple(_view(*one) for one in kept.state(tx, self.site.name))

    def _judged(self, now: tuple[LookView, ...]) -> str:
        """Return the state; what was not looked at for a while is not believed, so a dead clock is no good news."""
        if not now or not self.is_configured():
            return "unchecked"
        last = min(one.last_ms for one in now)
        if self.now_ms() - last > MISSED * self.configuration.integrity.every_seconds * 1000 + AGAIN_MS:
            return "overdue"
        return "intact" if all(one.outcome == "up" for one in now) else "not-intact"


def _view(seen: Seen, last_ms: int) -> LookView:
    return LookView(seen.address, seen.outcome, seen.status, seen.milliseconds, seen.detail, seen.at_ms, last_ms)
