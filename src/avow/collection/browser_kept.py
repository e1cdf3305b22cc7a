"""What a visitor's own browser keeps for the site: preferences in a cookie, and lists in local storage that are never sent.

Each is a collection point of the policy. A preference is set and given back only while the Rulebook permits it to this visitor;
a yes that was taken back, a no or a signal erases it in the browser with the next answer. Nothing of it is kept here.
Rule: Cal. Civ. Code § 1798.100(a)(1), (3), (c); 11 CCR 7004(b), 7025(c)(1).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from avow.collection.events import NOT_DECLARED, NOT_TEXT, Dropped
from avow.collection.signals import Signals
from avow.definitions import Permit, Refusal, Technology
from avow.policy import CollectionPoint, Rulebook

#: Longest value of a cookie that is set, characters: browsers take 4,096 with name and attributes.
COOKIE_LENGTH: Final = 3800
TOO_MUCH: Final = "the browser's cookie has no room for it"
_VERSION: Final = "v1."

#: What a cookie holds: field -> value and the day on which it was set.
_Held = dict[str, tuple[str, str]]
_HELD: Final = msgspec.json.Decoder(_Held)


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie to set; with no value and no seconds, one to erase."""

    name: str
    value: str
    seconds: int


@dataclass(frozen=True, slots=True)
class List:
    """A key of the browser's local storage: which field it lists, for how many days, or that it is to be erased."""

    key: str
    field: str
    days: int
    max_length: int
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What a browser keeps now, which names it may keep, cookies that change, and what was not kept, with its point, and why."""

    preferences: Mapping[str, str]
    allowed: frozenset[str] = frozenset()
    cookies: tuple[Cookie, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    refused: tuple[tuple[str, Refusal], ...] = ()


class BrowserKept:
    """What the policy lets browsers keep, for one version of it."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._cookies = _points(rulebook, Technology.COOKIE)
        self._lists = _points(rulebook, Technology.LOCAL_STORAGE)

    @property
    def names(self) -> frozenset[str]:
        """The names of the cookies that hold preferences."""
        return frozenset(point.stores[0] for point in self._cookies)

    def read(self, cookies: Mapping[str, Sequence[str]], said: Signals, today: date) -> Kept:
        """Return the preferences that this visitor's browser keeps and may keep; what it may not is to be erased."""
        preferences: dict[str, str] = {}
        allowed: set[str] = set()
        changed: list[Cookie] = []
        for point in self._cookies:
            sent = cookies.get(point.stores[0], [])
            permit = self._permit(point, said, today)
            held = {} if isinstance(permit, Refusal) else self._held(point, permit, sent, today)
            allowed |= frozenset() if isinstance(permit, Refusal) else permit.fields
            preferences |= {name: value for name, (value, _) in held.items()}
            if sent and not held:
                changed.append(Cookie(point.stores[0], "", 0))
        return Kept(preferences, frozenset(allowed), tuple(changed))

    def change(self, given: Mapping[str, object], cookies: Mapping[str, Sequence[str]], said: Signals, today: date) -> Kept:
        """Return what the browser keeps after these preferences are set; None as value forgets one."""
        declared = {name for point in self._cookies for name in point.fields}
        nearest = self._cookies[0].name if self._cookies else ""  # whose declaration the developer will look at
        dropped = [Dropped(nearest, name, NOT_DECLARED) for name in given if name not in declared]
        refused: list[tuple[str, Refusal]] = []
        changed: list[Cookie] = []
        preferences: dict[str, str] = {}
        for point in self._cookies:
            sent, wanted = cookies.get(point.stores[0], []), [name for name in point.fields if name in given]
            permit = self._permit(point, said, today)
            if isinstance(permit, Refusal):
                refused += [(point.name, permit)] if wanted else []
                changed += [Cookie(point.stores[0], "", 0)] if sent else []
                continue
            held = self._held(point, permit, sent, today)
            dropped += self._set(point, permit, held, {name: given[name] for name in wanted}, today)
            preferences |= {name: value for name, (value, _) in held.items()}
            if wanted or (sent and not held):
                changed.append(self._cookie(point, held, today))
        return Kept(preferences, cookies=tuple(changed), dropped=tuple(dropped), refused=tuple(refused))

    def lists(self, said: Signals, today: date) -> tuple[List, ...]:
        """Return the lists in local storage, each with whether this visitor's browser may keep it."""
        found = []
        for point in self._lists:
            permit = self._permit(point, said, today)
            for key, field in zip(point.stores, point.fields, strict=True):
                allowed = isinstance(permit, Permit) and field in permit.fields
                days = (permit.delete_on - today).days if isinstance(permit, Permit) else 0
                found.append(List(key, field, days, self._rulebook.data[field].max_length, allowed))
        return tuple(found)

    def _permit(self, point: CollectionPoint, said: Signals, today: date) -> Permit | Refusal:
        stopped = self._rulebook.stops(said.preferences, said.choices)
        return self._rulebook.permit(point.name, stopped, today, said.consents)

    def _held(self, point: CollectionPoint, permit: Permit, sent: Sequence[str], today: date) -> _Held:
        """Return what a cookie holds that may be kept and whose days are not over; a damaged one holds nothing."""
        held = _read(sent[0]) if sent else {}
        return {
            name: (value, on)
            for name, (value, on) in held.items()
            if name in permit.fields and self._fits(name, value) and self._lasts(point, permit, on, today)
        }

    def _lasts(self, point: CollectionPoint, permit: Permit, on: str, today: date) -> bool:
        try:
            day = date.fromisoformat(on)
        except ValueError:
            return False
        return day <= today < point.retention_for(permit.purposes).due(day)

    def _fits(self, name: str, value: object) -> bool:
        return isinstance(value, str) and len(value) <= self._rulebook.data[name].max_length

    def _set(
        self, point: CollectionPoint, permit: Permit, held: _Held, wanted: Mapping[str, object], today: date
    ) -> list[Dropped]:
        """Put what is wanted into what is held; return what was not put, and why."""
        dropped = []
        for name, value in wanted.items():
            before = held.pop(name, None)
            if value is None or value == "":
                continue
            if name not in permit.fields or not isinstance(value, str) or not self._fits(name, value):
                dropped.append(Dropped(point.name, name, NOT_TEXT if name in permit.fields else NOT_DECLARED))
                held |= {name: before} if before else {}
                continue
            held[name] = (value, today.isoformat())
            if len(_written(held)) > COOKIE_LENGTH:
                del held[name]
                dropped.append(Dropped(point.name, name, TOO_MUCH))
        return dropped

    def _cookie(self, point: CollectionPoint, held: _Held, today: date) -> Cookie:
        """Return the cookie to set: it lives as long as declared, and no longer than what it holds may be kept."""
        if not held:
            return Cookie(point.stores[0], "", 0)
        last = max(point.retention.due(date.fromisoformat(on)) for _, on in held.values())
        days = min((last - today).days, point.cookie_days or 0)
        return Cookie(point.stores[0], _written(held), days * 86_400)


def _points(rulebook: Rulebook, technology: Technology) -> tuple[CollectionPoint, ...]:
    return tuple(one for one in rulebook.points.values() if one.technology is technology and not one.collected_by)


def _written(held: _Held) -> str:
    return _VERSION + base64.urlsafe_b64encode(msgspec.json.encode(held)).decode().rstrip("=")


def _read(value: str) -> _Held:
    """Return what a cookie's value holds; nothing for one that is not ours or damaged."""
    if not value.startswith(_VERSION) or len(value) > COOKIE_LENGTH:
        return {}
    text = value.removeprefix(_VERSION)
    try:
        return _HELD.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return {}
