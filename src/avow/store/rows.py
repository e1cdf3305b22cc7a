"""Between records and rows: what is sealed, under which key, and back again. No I/O; keys come as arguments."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag

from avow.definitions import (
    AfterRetention,
    Event,
    Identifier,
    IdentifierKind,
    MailEvent,
    Record,
    Recording,
    StoredFile,
    Submission,
    identifier,
    moment,
)
from avow.store import sealing
from avow.store.control.submissions import SealedSubmission
from avow.store.events import EventRow
from avow.store.holdings import HeldEvent, HeldSubmission

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


class _Content(msgspec.Struct, frozen=True):
    """What is inside a sealed submission."""

    fields: dict[str, str]
    identifiers: dict[str, str]
    purposes: list[str]
    dropped: list[str]
    files: list[StoredFile] = []


def identifiers_of(record: Record) -> frozenset[Identifier]:
    """Return who a record belongs to."""
    if isinstance(record, MailEvent):
        return frozenset([identifier(IdentifierKind.EMAIL, record.email)] if record.email else [])
    if isinstance(record, Event | Recording):
        return _visitor(record.visitor) if record.visitor else NOBODY
    return frozenset(identifier(IdentifierKind(kind), value) for kind, value in record.identifiers.items() if value)


@lru_cache(maxsize=4096)
def _visitor(visitor: str) -> frozenset[Identifier]:
    """Return whom a visitor id finds; one visitor's events stand together in a batch."""
    return frozenset([identifier(IdentifierKind.VISITOR, visitor)])


def day_key(record: Record) -> str:
    """Return the name of the key of the record's own day and point, for what belongs to nobody known."""
    return f"{record.point}/{moment(record.collected_ms).date().isoformat()}"


def plain(fields: Mapping[str, str]) -> bytes:
    """Return fields as the bytes that are sealed; equal fields give equal bytes."""
    return msgspec.json.encode(fields, order="sorted")


def seal_fields(key: bytes, fields: bytes) -> str:
    """Return the text of the column `sealed` for an event's fields."""
    return base64.b64encode(sealing.seal_alike(key, fields, _EVENT_AAD)).decode()


def event_row(event: Event, subject: bytes, sealed: str) -> EventRow:
    """Return the row of an event; `sealed` is what `seal_fields` made of its sealed fields, "" for none."""
    field = event.fields.get
    numbers, props = _numbers(event.fields)
    return EventRow(  # in the order of its fields: this runs once for every event that is stored
        int(event.record_id, 16),
        event.collected_ms,
        event.site,
        event.point,
        event.rulebook_id,
        event.name,
        field("page", ""),
        field("referrer", ""),
        field("campaign", ""),
        field("browser", ""),
        field("operating-system", ""),
        field("device-type", ""),
        field("language", ""),
        numbers.get("status", 0),
        numbers.get("bytes", 0),
        field("method", ""),
        props,
        int.from_bytes(subject, "big"),
        event.visit,
        sealed,
        int(event.robot),
        int(event.demonstration),
        _day(event.delete_on),
        event.then.value,
    )


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    """Return a date; a batch has few different ones."""
    return date.fromisoformat(text)


def held_event(row: Mapping[str, Any], key_of: Callable[[bytes], bytes | None]) -> HeldEvent | None:  # Any: columns
    """Return the event of a row of `find_events`, unsealed; None when its person's key is gone."""
    key = key_of(row["subject"].bytes)
    if key is None:
        return None
    fields = {field: row[column] for field, column in COLUMNS.items() if row[column]}
    fields |= {field: str(row[column]) for field, (column, _) in _NUMBERS.items() if row[column]}
    fields |= row["props"]
    if row["sealed"]:
        plain = sealing.unseal_alike(key, base64.b64decode(row["sealed"]), _EVENT_AAD)
        fields |= msgspec.json.decode(plain, type=dict[str, str])
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


def sealed_submission(submission: Submission, key: bytes, name_of_day_key: str) -> SealedSubmission:
    """Return the row of a submission, every field sealed and bound to its record id."""
    content = _Content(submission.fields, submission.identifiers, submission.purposes, submission.dropped, submission.files)
    return SealedSubmission(
        record_id=submission.record_id,
        reference=submission.reference,
        collected_ms=submission.collected_ms,
        site=submission.site,
        point=submission.point,
        rulebook_id=submission.rulebook_id,
        sealed=sealing.seal(key, msgspec.json.encode(content), submission.record_id.encode()),
        day_key=name_of_day_key,
        delete_on=date.fromisoformat(submission.delete_on),
        then=submission.then,
        demonstration=submission.demonstration,
    )


def held_submission(row: SealedSubmission, keys: Iterable[bytes | None]) -> HeldSubmission | None:
    """Return a submission, unsealed with the keys of all its people; None when one of them is gone."""
    content = _Content({}, {}, [], [])
    if row.sealed:
        present = [key for key in keys if key is not None]
        try:
            plain = sealing.unseal(sealing.joint_key(present), row.sealed, row.record_id.encode()) if present else None
        except InvalidTag:  # one of several keys was destroyed: as unreadable as with none
            plain = None
        if plain is None:
            return None
        content = msgspec.json.decode(plain, type=_Content)
    return HeldSubmission(
        record_id=row.record_id,
        reference=row.reference,
        collected_ms=row.collected_ms,
        site=row.site,
        point=row.point,
        rulebook_id=row.rulebook_id,
        fields=content.fields,
        identifiers=content.identifiers,
        purposes=tuple(content.purposes),
        dropped=tuple(content.dropped),
        delete_on=row.delete_on,
        then=row.then,
        state=row.state,
        demonstration=row.demonstration,
        files=tuple(content.files),
        decision=row.decision,
    )


def _numbers(fields: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """Return the numbers that have a column, and the readable fields without one; a number that is none is among these."""
    rest = {name: value for name, value in fields.items() if name not in COLUMNS}
    numbers: dict[str, int] = {}
    for name in _NUMBERS.keys() & rest.keys():
        column, largest = _NUMBERS[name]
        if rest[name].isascii() and rest[name].isdigit() and int(rest[name]) <= largest:
            numbers[column] = int(rest.pop(name))
    return numbers, rest
