"""The demonstration of days that are over, wired: invented visits and consumer requests, day by day, into the stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

from avow.collection.invented.making import Made, Making, pages_of
from avow.collection.invented.visits import Town
from avow.config import Configuration
from avow.definitions import Identifier, IdentifierKind, Refusal, StoreUnavailable, identifier, local_date, now_ms
from avow.gate import demonstrated
from avow.gate.demonstrated import Days, Wanted
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.rights import invented
from avow.rights.invented import Asker
from avow.store.holdings import Counts, Invented
from avow.store.store import Store
from avow.web.site import pages_with_forms


def invent(
    store: Store,
    versions: Versions,
    configuration: Configuration,
    wanted: Wanted,
    begun: Callable[[Days], None],
    progress: Callable[[int], None],
) -> Made | Refusal:
    """Make the days, one by one, and go on behind the last whole one of what was interrupted; a Refusal where they are there.

    Raises StoreUnavailable, which says whether the disk is full and how to go on.
    """
    with demonstrated.alone(configuration.run) as is_alone:
        if not is_alone:
            return demonstrated.BUSY
        at_ms, made = now_ms(), Made()
        days = demonstrated.begin(store, wanted, local_date(at_ms, configuration.timezone), at_ms)
        if isinstance(days, Refusal):
            return days
        begun(days)
        rooms = [_room(store, versions, configuration, days, place, at_ms) for place in range(len(configuration.sites))]

        def make(day: date) -> None:
            for room in rooms:
                made.add(room.day(day))
                for asker in room.askers(day):
                    made.requests += invented.keep(store, versions, room.site.name, Asker(*asker), at_ms)

        try:
            demonstrated.each_day(store, days, at_ms, make, progress)
        except (StoreUnavailable, OSError) as error:
            raise demonstrated.stopped(store, error, configuration.data, days) from error
        return made


def remove(store: Store, configuration: Configuration) -> Counts | Refusal:
    """Remove everything that is marked as demonstration, while nobody makes any."""
    with demonstrated.alone(configuration.run) as is_alone:
        return demonstrated.remove(store, partial(_killed, store, configuration), now_ms()) if is_alone else demonstrated.BUSY


def _killed(store: Store, configuration: Configuration, days: Days) -> Invented:
    """Return what some days may have left without a record when they were killed."""
    versions, at_ms = Versions(store.control, configuration.timezone, now_ms), now_ms()
    asked: set[str] = set()
    recorded: set[str] = set()
    for place in range(len(configuration.sites)):
        room, day = _room(store, versions, configuration, days, place, at_ms), days.first
        while day <= days.last:
            asked.update(invented.id_of(Asker(*asker)) for asker in room.askers(day))
            recorded.update(room.recordings(day))
            day += timedelta(days=1)
    return Invented(tuple(_people(configuration, days)), asked, recorded, days.moments)


def _people(configuration: Configuration, days: Days) -> Iterator[Identifier]:
    """Yield what finds each of the people of some days."""
    for place in range(len(configuration.sites)):
        for one in _town(configuration, days, place).people(days.first, days.last):
            yield identifier(IdentifierKind.VISITOR, one.visitor)
            yield identifier(IdentifierKind.EMAIL, one.email)
            yield identifier(IdentifierKind.PHONE, one.phone)


def _town(configuration: Configuration, days: Days, place: int) -> Town:
    """Return who may come to a website: to the first one most."""
    pages = pages_of(Sites(configuration).all[place])
    return Town(days.seed + place, max(1, days.visits // (place + 1)), days.last, configuration.timezone, pages)


def _room(store: Store, versions: Versions, configuration: Configuration, days: Days, place: int, at_ms: int) -> Making:
    """Return what makes the days of one website."""
    site, town = Sites(configuration).all[place], _town(configuration, days, place)
    today = local_date(at_ms, configuration.timezone)
    return Making(store, versions, site, town, today, at_ms, pages_with_forms(site.pages))
