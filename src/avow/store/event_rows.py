"""Between events and the rows of the table `events`, and back again. No I/O; keys come as arguments.

Nearly everything that is stored comes through here, some thousand times a second: what the events of one HTTP request
share is worked out once, for their group.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

import msgspec

from avow.definitions import AfterRetention, Event, EventBatch, Identifier, IdentifierKind, MailEvent, Terms, identifier
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
#: Declared fields that are numbers in a column -> the column and its largest value.
_NUMBERS: Final = {"status": ("status", 0xFFFF), "bytes": ("bytes", 0xFFFFFFFFFFFFFFFF)}
_EVENT_AAD: Final = b"event"
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
        return bool(terms.known_sealed) or any(one.get(name) for name in terms.sealed for one in self.sent)

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
    terms = Terms(
        rulebook_id=event.rulebook_id,
        delete_on=event.delete_on,
        then=event.then,
        recognises=bool(owner),
        sealed=[],
        known=event.fields,
        known_sealed=event.sealed,
    )
    batch = EventBatch(
        record_id=event.record_id,
        collected_ms=event.collected_ms,
        site=event.site,
        visitor=event.visitor,
        visit=event.visit,
        robot=event.robot,
        demonstration=event.demonstration,
        terms={event.point: terms},
        events=[{"point": event.point}],
    )
    return Group(owner, event.collected_ms, batch, event.point, event.name, (int(event.record_id, 16),), batch.events)


@lru_cache(maxsize=4096)
def visitor(visitor_id: str) -> frozenset[Identifier]:
    """Return whom a visitor id finds, nobody for none; one visitor's events stand together in a batch."""
    return frozenset([identifier(IdentifierKind.VISITOR, visitor_id)]) if visitor_id else NOBODY


def rows(group: Group, subject: bytes, seal: Callable[[dict[str, str]], str]) -> Iterator[EventRow]:
    """Yield the rows of a group; `seal` makes the text of the column `sealed` of an event's sealed fields."""
    batch, terms = group.batch, group.terms
    number_of_subject, due = int.from_bytes(subject, "big"), _days(terms.delete_on)
    for number, sent in zip(group.numbers, group.sent, strict=True):
        fields = {**sent, "point": "", **terms.known}
        take = fields.pop
        sealed = terms.known_sealed
        if terms.sealed:
            sealed = {**sealed, **{name: value for name in terms.sealed if (value := take(name, ""))}}
        yield EventRow(  # in the order of its fields: this runs once for every event that is stored
            number,
            batch.collected_ms,
            batch.site,
            group.point,
            terms.rulebook_id,
            group.name,
            take("page", ""),
            take("referrer", ""),
            take("campaign", ""),
            take("browser", ""),
            take("operating-system", ""),
            take("device-type", ""),
            take("language", ""),
            _number(fields, "status") if "status" in fields else 0,
            _number(fields, "bytes") if "bytes" in fields else 0,
            take("method", ""),
            {name: value for name, value in fields.items() if value},
            number_of_subject,
            batch.visit,
            seal(sealed) if sealed else "",
            int(batch.robot),
            int(batch.demonstration),
            due,
            terms.then.value,
        )


def _number(fields: dict[str, str], name: str) -> int:
    """Take a number that has a column out of the fields; 0, and it stays among them, when it is none."""
    text, (_, largest) = fields[name], _NUMBERS[name]
    if text.isascii() and text.isdigit() and int(text) <= largest:
        del fields[name]
        return int(text)
    return 0


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


def held_event(row: Mapping[str, Any], key_of: Callable[[bytes], bytes | None]) -> HeldEvent | None:  # Any: columns
    """Return the event of a row of `find_events`, unsealed; None when its person's key is gone."""
    key = key_of(row["subject"].bytes)
    if key is None:
        return None
    fields = {field: row[column] for field, column in COLUMNS.items() if row[column]}
    fields |= {field: str(row[column]) for field, (column, _) in _NUMBERS.items() if row[column]}
    fields |= row["props"]
    if row["sealed"]:
        plain_bytes = sealing.unseal_alike(key, base64.b64decode(row["sealed"]), _EVENT_AAD)
        fields |= msgspec.json.decode(plain_bytes, type=dict[str, str])
    return HeldEvent(
        record_id=row["record_id"].hex,
        collected_ms=row["collected_ms"],
        site=row["site"],
        point=row["point"],
        rulebook_id=row["rulebook_id"],
        name=row["name"],
        fields=fields,
        delete_on=date.fromisoformat(row["delete_on"]),
        then=AfterRetention(row["then"]),
        robot=bool(row["robot"]),
        demonstration=bool(row["demonstration"]),
    )
