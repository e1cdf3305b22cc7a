"""Invented visits of a day: weekly rhythm, growth, bounces, people who come back. The same for the same seed and day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from avow.collection.invented.people import Person, drawn, number, person
from avow.local_days import midnight_ms

#: How many come on each day of the week, Monday first, next to an ordinary day.
_WEEK: Final = (1.12, 1.18, 1.15, 1.08, 0.97, 0.72, 0.78)
#: By so much each day brings more than the one before: some 40 percent in 90 days.
_GROWTH: Final = 1.004
#: Of a hundred visits, how many are of people who come for the first time.
_NEW: Final = 72
#: How many come in each hour of the local day.
_HOURS: Final = (3, 2, 1, 1, 1, 2, 5, 12, 24, 34, 40, 41, 36, 38, 42, 41, 37, 30, 25, 26, 29, 26, 17, 8)
#: Sites that send people, and the campaigns of some of them.
_CAME_FROM: Final = {
    ("", ""): 34,
    ("www.search.example", ""): 30,
    ("www.search.example", "search / cpc / brand"): 6,
    ("www.search.example", "search / cpc / autumn"): 5,
    ("forum.example", ""): 5,
    ("social.example", "social / post / launch"): 4,
    ("news.example", ""): 3,
    ("news.example", "news / banner / autumn"): 2,
    ("", "newsletter / email / september"): 3,
    ("", "newsletter / email / november"): 4,
    ("partner.example", "partner / referral / review"): 3,
    ("wiki.example", ""): 1,
}
_TERMS: Final = (
    "price list", "delivery time", "warranty", "manual", "spare parts", "opening hours", "calibration", "repair", "returns",
    "invoice", "catalogue", "shipping abroad", "student discount", "jobs", "certificate", "battery",
)  # fmt: skip
#: Terms for which nothing is found.
_IN_VAIN: Final = frozenset(("student discount", "battery", "opening hours"))
_ROBOTS: Final = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
)
_ELSEWHERE: Final = ("https://standards.example/guide", "https://maps.example/route", "https://video.example/tour")
_FILES: Final = ("/assets/data-sheet.pdf", "/assets/price-list.pdf", "/assets/manual.pdf")
#: Of a hundred visits: how many end with their first page, search, follow a link, fetch a file, do something else, write.
_BOUNCE, _SEARCH, _LINK, _FILE, _CUSTOM, _WRITE = 41, 9, 6, 7, 11, 3
#: Of a hundred visits: how many go on to another company, how many of those buy there, how many apply, are recorded if they may.
_GO_ON, _BUY, _APPLY, _RECORDED = 5, 18, 1, 40
#: Of two hundred visits: how many ask for what the law gives them.
_ASK: Final = 1
_MOST_PAGES: Final = 14
#: Nobody comes back after more days.
_BACK_DAYS: Final = 60
_PAGE_MS: Final = 1_000


class What(StrEnum):
    """What somebody does."""

    VIEW = "view"
    LEAVE = "leave"
    OUTBOUND = "outbound"
    DOWNLOAD = "download"
    SEARCH = "search"
    CUSTOM = "custom"
    CONVERSION = "conversion"
    CLICK = "click"
    BUY = "buy"
    FORM = "form"
    APPLICATION = "application"
    SUBSCRIPTION = "subscription"
    CHOICE = "choice"
    RECORDED = "recorded"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does at a moment; `said` are fields by the names that policies mostly give them."""

    at_ms: int
    what: What
    said: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """What one browser does within a day, in order. `number` looks as a visit's hash does; `key` is the same at each drawing."""

    who: Person
    key: str
    number: int
    acts: tuple[Act, ...]
    is_robot: bool = False


