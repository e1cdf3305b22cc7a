"""What came late of somebody who had it deleted by named collection points: it was collected before, and stays away.

Rule: 11 CCR 7022(b)(1), (d), (h). Why: decision 0089.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from avow.definitions import Event, EventBatch, IdentifierKind, MailEvent, Record, Recording, identifier
from avow.store.store import Store

#: Until when what was collected of a visitor, or a reader's address, at a point is deleted.
Deleted = Mapping[tuple[str, str], int]


def deleted(store: Store, records: Iterable[Record]) -> Deleted:
    """Return what of the browsers and readers of these records is deleted, in one look; nothing where nobody named a point."""
    if not store.vault.named.is_any():
        return {}
    points: dict[tuple[IdentifierKind, str], set[str]] = {}
    for one in records:
        if isinstance(one, EventBatch):
            points.setdefault((IdentifierKind.VISITOR, one.visitor), set()).update(one.terms)
        elif isinstance(one, MailEvent) and one.email:
            points.setdefault((IdentifierKind.EMAIL, one.email), set()).add(one.point)
        elif isinstance(one, Event | Recording):
            points.setdefault((IdentifierKind.VISITOR, one.visitor), set()).add(one.point)
    people = {identifier(kind, value): (value, named) for (kind, value), named in points.items() if value}
    asked: dict[tuple[bytes, str], str] = {}
    for person, subjects in store.vault.each_subjects_of(people).items():
        value, named = people[person]
        asked |= {(subject, point): value for subject in subjects for point in named}
    found: dict[tuple[str, str], int] = {}
    for (subject, point), until_ms in store.vault.named.until(asked).items():
        key = (asked[subject, point], point)
        found[key] = max(found.get(key, 0), until_ms)
    return found


def whose(record: Event | EventBatch | Recording) -> str:
    """Return by what `deleted` names the person of a record."""
    return record.email if isinstance(record, MailEvent) and record.email else record.visitor
