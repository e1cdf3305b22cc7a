"""What they looked with; and the robots, kept apart."""

from __future__ import annotations

from dataclasses import dataclass

from avow.analytics.question import Query, Ranked, Scope, ranked


@dataclass(frozen=True, slots=True)
class Devices:
    """Browsers, operating systems, kinds of device, languages of people; robots by the name they give."""

    browsers: tuple[Ranked, ...]
    systems: tuple[Ranked, ...]
    devices: tuple[Ranked, ...]
    languages: tuple[Ranked, ...]
    robots: tuple[Ranked, ...]


def devices(query: Query, scope: Scope) -> Devices:
    """Return what the page views of the scope were made with."""
    return Devices(
        *(ranked(query, f"dashboard_{name}", scope) for name in ("browsers", "systems", "devices", "languages", "robots"))
    )