@dataclass(frozen=True, slots=True)
class Town:
    """Everybody who may come: so many visits on an ordinary day at its end, `anchor`; `pages` with the most visited first."""

    seed: int
    visits: int
    anchor: date
    timezone: str
    pages: Sequence[str]

    def day(self, day: date) -> Iterator[Visit]:
        """Yield the visits of a local day, whatever of it is over."""
        starts_ms, ends_ms = (midnight_ms(one, self.timezone) for one in (day, day + timedelta(days=1)))
        new = self._new(day)
        back = new * (100 - _NEW) // _NEW
        for place in range(new + back):
            draws = drawn(self.seed, "visit", day, place)
            who = person(self.seed, day, place) if place < new else self._known(day, draws)
            at_ms = starts_ms + _moment(draws) * (ends_ms - starts_ms) // 86_400_000
            yield self._visit(f"{self.seed} {day} {place}", who, at_ms, draws, is_first=place < new)
        for place in range(1 + new // 20):
            draws = drawn(self.seed, "robot", day, place)
            yield self._robot(f"{self.seed} {day} robot {place}", day, place, starts_ms + draws.randrange(80_000_000), draws)

    def people(self, first: date, last: date) -> Iterator[Person]:
        """Yield everybody who may have come on some days, robots left out."""
        day = first - timedelta(days=_BACK_DAYS)
        while day <= last:
            yield from (person(self.seed, day, place) for place in range(self._new(day)))
            day += timedelta(days=1)

    def _new(self, day: date) -> int:
        """Return how many come for the first time on a day."""
        ordinary = self.visits * _GROWTH ** (day - self.anchor).days
        noise = drawn(self.seed, "day", day).uniform(0.86, 1.14)
        return max(1, round(ordinary * _WEEK[day.weekday()] * noise * _NEW / 100))

    def _known(self, day: date, draws: Random) -> Person:
        """Return somebody who was there before."""
        before = day - timedelta(days=1 + min(_BACK_DAYS - 1, int(draws.expovariate(1 / 9))))
        return person(self.seed, before, draws.randrange(self._new(before)))

    def _visit(self, key: str, who: Person, at_ms: int, draws: Random, *, is_first: bool) -> Visit:
        acts: list[Act] = []
        page, count = self._page(draws), 1
        if draws.randrange(100) >= _BOUNCE:
            count = min(_MOST_PAGES, 2 + int(draws.expovariate(1 / 2.4)))
        referrer, campaign = draws.choices(list(_CAME_FROM), list(_CAME_FROM.values()))[0]
        came = {"referrer": referrer, "campaign": campaign}
        is_recorded = who.agrees and draws.randrange(100) < _RECORDED
        for step in range(count):
            seconds = min(900, max(2, int(draws.lognormvariate(3.2, 1.0))))
            acts.append(Act(at_ms, What.VIEW, {"page": page, **came}))
            if is_first and step == 0 and (who.opts_out or who.has_signal or who.agrees):
                acts.append(Act(at_ms + 800, What.CHOICE))
            if is_recorded:
                acts.append(Act(at_ms + _PAGE_MS, What.RECORDED, {"page": page, "engagement-time": str(seconds)}))
            acts.extend(self._on_page(page, at_ms, seconds, draws))
            at_ms += seconds * 1000
            depth = min(100, 10 * draws.randint(2, 6) + seconds // 3)
            acts.append(Act(at_ms, What.LEAVE, {"page": page, "engagement-time": str(seconds), "scroll-depth": str(depth)}))
            at_ms, page, came = at_ms + draws.randrange(200, 1_500), self._page(draws), {}
        acts.extend(self._at_the_end(page, who, at_ms, draws, is_first=is_first))
        return Visit(who, key, int(number(key, "visit")[:16], 16) or 1, tuple(acts))

    def _on_page(self, page: str, at_ms: int, seconds: int, draws: Random) -> Iterator[Act]:
        """Yield what is done on one page beside looking at it."""
        half_ms, throw = at_ms + seconds * 500, draws.randrange(200)
        if throw < _SEARCH:
            term = _TERMS[min(len(_TERMS) - 1, int(draws.expovariate(1 / 4)))]
            found = "0" if term in _IN_VAIN else str(draws.randint(1, 9))
            yield Act(half_ms, What.SEARCH, {"search-term": term, "search-results": found})
        elif throw < _SEARCH + _LINK:
            yield Act(half_ms, What.OUTBOUND, {"page": page, "link-followed": draws.choice(_ELSEWHERE)})
        elif throw < _SEARCH + _LINK + _FILE:
            yield Act(half_ms, What.DOWNLOAD, {"page": page, "link-followed": draws.choice(_FILES)})
        elif throw < _SEARCH + _LINK + _FILE + _CUSTOM:
            yield Act(half_ms, What.CUSTOM, {"page": page, "": _last_part(draws.choice(self.pages))})

    def _at_the_end(self, page: str, who: Person, at_ms: int, draws: Random, *, is_first: bool) -> Iterator[Act]:
        """Yield what a visit ends with."""
        if draws.randrange(100) < _WRITE:
            yield Act(at_ms, What.FORM)
            yield Act(at_ms + 400, What.CONVERSION, {"page": page})
        if draws.randrange(300) < _APPLY:
            yield Act(at_ms + 800, What.APPLICATION)
        if is_first and who.subscribes:
            yield Act(at_ms + 1_200, What.SUBSCRIPTION)
        if draws.randrange(200) < _ASK:
            yield Act(at_ms + 1_400, What.ASK)
        if draws.randrange(100) < _GO_ON:
            yield Act(at_ms + 1_600, What.CLICK, {"page": page})
            if draws.randrange(100) < _BUY:
                value = f"{draws.choice((39, 59, 129, 249))}.{draws.choice(('00', '90'))}"
                yield Act(
                    at_ms + 1_600,
                    What.BUY,
                    {"purchase-value": value, "currency": "USD", "": _last_part(draws.choice(self.pages))},
                )

    def _robot(self, key: str, day: date, place: int, at_ms: int, draws: Random) -> Visit:
        """Return the visit of a robot, which looks at pages and does nothing else."""
        who = person(self.seed, day, 1_000_000 + place)
        looks = range(draws.randint(1, 5))
        acts = tuple(Act(at_ms + 2_000 * step, What.VIEW, {"page": self._page(draws)}) for step in looks)
        robot = replace(who, agent=draws.choice(_ROBOTS), visitor="", has_signal=False, opts_out=False, agrees=False)
        return Visit(robot, key, int(number(key, "visit")[:16], 16) or 1, acts, is_robot=True)

    def _page(self, draws: Random) -> str:
        """Return a page, the first ones most often."""
        return self.pages[min(len(self.pages) - 1, int(draws.expovariate(1 / max(1.0, len(self.pages) / 4))))]


def _moment(draws: Random) -> int:
    """Return a moment of a day in milliseconds, when people are awake."""
    hour = draws.choices(range(24), _HOURS)[0]
    return hour * 3_600_000 + draws.randrange(3_600_000)


def _last_part(page: str) -> str:
    return page.rstrip("/").rpartition("/")[2] or "start"
