"""Whether the site answers, and whether visitors are served the tag that was built.

What is fetched comes through the public origin, past every proxy and delivery network in front of it. A tag that one of them
changed is run by no browser whose page names its hash, and by every browser whose page does not. No visitor is in any of it.
Rule: W3C Subresource Integrity; Cal. Civ. Code § 1798.100(e) (reasonable security).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from hashlib import sha384
from typing import Final

from avow.definitions import Refusal
from avow.website.fetching import Fetcher
from avow.website.reading import Page, ScriptLine, read

#: Where the tag is for pages that name no hash.
STABLE_TAG: Final = "/avow/tag.js"
#: The name of the tag under the address that changes with each build, in what is told and kept.
PINNED_TAG: Final = "/avow/static/tag.*.js"
_PINNED: Final = "/avow/static/tag."
_OK: Final = 200


class Outcome(StrEnum):
    """What a look at one address found."""

    UP = "up"
    DOWN = "down"  # no answer, or an error of the server
    ALTERED = "altered"  # another tag than the one that was built
    OLD_LINE = "old-line"  # the page asks for a tag that is not the one that was built


@dataclass(frozen=True, slots=True)
class BuiltTag:
    """The tag of this build: its address with a hash in the name, and the hash that `avow tag` prints."""

    address: str
    integrity: str


@dataclass(frozen=True, slots=True)
class Look:
    """What one address answered: `status` is 0 when nothing did, `detail` says in words what is wrong.

    `loads` are the origins of others from which a page loads something by itself, each with the directive for it.
    """

    address: str
    outcome: Outcome
    status: int
    milliseconds: int
    detail: str = ""
    loads: frozenset[tuple[str, str]] = frozenset()

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be done."""
        return self.outcome is Outcome.UP


def looks(fetcher: Fetcher, pages: Sequence[str], built: BuiltTag) -> dict[str, Callable[[], Look]]:
    """Return what fetches the tag, under both of its addresses, and these pages, as a visitor does; by address."""
    return {
        PINNED_TAG: lambda: _tag(fetcher, PINNED_TAG, built.address, built),
        STABLE_TAG: lambda: _tag(fetcher, STABLE_TAG, STABLE_TAG, built),
        **{path: partial(_page, fetcher, path, built) for path in pages},
    }


def _tag(fetcher: Fetcher, name: str, address: str, built: BuiltTag) -> Look:
    fetched = fetcher.get(address)
    if isinstance(fetched, Refusal):
        return Look(name, Outcome.DOWN, 0, 0, fetched.reason)
    if fetched.status != _OK:
        return Look(name, Outcome.DOWN, fetched.status, fetched.milliseconds, f"answered with {fetched.status}")
    served = "sha384-" + b64encode(sha384(fetched.body).digest()).decode()
    if served != built.integrity:
        words = f"{len(fetched.body):,} bytes with the hash {served} are served; built was {built.integrity}"
        return Look(name, Outcome.ALTERED, fetched.status, fetched.milliseconds, words)
    return Look(name, Outcome.UP, fetched.status, fetched.milliseconds)


def _page(fetcher: Fetcher, path: str, built: BuiltTag) -> Look:
    fetched = fetcher.get(path)
    if isinstance(fetched, Refusal):
        return Look(path, Outcome.DOWN, 0, 0, fetched.reason)
    if fetched.status != _OK:
        return Look(path, Outcome.DOWN, fetched.status, fetched.milliseconds, f"answered with {fetched.status}")
    page = read(fetched.text()) if fetched.media_type == "text/html" else Page()
    wrong = next((words for line in page.scripts if (words := _wrong(fetcher, fetched.path, line, built))), "")
    loads = frozenset(
        (origin, one.directive)
        for one in page.loads
        if not fetcher.path_of(one.address, fetched.path) and (origin := fetcher.origin_of(one.address, fetched.path))
    )
    return Look(path, Outcome.OLD_LINE if wrong else Outcome.UP, fetched.status, fetched.milliseconds, wrong, loads)


def _wrong(fetcher: Fetcher, page: str, line: ScriptLine, built: BuiltTag) -> str:
    """Return in words why browsers do not run the tag that a page asks for; "" for a good line, and for other scripts."""
    asked = fetcher.path_of(line.address, page).partition("?")[0]
    if asked != STABLE_TAG and not asked.startswith(_PINNED):
        return ""
    if asked.startswith(_PINNED) and asked != built.address:
        return f"its line asks for {asked}, which is of another build; put in what `avow tag` prints"
    if line.integrity and built.integrity not in line.integrity.split():
        return "the hash in its line is of another build, so browsers do not run the tag; put in what `avow tag` prints"
    return ""
