"""What they looked with, and from which country; and the robots, kept apart."""

from __future__ import annotations

from dataclasses import dataclass

from avow.analytics.question import Query, Ranked, Scope, ranked


@dataclass(frozen=True, slots=True)
class Devices:
    """Browsers, operating systems, kinds of device, languages and countries of people; robots by the name they give."""

    browsers: tuple[Ranked, ...]
    systems: tuple[Ranked, ...]
    devices: tuple[Ranked, ...]
    languages: tuple[Ranked, ...]
    countries: tuple[Ranked, ...]
    robots: tuple[Ranked, ...]


def devices(query: Query, scope: Scope) -> Devices:
    """Return what the page views of the scope were made with."""
    questions = ("browsers", "systems", "devices", "languages", "countries", "robots")
    return Devices(*(ranked(query, f"dashboard_{name}", scope) for name in questions))
