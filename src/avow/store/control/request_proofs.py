"""What a consumer request has of its verification, sealed: marks of what its person typed rightly, and what they signed.

    matches      keyed hashes of the values that were right, under the request's key: they go with its contact (11 CCR 7060(d))
    declaration  what was signed under penalty of perjury, under a key of its own: it is kept with the record (11 CCR 7062(c))
    decision     the reason of a member of staff who knows who asks, under the same key
    codes        how many wrong codes were typed to follow the request, and when the last: two numbers, which nothing seals

What was typed wrongly is never written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select

from avow.store.control.database import Transaction, alone
from avow.store.control.tables import consumer_requests, request_askers, request_proofs

MATCHES: Final = "matches"
DECLARATION: Final = "declaration"
DECISION: Final = "decision"
CODES: Final = "codes"
#: The id of no request: under it are counted the codes that are typed with a reference which nobody has.
NOBODYS: Final = "0" * 24


def put(tx: Transaction, request_id: str, sealed: Mapping[str, bytes]) -> None:
    """Keep what is sealed, by what it is, in the place of what was kept of it before."""
    own = request_proofs.c
    for what, content in sealed.items():
        tx.execute(delete(request_proofs).where(own.request_id == request_id, own.what == what))
        tx.execute(insert(request_proofs).values(request_id=request_id, what=what, sealed=content))


def of_request(tx: Transaction, request_id: str) -> dict[str, bytes]:
    """Return what is kept of a request, by what it is."""
    own = request_proofs.c
    rows = tx.execute(select(own.what, own.sealed).where(own.request_id == request_id))
    return {what: sealed for what, sealed in rows}  # noqa: C416 - a row is no pair to `dict`


def forget_matches(tx: Transaction, request_id: str) -> None:
    """Remove what was collected to verify, but what was signed and decided. Rule: 11 CCR 7060(d), 7062(c)."""
    own = request_proofs.c
    tx.execute(delete(request_proofs).where(own.request_id == request_id, own.what == MATCHES))


def wrong_codes(tx: Transaction, request_id: str) -> tuple[int, int]:
    """Return how many wrong codes were counted of a request, and the moment of the last one; nobody else counts meanwhile."""
    alone(tx, "codes of a request", request_id)
    found = of_request(tx, request_id).get(CODES, b"0 0").split()
    return int(found[0]), int(found[1])


def count_codes(tx: Transaction, request_id: str, wrong: int, at_ms: int) -> None:
    """Keep how many wrong codes are counted of a request, and the moment of the last one."""
    put(tx, request_id, {CODES: f"{wrong} {at_ms}".encode()})


def note_asker(tx: Transaction, request_id: str, mark: str) -> None:
    """Note who asked, by a keyed hash, for as long as the record is kept. Rule: Cal. Civ. Code § 1798.130(b)."""
    tx.execute(insert(request_askers).values(request_id=request_id, mark=mark))


def of_asker(tx: Transaction, mark: str) -> tuple[str, ...]:
    """Return the requests of the same asker."""
    return tuple(tx.scalars(select(request_askers.c.request_id).where(request_askers.c.mark == mark)))


def left() -> ColumnElement[bool]:
    """Return the condition that finds what is kept although its request, or for marks its contact, is gone."""
    own, asked = request_proofs.c, consumer_requests.c
    known = select(asked.id).where(asked.id == own.request_id)
    has_contact = known.where(func.length(asked.sealed) > 0)
    is_mark = and_(own.what == MATCHES, ~has_contact.correlate(request_proofs).exists())
    return and_(own.request_id != NOBODYS, or_(is_mark, ~known.correlate(request_proofs).exists()))


def remove_left(tx: Transaction) -> int:
    """Remove it; return how much that was. Rule: 11 CCR 7060(d)."""
    return int(tx.execute(delete(request_proofs).where(left())).rowcount)


def remove(tx: Transaction, request_id: str) -> None:
    """Remove all of it with the record of the request. Rule: 11 CCR 7101(a)."""
    for table in (request_proofs, request_askers):
        tx.execute(delete(table).where(table.c.request_id == request_id))
