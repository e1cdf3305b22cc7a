"""What they looked with, and from which country; and the robots, kept apart."""

from __future__ import annotations

from dataclasses import dataclass

from avow.analytics.question import ROBOTS, Column, Query, Ranked, Scope, ranked, ranked_by


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
    """Return what the page views of the scope were made with; filters leave no robots, of which little is known."""
    columns = (Column.BROWSER, Column.SYSTEM, Column.DEVICE, Column.LANGUAGE, Column.COUNTRY)
    people = [ranked_by(query, column, scope) for column in columns]
    return Devices(*[*people, () if scope.filters else ranked(query, "dashboard_ranked", scope, **ROBOTS)])
