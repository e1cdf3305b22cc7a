"""Records written all at once; where that does not go, half by half, until what does not go is alone, and is set aside.

A record that the store does not take (a moment that no calendar holds, a value that no column takes) would otherwise be the
head of its queue for ever. Set aside it is sealed, and goes on the day of its own permit, with the deletion of its person, or
when it is taken at last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import msgspec

from avow.definitions import (
    EventBatch,
    Identifier,
    IdentifierKind,
    MailEvent,
    Recording,
    Signalled,
    Spooled,
    Submission,
    identifier,
    moment,
)
from avow.store.aside import DRAIN, Aside
from avow.store.control.set_aside import SetAside

#: Records set aside that are tried again in one round.
AGAIN: Final = 100
#: How long a record is kept whose own day cannot be read, days.
NO_DAY: Final = 30
_ID_LENGTH: Final = 32
#: The digits of an id that count on within a batch (`definitions.RecordIds`).
_COUNTED: Final = 8

Decode = Callable[[Iterable[bytes]], Iterable[Spooled]]


@dataclass(frozen=True, slots=True)
class OneByOne:
    """A sink around another one, `keep`, for records of this moment."""

    keep: Callable[[Sequence[Spooled]], object]
    aside: Aside
    now_ms: int

    def write(self, records: Sequence[Spooled]) -> None:
        """Keep the records, and set aside those that cannot be kept. Raises StoreUnavailable: then write all of them again."""
        failure, _ = self.aside.tried(lambda: self.keep(records))
        if not failure:
            return
        halves = _halves(records)
        for half in halves:
            self.write(half)
        if not halves:
            self._put(records[0], failure)

    def again(self, decode: Decode) -> None:
        """Try what was set aside and is due; `decode` reads records as the spool holds them."""
        for row in self.aside.due(DRAIN, self.now_ms, AGAIN):
            content = self.aside.content(row)

            def keep(content: bytes | None = content) -> None:
                if content is not None:
                    self.keep(list(decode([content])))

            failure, _ = self.aside.tried(keep)
            if failure:
                self.aside.put(DRAIN, row.item, failure, self.now_ms)
            else:
                self.aside.handled(DRAIN, row.item)

    def _put(self, record: Spooled, failure: str) -> None:
        """Set one record aside."""
        is_id = _is_id(record.record_id)
        name = record.record_id if is_id else hashlib.blake2b(record.record_id.encode(), digest_size=16).hexdigest()
        self.aside.put(
            DRAIN,
            name,
            failure,
            self.now_ms,
            msgspec.msgpack.encode(record),
            site=record.site,
            delete_on=_last_day(record, self.now_ms),
            is_demonstration=record.demonstration,
        )


@dataclass(frozen=True, slots=True)
class Followed:
    """Fits `collection.drain.Sink` for what comes without the spool, as followed logs do."""

    keep: Callable[[Sequence[Spooled]], object]
    aside: Aside
    now_ms: Callable[[], int]

    def write(self, records: Sequence[Spooled]) -> Sequence[Recording]:
        """Keep the records, none a chunk of a recording; set aside what does not go. Raises StoreUnavailable, as `keep` does."""
        OneByOne(self.keep, self.aside, self.now_ms()).write(records)
        return ()


def set_aside_of(
    aside: Aside, people: Collection[Identifier], decode: Decode, points: Collection[str] | None = None
) -> list[SetAside]:
    """Return what is set aside of these people, and what nobody can read and so may be theirs.

    `points`: what came by these collection points alone; None for all.
    """
    wanted = frozenset(people)

    def is_meant(record: Spooled) -> bool:
        return not wanted.isdisjoint(_people(record)) and (points is None or not _points(record).isdisjoint(points))

    def is_theirs(content: bytes | None) -> bool:
        if content is None:
            return True
        try:
            return any(is_meant(record) for record in decode([content]))
        except (msgspec.DecodeError, ValueError):
            return True

    return [row for row, content in aside.contents(DRAIN) if is_theirs(content)]


def _people(record: Spooled) -> set[Identifier]:
    """Return anyone who a record names."""
    if isinstance(record, Submission):
        return set(record.people)
    found = {identifier(IdentifierKind.VISITOR, record.visitor)} if record.visitor else set()
    if isinstance(record, MailEvent) and record.email:
        found.add(identifier(IdentifierKind.EMAIL, record.email))
    return found


def _points(record: Spooled) -> set[str]:
    """Return the collection points by which a record came; none for a signal, which is no record of a point."""
    if isinstance(record, Signalled):
        return set()
    return set(record.terms) if isinstance(record, EventBatch) else {record.point}


def _is_id(text: str) -> bool:
    """Return whether this is a record's id as one is made, which names nobody."""
    return len(text) == _ID_LENGTH and set(text) <= set("0123456789abcdef")


def _last_day(record: Spooled, now_ms: int) -> date:
    """Return the day on which a record that is set aside goes; early where its own day cannot be read."""
    try:
        return min(map(date.fromisoformat, _days(record)))
    except ValueError:
        return moment(now_ms).date() + timedelta(days=NO_DAY)


def _days(record: Spooled) -> list[str]:
    """Return the days on which what a record holds goes; none for a signal, which has no day of its own."""
    if isinstance(record, Signalled):
        return []
    return [one.delete_on for one in record.terms.values()] if isinstance(record, EventBatch) else [record.delete_on]


def _halves(records: Sequence[Spooled]) -> tuple[Sequence[Spooled], ...]:
    """Return the two halves of records, a batch of events taken apart too; () for what cannot be halved."""
    if len(records) > 1:
        return records[: len(records) // 2], records[len(records) // 2 :]
    one = records[0]
    if not isinstance(one, EventBatch) or len(one.events) < 2 or not _is_id(one.record_id):  # noqa: PLR2004 - a half has one at least
        return ()
    middle = len(one.events) // 2
    number = int(one.record_id[-_COUNTED:], 16) + middle
    second = f"{one.record_id[:-_COUNTED]}{number:0{_COUNTED}x}"
    replace = msgspec.structs.replace
    return [replace(one, events=one.events[:middle])], [replace(one, record_id=second, events=one.events[middle:])]
