"""What feeds need from the rest of the house: their keys, and what people agreed to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from avow.collection.feeds import FeedKey
from avow.config import Feed
from avow.definitions import ConfigurationError, Identifier, Technology
from avow.policy import Rulebook
from avow.store.store import Store


@dataclass(frozen=True, slots=True)
class AuthorisationsOnFile:
    """Fits `collection.feeds.Authorisations` over the store."""

    store: Store

    def is_on_file(self, point: str, people: Collection[Identifier], by_ms: int) -> bool:
        """Return whether one of these people sent this form by a moment; what was erased, or waits in the spool, is not on file.

        Rule: 15 U.S.C. 1681b(b)(2)(A): disclosed and authorised before the report is procured.
        """
        forms = self.store.find(people).submissions
        return any(form.point == point and form.fields and form.collected_ms <= by_ms for form in forms)


def require_declared(feeds: Sequence[Feed], rulebooks: Sequence[Rulebook]) -> None:
    """Raise ConfigurationError for a feed that no version of the policy, in force or announced, declares."""
    known: set[str] = set()
    for rulebook in rulebooks:
        known |= {point.name for point in rulebook.points.values() if point.technology is Technology.FEED}
        known |= {link.reports for link in rulebook.external_links.values() if link.reports}
    for feed in feeds:
        if feed.point not in known:
            declared = ", ".join(sorted(known)) or "none"
            raise ConfigurationError(f"feeds.point: the policy declares no feed “{feed.point}”; it declares {declared}")


def feed_keys(feeds: Sequence[Feed]) -> dict[str, FeedKey]:
    """Return the keys by collection point; raise ConfigurationError that names the feed whose key cannot be read."""
    keys = {}
    for feed in feeds:
        try:
            keys[feed.point] = FeedKey(feed.key_file.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"feeds: the key of “{feed.point}” cannot be read from {feed.key_file}") from error
        except ConfigurationError as error:
            raise ConfigurationError(f"feeds: “{feed.point}”: {error}") from error
    return keys
