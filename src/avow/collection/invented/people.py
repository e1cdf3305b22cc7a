"""Invented people: where they live, what they browse with, what they allow. The same for the same seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

_WEBKIT: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1"
_BLINK: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"
_WINDOWS: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_MAC: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_AGENTS: Final = {
    f"{_WINDOWS} {_BLINK} Safari/537.36": 24,
    f"{_WINDOWS} {_BLINK} Safari/537.36 Edg/142.0.0.0": 9,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0": 5,
    f"{_MAC} {_WEBKIT} Safari/605.1.15": 11,
    f"{_MAC} {_BLINK} Safari/537.36": 5,
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0": 3,
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1": 22,
    f"Mozilla/5.0 (Linux; Android 16; Pixel 10) {_BLINK} Mobile Safari/537.36": 15,
    "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 "
    "Mobile Safari/537.36": 4,
    f"Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1": 3,
}
#: Country -> how many of a hundred come from there, and what their browsers prefer.
_COUNTRIES: Final = {
    "US": (51, ("en-US", "en-US", "en-US", "es-US")),
    "CA": (10, ("en-CA", "en-CA", "fr-CA")),
    "GB": (8, ("en-GB",)),
    "DE": (6, ("de-DE",)),
    "MX": (5, ("es-MX",)),
    "FR": (4, ("fr-FR",)),
    "AU": (3, ("en-AU",)),
    "NL": (2, ("nl-NL", "en-GB")),
    "BR": (2, ("pt-BR",)),
    "JP": (2, ("ja-JP",)),
    "ES": (2, ("es-ES",)),
    "IT": (2, ("it-IT",)),
    "SE": (1, ("sv-SE", "en-GB")),
    "CH": (1, ("de-CH", "fr-CH")),
    "IN": (1, ("en-IN",)),
}
_FIRST: Final = ("Robin", "Kim", "Sasha", "Alex", "Noor", "Jo", "Sam", "Toni", "Jamie", "Charlie", "Ariel", "Dana", "Mika", "Lou")
_LAST: Final = ("Sample", "Example", "Placeholder", "Specimen", "Instance", "Pattern", "Template", "Fixture", "Dummy", "Mockford")
#: Ranges of addresses that belong to nobody (RFC 5737).
_NETWORKS: Final = ("192.0.2", "198.51.100", "203.0.113")
#: Of a hundred people: how many send a signal, opt out, say yes where they are asked, run no script, subscribe.
_SIGNAL, _OPT_OUT, _AGREE, _NO_SCRIPT, _SUBSCRIBE = 7, 4, 14, 4, 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented. `country` is drawn, and no address was asked for it: `address` is of a range that belongs to nobody."""

    name: str
    email: str
    phone: str
    agent: str
    country: str
    language: str
    address: str
    visitor: str
    first_day: date
    has_signal: bool
    opts_out: bool
    agrees: bool
    has_script: bool
    subscribes: bool

    @property
    def preferences(self) -> frozenset[str]:
        """What their browser says by itself."""
        return frozenset(("gpc",)) if self.has_signal else frozenset()


def drawn(*what: object) -> Random:
    """Return draws that are the same whenever the same is asked for; nothing of it is secret."""
    return Random(" ".join(map(str, what)))  # noqa: S311 - invented, and repeatable on purpose


def number(*what: object) -> str:
    """Return 32 hex digits, the same for the same."""
    return hashlib.blake2b(" ".join(map(str, what)).encode(), digest_size=16).hexdigest()


def person(seed: int, first_day: date, place: int) -> Person:
    """Return the person who came first on a day, as the n-th of it."""
    draws = drawn(seed, "person", first_day, place)
    first, last = draws.choice(_FIRST), draws.choice(_LAST)
    country = draws.choices(list(_COUNTRIES), [share for share, _ in _COUNTRIES.values()])[0]
    said = draws.randrange(100)
    return Person(
        name=f"{first} {last}",
        email=f"{first}.{last}.{first_day.toordinal() % 10_000}.{place}@example.com".lower(),
        phone=f"+1805555{100 + place % 100:04d}",
        agent=draws.choices(list(_AGENTS), list(_AGENTS.values()))[0],
        country=country,
        language=draws.choice(_COUNTRIES[country][1]),
        address=f"{draws.choice(_NETWORKS)}.{draws.randrange(1, 255)}",
        visitor=number(seed, "visitor", first_day, place),
        first_day=first_day,
        has_signal=said < _SIGNAL,
        opts_out=_SIGNAL <= said < _SIGNAL + _OPT_OUT,
        agrees=said >= 100 - _AGREE,
        has_script=draws.randrange(100) >= _NO_SCRIPT,
        subscribes=draws.randrange(100) < _SUBSCRIBE,
    )
