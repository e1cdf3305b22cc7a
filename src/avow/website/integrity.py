"""Whether the site answers, visitors are served the tag that was built, and each page has what law and policy ask of it.

What is fetched comes through the public origin, past every proxy and delivery network in front of it. A tag that one of them
changed is run by no browser whose page names its hash, and by every browser whose page does not. No visitor is in any of it.
Rule: W3C Subresource Integrity; Cal. Civ. Code § 1798.100(e) (reasonable security); of the links, `policy.rulebook.page_duties`.
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
from avow.policy.rulebook.page_duties import DutyLink, PageDuties
from avow.website.fetching import Fetcher
from avow.website.reading import Link, Page, ScriptLine, read

#: Where the tag is for pages that name no hash, and its name under the address that changes with each build, in what is told
#: and kept; alone, and within the script that has all parts of a page.
STABLE_TAG: Final = "/avow/tag.js"
PINNED_TAG: Final = "/avow/static/tag.*.js"
STABLE_PAGE: Final = "/avow/page.js"
PINNED_PAGE: Final = "/avow/static/page.*.js"
_OK: Final = 200
#: Pages of Avow's own, which are where the links lead and have no tag.
_OWN: Final = ("/privacy/", "/privacy-policy/", "/avow/", "/console/", "/audit/", "/leaving/", "/search/")
_NO_DUTIES: Final = PageDuties()


class Outcome(StrEnum):
    """What a look at one address found."""

    UP = "up"
    DOWN = "down"  # no answer, or an error of the server
    ALTERED = "altered"  # another tag than the one that was built
    OLD_LINE = "old-line"  # the page asks for a tag that is not the one that was built
    LACKING = "lacking"  # the page has no tag, or not the links that the law asks of it


@dataclass(frozen=True, slots=True)
class BuiltTag:
    """The tag of this build: its address with a hash in the name, and the hash that `avow tag` prints.

    `within` is the script that has the tag and the other parts of a page in one.
    """

    address: str
    integrity: str
    within: BuiltTag | None = None


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


def looks(
    fetcher: Fetcher, pages: Sequence[str], built: BuiltTag, duties: PageDuties = _NO_DUTIES
) -> dict[str, Callable[[], Look]]:
    """Return what fetches the tag, under each of its addresses, and these pages, as a visitor does; by address.

    `duties` are what each page must have.
    """
    steps: dict[str, Callable[[], Look]] = {}
    for pinned, stable, one in _addresses(built):
        steps[pinned] = partial(_tag, fetcher, pinned, one.address, one)
        steps[stable] = partial(_tag, fetcher, stable, stable, one)
    return steps | {path: partial(_page, fetcher, path, built, duties) for path in pages}


def _addresses(built: BuiltTag) -> tuple[tuple[str, str, BuiltTag], ...]:
    """Return the names of each script that has the tag: with a hash, and the one that stays."""
    alone = (PINNED_TAG, STABLE_TAG, built)
    return (alone, (PINNED_PAGE, STABLE_PAGE, built.within)) if built.within else (alone,)


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


def _page(fetcher: Fetcher, path: str, built: BuiltTag, duties: PageDuties) -> Look:
    fetched = fetcher.get(path)
    if isinstance(fetched, Refusal):
        return Look(path, Outcome.DOWN, 0, 0, fetched.reason)
    if fetched.status != _OK:
        return Look(path, Outcome.DOWN, fetched.status, fetched.milliseconds, f"answered with {fetched.status}")
    page = read(fetched.text()) if fetched.media_type == "text/html" else None
    lacks = _lacking(fetcher, fetched.path, page, built, duties) if page else ""
    page = page or Page()
    wrong = next((words for line in page.scripts if (words := _wrong(fetcher, fetched.path, line, built))), "")
    loads = frozenset(
        (origin, one.directive)
        for one in page.loads
        if not fetcher.path_of(one.address, fetched.path) and (origin := fetcher.origin_of(one.address, fetched.path))
    )
    outcome = Outcome.OLD_LINE if wrong else Outcome.LACKING if lacks else Outcome.UP
    return Look(path, outcome, fetched.status, fetched.milliseconds, "; ".join(filter(None, (wrong, lacks))), loads)


def _lacking(fetcher: Fetcher, path: str, page: Page, built: BuiltTag, duties: PageDuties) -> str:
    """Return in words what a page has not that it must have, with the rule; "" for nothing, and for pages of Avow's own."""
    if f"{path.rstrip('/')}/".startswith(_OWN):
        return ""
    linked = [(fetcher.path_of(one.address, path).partition("?")[0].rstrip("/"), one) for one in page.links]
    lacks = []
    for duty in duties.links:
        found = [one for to, one in linked if to == duty.address]
        if not found:
            lacks.append(f"no link to {duty.address} ({duty.rule})")
        elif not any(_fulfils(one, duty) for one in found):
            words = f"no link to {duty.address} is called “{duty.title}”, or “{duty.with_icon[0]}” with the icon in it"
            lacks.append(f"{words} ({duty.rule})")
    if duties.has_tag and not any(_is_tag(fetcher.path_of(one.address, path).partition("?")[0], built) for one in page.scripts):
        lacks.append("no tag, so that nothing is counted and nobody is asked (docs/guide/your-pages.md)")
    return f"the page has {', '.join(lacks)}; put in what `avow tag` prints" if lacks else ""


def _fulfils(link: Link, duty: DutyLink) -> bool:
    """Return whether a link has the title that it must have, or one that does with the icon. Rule: 11 CCR 7013(a), 7015(b)."""
    words = link.words.lower()
    return duty.title.lower() in words or (link.has_image and any(title.lower() in words for title in duty.with_icon))


def _is_tag(asked: str, built: BuiltTag) -> bool:
    """Return whether a script of the site is one with the tag, of whichever build."""
    return any(asked == stable or asked.startswith(pinned.partition("*")[0]) for pinned, stable, _ in _addresses(built))


def _wrong(fetcher: Fetcher, page: str, line: ScriptLine, built: BuiltTag) -> str:
    """Return in words why browsers do not run the tag that a page asks for; "" for a good line, and for other scripts."""
    asked = fetcher.path_of(line.address, page).partition("?")[0]
    for pinned, stable, one in _addresses(built):
        is_pinned = asked.startswith(pinned.partition("*")[0])
        if is_pinned and asked != one.address:
            return f"its line asks for {asked}, which is of another build; put in what `avow tag` prints"
        if (is_pinned or asked == stable) and line.integrity and one.integrity not in line.integrity.split():
            return "the hash in its line is of another build, so browsers do not run the tag; put in what `avow tag` prints"
    return ""
