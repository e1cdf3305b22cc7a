"""The company's own published pages as visitors get them: fetched, read, searched, and compared with what was built.

`build` wires what pages call; `keeping` what the clock does, where there is something to read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from avow.config import Configuration
from avow.store.store import Store
from avow.website.integrity import BuiltTag
from avow.website.search import SearchIndex
from avow.website.watching import Report, SearchKeeper, Watch, index_path, sitemap_of


@dataclass(frozen=True, slots=True)
class Website:
    """The room as pages call it: the search of the site, and what was seen of it."""

    search: SearchIndex
    integrity: Watch


def build(store: Store, configuration: Configuration, tag: BuiltTag, report: Report, now_ms: Callable[[], int]) -> Website:
    """Return the room of a worker. `tag` is what was built, `report` keeps which loads no declared origin explains."""
    search = SearchIndex(index_path(configuration) if sitemap_of(configuration) else None)
    return Website(search, Watch(store, configuration, tag, now_ms, report))


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeps the search index and the looks at the site up to date; None where nothing is configured to be read."""

    search: SearchKeeper | None
    integrity: Watch | None


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
    search = SearchKeeper(configuration, store.aside, version, now_ms, is_over) if sitemap_of(configuration) else None
    return Keeping(search, Watch(store, configuration, tag, now_ms, report) if configuration.integrity.pages else None)
