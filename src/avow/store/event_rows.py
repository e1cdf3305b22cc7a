"""Between events and the rows of the table `events`, and back again. No I/O; keys come as arguments.

Nearly everything that is stored comes through here, some thousand times a second: what the events of one HTTP request
share is worked out once, for their group.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import msgspec

from avow.definitions import (
    AfterRetention,
    Event,
    EventBatch,
    Identifier,
    IdentifierKind,
    MailEvent,
    Terms,
    after_retention,
    identifier,
)
from avow.store import sealing
from avow.store.events import EventRow
from avow.store.holdings import HeldEvent

#: Declared fields with a column of their own -> the column; every other readable field goes into `props`.
COLUMNS: Final = {
    "page": "page",
    "referrer": "referrer",
    "campaign": "campaign",
    "browser": "browser",
    "operating-system": "system",
    "device-type": "device",
    "language": "language",
    "method": "method",
}
#: Declared fields that are numbers in a column of the same name -> its largest value.
_NUMBERS: Final = {"status": 0xFFFF, "bytes": 0xFFFFFFFFFFFFFFFF}
_EVENT_AAD: Final = b"event"
#: Digits of the largest number; Python refuses to read some thousand.
_DIGITS: Final = 20
#: The owners of a record of nobody known.
NOBODY: Final[frozenset[Identifier]] = frozenset()


class Group(msgspec.Struct, frozen=True, gc=False):
    """Events of one owner and one point that came together: their batch, its terms for them, their numbers and own fields."""

    owner: frozenset[Identifier]
    collected_ms: int
    batch: EventBatch
    point: str
    name: str
    numbers: Sequence[int]
    sent: Sequence[dict[str, str]]

    @property
    def terms(self) -> Terms:
        """Return what the permit says of these events."""
        return self.batch.terms[self.point]

    @property
    def has_sealed(self) -> bool:
        """Return whether any field of these events is sealed."""
        terms = self.terms
        return bool(terms.known_sealed or (terms.sealed and any(one.get(name) for name in terms.sealed for one in self.sent)))

    def without(self, numbers: frozenset[int]) -> Group | None:
        """Return the events with other numbers than these; None when none is left."""
        left = [pair for pair in zip(self.numbers, self.sent, strict=True) if pair[0] not in numbers]
        if not left:
            return None
        return msgspec.structs.replace(self, numbers=[number for number, _ in left], sent=[sent for _, sent in left])


def groups(record: Event | EventBatch) -> Iterator[Group]:
    """Yield the events of a record, those of one owner and point together."""
    if isinstance(record, Event):
        yield _single(record)
        return
    first = int(record.record_id, 16)
    if len(record.terms) == 1:
        yield _group(record, next(iter(record.terms)), range(first, first + len(record.events)), record.events)
        return
    for point in record.terms:
        places = [place for place, event in enumerate(record.events) if event["point"] == point]
        yield _group(record, point, [first + place for place in places], [record.events[place] for place in places])


def _group(batch: EventBatch, point: str, numbers: Sequence[int], sent: Sequence[dict[str, str]]) -> Group:
    """Return the group of a batch's events of one point."""
    owner = visitor(batch.visitor) if batch.terms[point].recognises else NOBODY
    return Group(owner, batch.collected_ms, batch, point, point, numbers, sent)


def _single(event: Event) -> Group:
    """Return the group of an event that came alone: a batch of one."""
    if isinstance(event, MailEvent):
        owner = frozenset([identifier(IdentifierKind.EMAIL, event.email)]) if event.email else NOBODY
    else:
        owner = visitor(event.visitor)
    terms = _terms(event.rulebook_id, event.delete_on, event.then, tuple(event.sealed))
    batch = EventBatch(
        record_id=event.record_id,
        collected_ms=event.collected_ms,
        site=event.site,
        visitor=event.visitor,
        visit=event.visit,
        robot=event.robot,
        demonstration=event.demonstration,
        terms={event.point: terms},
        events=[{**event.fields, **event.sealed}],
    )
    return Group(owner, event.collected_ms, batch, event.point, event.name, (int(event.record_id, 16),), batch.events)


@lru_cache(maxsize=4096)
def _terms(rulebook_id: str, delete_on: str, then: AfterRetention, sealed: tuple[str, ...]) -> Terms:
    """Return the terms of events that came alone, one object for equal ones; what they say is theirs, and nothing is known."""
    return Terms(
        rulebook_id=rulebook_id,
        delete_on=delete_on,
        then=then,
        recognises=False,
        sealed=list(sealed),
        known={},
        known_sealed={},
    )


@lru_cache(maxsize=4096)
def visitor(visitor_id: str) -> frozenset[Identifier]:
    """Return whom a visitor id finds, nobody for none; one visitor's events stand together in a batch."""
    return frozenset([identifier(IdentifierKind.VISITOR, visitor_id)]) if visitor_id else NOBODY


