"""The company's own website between the rooms: its search index kept fresh, and the site looked at from outside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from avow.config import Configuration, reachable
from avow.definitions import Refusal, local_date
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
_INDEX: Final = "search.db"

#: Counts what pages were seen to load that no declared origin explains: (page, (origin, directive)), declared, site, day.
Report = Callable[[Sequence[tuple[str, Iterable[tuple[str, str]]]], Container[str], str, date], None]


def index_path(configuration: Configuration) -> Path:
    """Return where the search index lies. It is no part of a backup: it is made again from the pages."""
    return configuration.data / _INDEX


def sitemap_of(configuration: Configuration) -> str:
    """Return the sitemap that the search reads; empty where there is nothing to search."""
    return configuration.search.sitemap or (OWN_SITEMAP if configuration.sites[0].pages else "")


def read_pages(
    configuration: Configuration, aside: Aside, now_ms: int, is_over: Callable[[], bool] = lambda: False
) -> Crawled | Refusal:
    """Read the site's pages, and make the search index again when they changed. A page that cannot be read is set aside.

    Pages that Avow serves are asked of its own listener: the public name of a site need not lead back to its own machine.
    """
    sitemap, listen = sitemap_of(configuration), configuration.listen
    if not sitemap:
        return Refusal("there are no pages to search: set website.pages or search.sitemap", "docs/guide/search.md")
    through = "" if configuration.search.sitemap else f"http://{reachable(listen.host)}:{listen.port}"
    fetcher = Fetcher(configuration.sites[0].every_origin[0], through)

    def each(paths: Sequence[str], step: Callable[[str], object]) -> None:
        aside.only(PAGES, paths)
        aside.each(PAGES, paths, str, step, now_ms)

    try:
        found = crawl(fetcher, sitemap, each, is_over)
    finally:
        fetcher.close()
    if isinstance(found, Crawled):
        build(index_path(configuration), found.pages)
    elif through:
        return Refusal(f"{found.reason} at {through}; is the server running?", found.rule)
    return found


@dataclass(slots=True)
class SearchKeeper:
    """The job that keeps the search index: reads the pages now and then, and when another version comes into force."""

    configuration: Configuration
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
        found = read_pages(self.configuration, self.aside, now, self.is_over)
        is_new, self._read_under = version != self._read_under, version
        if isinstance(found, Refusal):
            log.warning("search: the site's pages could not be read: %s", found.reason)
        # A worker may have answered by the version before: under a new one the pages are read once more.
        soon = is_new or isinstance(found, Refusal)
        self._due_ms = now + (AGAIN_MS if soon else every_ms)
        return False


def look_at_site(
    configuration: Configuration, tag: BuiltTag, aside: Aside, now_ms: int, duties: PageDuties
) -> tuple[tuple[Look, ...], list[str]]:
    """Look at the site through its public origin, at the configured pages, else at the first one; return looks and addresses.

    `duties` are what each page must have. An address at which that fails is set aside, and has no look.
    """
    fetcher = Fetcher(configuration.sites[0].every_origin[0])
    steps, found = looks(fetcher, configuration.integrity.pages or ("/",), tag, duties), []
    try:
        aside.only(LOOKS, steps)
        aside.each(LOOKS, steps, str, lambda address: found.append(steps[address]()), now_ms)
        return tuple(found), list(steps)
    finally:
        fetcher.close()


@dataclass(frozen=True, slots=True)
class Watch:
    """The job that looks at the site, and what it found; `report` keeps which loads no declared origin explains."""

    store: Store
    configuration: Configuration
    tag: BuiltTag
    now_ms: Callable[[], int]
    report: Report

    def once(self, declared: Container[str], duties: PageDuties) -> bool:
        """Look, and keep what was found, with who is loaded from no declared origin; returns False."""
        at_ms = self.now_ms()
        today, site = local_date(at_ms, self.configuration.timezone), self.configuration.sites[0].name
        found, addresses = look_at_site(self.configuration, self.tag, self.store.aside, at_ms, duties)
        seen = [Seen(at_ms, one.address, one.outcome.value, one.status, one.milliseconds, one.detail) for one in found]
        with self.store.control.transaction() as tx:
            changed = kept.add(tx, today, seen)
            kept.forget(tx, addresses)
        self.report([(one.address, one.loads) for one in found], declared, site, today)
        for one in changed:
            if one.outcome != "up":
                log.warning("integrity: %s: %s", one.address, one.detail)
        return False

    def is_configured(self) -> bool:
        """Return whether the site is looked at."""
        return bool(self.configuration.integrity.pages)

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
            changes = tuple(_view(*one) for one in kept.changes(tx, CHANGES_SHOWN))
            days = kept.days(tx, since)
        shown = tuple(DayView(one.day, one.address, one.looks, one.well, one.milliseconds // max(one.looks, 1)) for one in days)
        return IntegrityView(self._judged(now), now, changes, shown)

    def _now(self) -> tuple[LookView, ...]:
        with self.store.control.reading() as tx:
            return tuple(_view(*one) for one in kept.state(tx))

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
