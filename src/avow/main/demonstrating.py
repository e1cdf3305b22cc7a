"""The demonstration of days that are over, wired: invented visits and consumer requests of every website."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from avow.assurance.invented_days import MakeDay
from avow.collection.invented.making import Making, pages_of
from avow.collection.invented.visits import Town
from avow.config import Configuration
from avow.definitions import Identifier, IdentifierKind, identifier, local_date, now_ms
from avow.gate.demonstrated import Days, Made
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.rights import invented
from avow.rights.invented import Asker
from avow.store.holdings import Invented
from avow.store.store import Store
from avow.web.site import pages_with_forms


def making(store: Store, versions: Versions, configuration: Configuration, days: Days, at_ms: int) -> MakeDay:
    """Return what makes a day of every website, as far as it is over at a moment."""
    rooms = _rooms(store, versions, configuration, days, at_ms)

    def make(day: date) -> Made:
        made = Made()
        for room in rooms:
            made.add(room.day(day))
            for asker in room.askers(day):
                made.requests += invented.keep(store, versions, room.site.name, Asker(*asker), at_ms)
        return made

    return make


def killed(store: Store, configuration: Configuration, days: Days) -> Invented:
    """Return what some days may have left without a record when they were killed."""
    versions = Versions(store.control, configuration.timezone, now_ms)
    rooms = _rooms(store, versions, configuration, days, now_ms())
    every = [days.first + timedelta(days=number) for number in range((days.last - days.first).days + 1)]
    asked = {invented.id_of(Asker(*asker)) for room in rooms for day in every for asker in room.askers(day)}
    recorded = {name for room in rooms for day in every for name in room.recordings(day)}
    return Invented(tuple(_people(rooms, days)), asked, recorded, days.moments)


def _people(rooms: list[Making], days: Days) -> Iterator[Identifier]:
    """Yield what finds each of the people of some days."""
    for room in rooms:
        for one in room.town.people(days.first, days.last):
            yield identifier(IdentifierKind.VISITOR, one.visitor)
            yield identifier(IdentifierKind.EMAIL, one.email)
            yield identifier(IdentifierKind.PHONE, one.phone)


def _rooms(store: Store, versions: Versions, configuration: Configuration, days: Days, at_ms: int) -> list[Making]:
    """Return what makes the days of each website: of the first one most."""
    zone, found = configuration.timezone, []
    for place, site in enumerate(Sites(configuration).all):
        town = Town(days.seed + place, max(1, days.visits // (place + 1)), days.last, zone, pages_of(site))
        found.append(Making(store, versions, site, town, local_date(at_ms, zone), at_ms, pages_with_forms(site.pages)))
    return found