class RowMaker:
    """Makes the rows of one write. What all events under the same terms have in common is worked out once: their pattern.

    `seal` makes the text of the column `sealed` of an event's sealed fields, under a key.
    """

    def __init__(self, seal: Callable[[bytes, dict[str, str]], str]) -> None:
        self._seal = seal
        self._patterns: dict[tuple[int, str, str, str], _Pattern] = {}

    def rows(self, group: Group, subject: bytes, key: bytes) -> Iterator[EventRow]:
        """Yield the rows of a group; `key` is used when a field of it is sealed."""
        batch, terms = group.batch, group.terms
        named = (id(terms), batch.site, group.point, group.name)
        pattern = self._patterns.get(named)
        if pattern is None:  # it holds the terms, so that no others get their id
            pattern = self._patterns[named] = _pattern(group)
        number_of_subject = int.from_bytes(subject, "big")
        for number, sent in zip(group.numbers, group.sent, strict=True):
            row, props, sealed = pattern.row.copy(), {}, {}  # type: list[Any], dict[str, str], dict[str, str]
            for name, value in sent.items():
                if name in pattern.sealed:
                    sealed[name] = value
                elif name not in pattern.known:
                    _put(row, props, name, value)
            if props:
                row[_PROPS] = {**props, **row[_PROPS]}
            if sealed or terms.known_sealed:
                sealed = {**terms.known_sealed, **{name: value for name, value in sealed.items() if value}}
                row[_SEALED] = self._seal(key, sealed) if sealed else ""
            row[_RECORD_ID], row[_TIME], row[_SUBJECT], row[_VISIT] = number, batch.collected_ms, number_of_subject, batch.visit
            row[_ROBOT], row[_DEMONSTRATION] = int(batch.robot), int(batch.demonstration)
            yield EventRow._make(row)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What rows under the same terms have in common; `known`: fields that the server itself gives, which no event may."""

    terms: Terms
    row: list[Any]  # Any: each column's own type
    known: frozenset[str]
    sealed: frozenset[str]


_PLACE: Final = {name: place for place, name in enumerate(EventRow._fields)}
_FIELD_PLACES: Final = {name: _PLACE[column] for name, column in COLUMNS.items()}
_RECORD_ID, _TIME, _SUBJECT, _VISIT = (_PLACE[name] for name in ("record_id", "time", "subject", "visit"))
_PROPS, _SEALED, _ROBOT, _DEMONSTRATION = (_PLACE[name] for name in ("props", "sealed", "robot", "demonstration"))


def _pattern(group: Group) -> _Pattern:
    """Return the pattern of rows like those of a group."""
    terms, props = group.terms, {}  # type: Terms, dict[str, str]
    row: list[Any] = list(  # Any: as above
        EventRow(
            record_id=0,
            time=0,
            site=group.batch.site,
            point=group.point,
            rulebook_id=terms.rulebook_id,
            name=group.name,
            page="",
            referrer="",
            campaign="",
            browser="",
            system="",
            device="",
            language="",
            status=0,
            bytes=0,
            method="",
            props=props,
            subject=0,
            visit=0,
            sealed="",
            robot=0,
            demonstration=0,
            delete_on=_days(terms.delete_on),
            then=terms.then.value,
        )
    )
    for name, value in terms.known.items():
        _put(row, props, name, value)
    return _Pattern(terms, row, frozenset(terms.known) | {"point"}, frozenset(terms.sealed))


def _put(row: list[Any], props: dict[str, str], name: str, value: str) -> None:  # Any: as above
    """Put a field into its column, or else among `props`; an empty one has no value there."""
    place = _FIELD_PLACES.get(name)
    if place is not None:
        row[place] = value
    elif name in _NUMBERS and (number := _number(name, value)) is not None:
        row[_PLACE[name]] = number
    elif value:
        props[name] = value


def _number(name: str, text: str) -> int | None:
    """Return a number that its column can hold; None when the text is none."""
    is_number = len(text) <= _DIGITS and text.isascii() and text.isdigit() and int(text) <= _NUMBERS[name]
    return int(text) if is_number else None


@lru_cache(maxsize=4096)
def _days(text: str) -> int:
    """Return a date as days since 1970; a batch has few different ones."""
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def plain(fields: Mapping[str, str]) -> bytes:
    """Return fields as the bytes that are sealed; equal fields give equal bytes."""
    return msgspec.json.encode(fields, order="sorted")


def seal_fields(key: bytes, fields: bytes) -> str:
    """Return the text of the column `sealed` for an event's fields."""
    return base64.b64encode(sealing.seal_alike(key, fields, _EVENT_AAD)).decode()


def unsealed(sealed: str, key: bytes) -> dict[str, str]:
    """Return the fields that a text of the column `sealed` holds."""
    plain_bytes = sealing.unseal_alike(key, base64.b64decode(sealed), _EVENT_AAD)
    return msgspec.json.decode(plain_bytes, type=dict[str, str])


def held_event(row: Mapping[str, Any], key_of: Callable[[bytes], bytes | None]) -> HeldEvent | None:  # Any: columns
    """Return the event of a row of `find_events`, unsealed; None when its person's key is gone."""
    key = key_of(row["subject"].bytes)
    if key is None:
        return None
    fields = {field: row[column] for field, column in COLUMNS.items() if row[column]}
    fields |= {field: str(row[field]) for field in _NUMBERS if row[field]}
    fields |= row["props"]
    if row["sealed"]:
        fields |= unsealed(row["sealed"], key)
    return HeldEvent(
        record_id=row["record_id"].hex,
        collected_ms=row["collected_ms"],
        site=row["site"],
        point=row["point"],
        rulebook_id=row["rulebook_id"],
        name=row["name"],
        fields=fields,
        delete_on=date.fromisoformat(row["delete_on"]),
        then=after_retention(row["then"]),
        robot=bool(row["robot"]),
        demonstration=bool(row["demonstration"]),
    )
