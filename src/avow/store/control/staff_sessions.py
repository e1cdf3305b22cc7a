"""Sessions of the console. One that waits for a code or for a factor to be set up opens no page but that one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update

from avow.store.control import staff as accounts
from avow.store.control.database import Transaction
from avow.store.control.staff import StaffMember
from avow.store.control.tables import staff_sessions


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it is kept; `number` is what pages call it by, and opens nothing."""

    token_hash: bytes
    number: str
    staff_id: str
    begun_ms: int
    seen_ms: int
    expires_ms: int
    proved_ms: int
    waits_for: str
    tries: int
    pending: bytes | None
    browser: str


@dataclass(frozen=True, slots=True)
class New:
    """A session that begins: whose, until when, when a factor was proved (0 for not yet), what it waits for, of which browser."""

    token_hash: bytes
    staff_id: str
    expires_ms: int
    proved_ms: int
    waits_for: str = ""
    browser: str = ""


def begin(tx: Transaction, new: New, now_ms: int) -> str:
    """Begin a session, and remove the ended ones; return its number."""
    tx.execute(delete(staff_sessions).where(staff_sessions.c.expires_ms <= now_ms))
    number = secrets.token_hex(8)
    values = {
        "token_hash": new.token_hash,
        "number": number,
        "staff_id": new.staff_id,
        "begun_ms": now_ms,
        "seen_ms": now_ms,
        "expires_ms": new.expires_ms,
        "proved_ms": new.proved_ms,
        "waits_for": new.waits_for,
        "tries": 0,
        "pending": None,
        "browser": new.browser,
    }
    tx.execute(insert(staff_sessions).values(**values))
    return number


def find(tx: Transaction, token_hash: bytes, now_ms: int, idle_ms: int) -> tuple[Kept, StaffMember] | None:
    """Return a session that has not ended, and whose it is."""
    wanted = select(staff_sessions).where(staff_sessions.c.token_hash == token_hash, *_is_open(now_ms, idle_ms))
    row = tx.execute(wanted).mappings().first()
    account = accounts.get(tx, row["staff_id"]) if row is not None else None
    return (_kept(row), account) if row is not None and account is not None else None


def of(tx: Transaction, staff_id: str, now_ms: int, idle_ms: int) -> tuple[Kept, ...]:
    """Return the whole sessions of an account that have not ended, the newest first."""
    sessions = staff_sessions.c
    wanted = select(staff_sessions).where(sessions.staff_id == staff_id, sessions.waits_for == "", *_is_open(now_ms, idle_ms))
    return tuple(_kept(row) for row in tx.execute(wanted.order_by(sessions.begun_ms.desc(), sessions.number)).mappings())


def count(tx: Transaction, now_ms: int, idle_ms: int) -> dict[str, int]:
    """Return how many whole sessions each account has."""
    sessions = staff_sessions.c
    wanted = select(sessions.staff_id, func.count()).where(sessions.waits_for == "", *_is_open(now_ms, idle_ms))
    return {staff_id: int(found) for staff_id, found in tx.execute(wanted.group_by(sessions.staff_id))}


def see(tx: Transaction, token_hash: bytes, now_ms: int) -> None:
    """Note that a session was used."""
    tx.execute(update(staff_sessions).where(staff_sessions.c.token_hash == token_hash).values(seen_ms=now_ms))


def prove(tx: Transaction, token_hash: bytes, now_ms: int) -> None:
    """Note that a factor was proved in a session; wrong codes before it count no more."""
    values = {"proved_ms": now_ms, "tries": 0}
    tx.execute(update(staff_sessions).where(staff_sessions.c.token_hash == token_hash).values(**values))


def fail(tx: Transaction, token_hash: bytes, most: int) -> bool:
    """Count a wrong code; end the session with the last one that it may have, and return whether it ended."""
    rows = staff_sessions.c
    tx.execute(update(staff_sessions).where(rows.token_hash == token_hash).values(tries=rows.tries + 1))
    return tx.execute(delete(staff_sessions).where(rows.token_hash == token_hash, rows.tries >= most)).rowcount > 0


def keep_pending(tx: Transaction, token_hash: bytes, sealed: bytes | None) -> None:
    """Keep the sealed secret of an app that is being set up in a session, or forget it."""
    tx.execute(update(staff_sessions).where(staff_sessions.c.token_hash == token_hash).values(pending=sealed))


def end(tx: Transaction, token_hash: bytes) -> bool:
    """End a session; False when there is none."""
    return tx.execute(delete(staff_sessions).where(staff_sessions.c.token_hash == token_hash)).rowcount > 0


def end_numbered(tx: Transaction, staff_id: str, number: str) -> bool:
    """End a session of an account by its number; False when there is none."""
    found = (staff_sessions.c.staff_id == staff_id, staff_sessions.c.number == number)
    return tx.execute(delete(staff_sessions).where(*found)).rowcount > 0


def end_all(tx: Transaction, staff_id: str, but: bytes = b"") -> int:
    """End every session of an account, but for one; return how many."""
    found = (staff_sessions.c.staff_id == staff_id, staff_sessions.c.token_hash != but)
    return tx.execute(delete(staff_sessions).where(*found)).rowcount


def _is_open(now_ms: int, idle_ms: int) -> tuple[ColumnElement[bool], ...]:
    return (staff_sessions.c.expires_ms > now_ms, staff_sessions.c.seen_ms > now_ms - idle_ms)


def _kept(row: RowMapping) -> Kept:
    return Kept(**row)
