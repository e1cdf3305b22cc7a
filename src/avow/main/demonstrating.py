"""The demonstration of days that are over, wired: invented visits and consumer requests, day by day, into the stores."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from avow.collection.invented.making import Made, Making, pages_of
from avow.collection.invented.visits import Town
from avow.config import Configuration
from avow.definitions import Identifier, IdentifierKind, Refusal, identifier, local_date, now_ms
from avow.gate import demonstrated
from avow.gate.demonstrated import Days
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.rights import invented
from avow.rights.invented import Asker
from avow.store.holdings import Counts, Invented
from avow.store.store import Store
from avow.web.site import pages_with_forms

_RULE: Final = "docs/decisions/0095"
_BUSY: Final = Refusal("another “avow demo” makes or removes invented days at this moment", _RULE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many days until today, how many visits on an ordinary day of each website, and which: the same for the same seed."""

    days: int
    visits: int
    seed: int


def invent(
    store: Store,
    versions: Versions,
    configuration: Configuration,
    wanted: Wanted,
    begun: Callable[[Days], None],
    progress: Callable[[int], None],
) -> Made | Refusal:
    """Make the days, one by one, and go on behind the last whole one of what was interrupted; a Refusal where they are there."""
    with _alone(configuration.run) as is_alone:
        if not is_alone:
            return _BUSY
        days = demonstrated.begun(store)
        if days is not None and days.is_whole:
            reason = f"there are invented days already, {days.first} to {days.last}; remove them first: avow demo --remove"
            return Refusal(reason, _RULE)
        at_ms = now_ms()
        today = local_date(at_ms, configuration.timezone)
        if days is None:
            days = Days(wanted.seed, wanted.visits, today - timedelta(days=wanted.days - 1), today)
            demonstrated.begin(store, days, at_ms)
        days = msgspec.structs.replace(days, moments=(*days.moments, at_ms))
        demonstrated.note(store, days)
        begun(days)
        made = Made()
        rooms = [_room(store, versions, configuration, days, place, at_ms) for place in range(len(configuration.sites))]
        day = days.first if days.done is None else days.done + timedelta(days=1)
        while day <= days.last:
            for room in rooms:
                made.add(room.day(day))
                for asker in room.askers(day):
                    made.requests += invented.keep(store, versions, room.site.name, Asker(*asker), at_ms)
            days, day = msgspec.structs.replace(days, done=day), day + timedelta(days=1)
            demonstrated.note(store, days)
            progress(1)
        return made


def remove(store: Store, configuration: Configuration) -> Counts | Refusal:
    """Remove everything that is marked as demonstration, while nobody makes any."""
    with _alone(configuration.run) as is_alone:
        return demonstrated.remove(store, partial(_killed, store, configuration), now_ms()) if is_alone else _BUSY


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


@contextmanager
def _alone(run: Path) -> Iterator[bool]:
    """Hold the lock of the demonstration; False where another process has it."""
    with (run / "demonstration.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
