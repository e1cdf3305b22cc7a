"""The company's own published pages as visitors get them: fetched, read, searched, and compared with what was built.

`build` wires what pages call; `keeping` what the clock does, where there is something to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from avow.config import Configuration
from avow.gate.sites import Sites
from avow.store.store import Store
from avow.website.integrity import BuiltTag
from avow.website.search import SearchIndex
from avow.website.watching import Report, SearchKeeper, Watch, forget_indexes, index_path, sitemap_of, watched


@dataclass(frozen=True, slots=True)
class Website:
    """The room as the pages of one website call it: its search, and what was seen of it."""

    search: SearchIndex
    integrity: Watch


def build(
    store: Store, configuration: Configuration, tag: BuiltTag, report: Report, now_ms: Callable[[], int]
) -> Mapping[str, Website]:
    """Return the room of a worker, for each website by its name.

    `tag` is what was built, `report` keeps which loads no declared origin explains.
    """
    made = {}
    for site in Sites(configuration).all:
        search = SearchIndex(index_path(configuration, site) if sitemap_of(configuration, site) else None)
        made[site.name] = Website(search, Watch(store, configuration, site, tag, now_ms, report))
    return made


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeps the search indexes of websites and the looks at them up to date, for those where there is something to read."""

    searches: Sequence[SearchKeeper]
    looks: Sequence[Watch]


def keeping(
    store: Store,
    configuration: Configuration,
    tag: BuiltTag,
    report: Report,
    version: Callable[[], str],
    is_over: Callable[[], bool],
    now_ms: Callable[[], int],
) -> Keeping:
    """Return what the clock calls. Pages are read again under another `version`; `is_over` ends a reading."""
    sites = Sites(configuration).all
    forget_indexes(configuration)
    return Keeping(
        tuple(
            SearchKeeper(configuration, site, store.aside, version, now_ms, is_over)
            for site in sites
            if sitemap_of(configuration, site)
        ),
        tuple(Watch(store, configuration, site, tag, now_ms, report) for site in sites if watched(configuration, site)),
    )
