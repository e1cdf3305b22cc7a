"""Accounts of the console, their sessions, and the one-time invitations that make them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from avow.store.control.database import Transaction, alone
from avow.store.control.tables import invitations, staff, staff_sessions


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One account; `password_hash` is Argon2's own text."""

    id: str
    name: str
    password_hash: str
    role: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation, known by the hash of its token; `used_ms` None while it is open."""

    token_hash: bytes
    role: str
    expires_ms: int
    used_ms: int | None


def hold(tx: Transaction) -> None:
    """Let nobody else make an account until this transaction ends."""
    alone(tx, "staff")


def add(tx: Transaction, name: str, password_hash: str, role: str, created_ms: int) -> str:
    """Make an account and return its id; raise AvowError when the name is taken (`hold`, and ask `by_name` first)."""
    staff_id = secrets.token_hex(16)
    row = {"id": staff_id, "name": name, "password_hash": password_hash, "role": role, "created_ms": created_ms}
    tx.execute(insert(staff).values(**row))
    return staff_id


def by_name(tx: Transaction, name: str) -> StaffMember | None:
    """Return the account of this name."""
    row = tx.execute(select(staff).where(staff.c.name == name)).mappings().first()
    return None if row is None else StaffMember(**row)


def get(tx: Transaction, staff_id: str) -> StaffMember | None:
    """Return one account."""
    row = tx.execute(select(staff).where(staff.c.id == staff_id)).mappings().first()
    return None if row is None else StaffMember(**row)


def every(tx: Transaction) -> tuple[StaffMember, ...]:
    """Return all accounts by name."""
    return tuple(StaffMember(**row) for row in tx.execute(select(staff).order_by(staff.c.name)).mappings())


def count(tx: Transaction) -> int:
    """Return how many accounts there are."""
    return int(tx.execute(select(func.count()).select_from(staff)).scalar_one())


def remove(tx: Transaction, staff_id: str) -> None:
    """Remove an account and its sessions."""
    tx.execute(delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id))
    tx.execute(delete(staff).where(staff.c.id == staff_id))


def begin_session(tx: Transaction, token_hash: bytes, staff_id: str, expires_ms: int, now_ms: int) -> None:
    """Begin a session and remove the ended ones."""
    tx.execute(delete(staff_sessions).where(staff_sessions.c.expires_ms <= now_ms))
    tx.execute(insert(staff_sessions).values(token_hash=token_hash, staff_id=staff_id, expires_ms=expires_ms))


def of_session(tx: Transaction, token_hash: bytes, now_ms: int) -> StaffMember | None:
    """Return whose session this is, or None when it has ended."""
    sessions = staff_sessions.c
    wanted = select(staff).join(staff_sessions, sessions.staff_id == staff.c.id)
    row = tx.execute(wanted.where(sessions.token_hash == token_hash, sessions.expires_ms > now_ms)).mappings().first()
    return None if row is None else StaffMember(**row)


def end_session(tx: Transaction, token_hash: bytes) -> None:
    """End a session."""
    tx.execute(delete(staff_sessions).where(staff_sessions.c.token_hash == token_hash))


def invite(tx: Transaction, token_hash: bytes, role: str, expires_ms: int) -> None:
    """Keep an invitation."""
    tx.execute(insert(invitations).values(token_hash=token_hash, role=role, expires_ms=expires_ms, used_ms=None))


def invitation(tx: Transaction, token_hash: bytes, now_ms: int) -> Invitation | None:
    """Return an invitation that can still be accepted."""
    condition = (invitations.c.token_hash == token_hash, invitations.c.used_ms.is_(None), invitations.c.expires_ms > now_ms)
    row = tx.execute(select(invitations).where(*condition)).mappings().first()
    return None if row is None else Invitation(**row)


def use_invitation(tx: Transaction, token_hash: bytes, now_ms: int) -> bool:
    """Use an invitation up; False when it was used or has expired. Decides a race: exactly one caller gets True."""
    condition = (invitations.c.token_hash == token_hash, invitations.c.used_ms.is_(None), invitations.c.expires_ms > now_ms)
    return tx.execute(update(invitations).where(*condition).values(used_ms=now_ms)).rowcount == 1
