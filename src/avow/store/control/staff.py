"""Accounts of the console, the one-time invitations that make or renew them, and how often sign-ins failed."""

from __future__ import annotations

import json
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import RowMapping, delete, func, insert, select, update

from avow.store.control.counts import add_to
from avow.store.control.database import Transaction, alone
from avow.store.control.tables import (
    failed_sign_ins,
    invitations,
    staff,
    staff_apps,
    staff_passkeys,
    staff_recovery_codes,
    staff_sessions,
    staff_training,
)

#: What goes with an account.
_OF_AN_ACCOUNT = (staff_sessions, staff_apps, staff_passkeys, staff_recovery_codes, staff_training)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One account; `password_hash` is Argon2's own text, "" for who signs in at a provider, whose `issuer` is then named."""

    id: str
    name: str
    password_hash: str
    roles: tuple[str, ...]
    created_ms: int
    signed_in_ms: int | None = None
    issuer: str = ""
    issuer_subject: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation, known by the hash of its token; `used_ms` None while it is open."""

    token_hash: bytes
    roles: tuple[str, ...]
    expires_ms: int
    used_ms: int | None
    staff_id: str = ""


@dataclass(frozen=True, slots=True)
class FailedSignIns:
    """Failed sign-ins of an account ("" for names that nobody has) in one hour that the audit log does not know of."""

    staff_id: str
    hour_ms: int
    count: int


def hold(tx: Transaction) -> None:
    """Let nobody else make an account until this transaction ends."""
    alone(tx, "staff")


def add(
    tx: Transaction,
    name: str,
    password_hash: str,
    roles: Iterable[str],
    created_ms: int,
    issuer: str = "",
    issuer_subject: str = "",
) -> str:
    """Make an account and return its id; raise AvowError when the name is taken (`hold`, and ask `by_name` first)."""
    staff_id = secrets.token_hex(16)
    row = {"id": staff_id, "name": name, "password_hash": password_hash, "roles": _written(roles), "created_ms": created_ms}
    tx.execute(insert(staff).values(**row, issuer=issuer, issuer_subject=issuer_subject))
    return staff_id


def by_name(tx: Transaction, name: str) -> StaffMember | None:
    """Return the account of this name, in NFC, or as an earlier version kept it: as it was typed."""
    forms = (name, unicodedata.normalize("NFD", name))
    return read(tx.execute(select(staff).where(staff.c.name.in_(forms)).order_by(staff.c.created_ms)).mappings().first())


def by_issuer(tx: Transaction, issuer: str, issuer_subject: str) -> StaffMember | None:
    """Return the account of a subject of an OpenID provider."""
    found = (staff.c.issuer == issuer, staff.c.issuer_subject == issuer_subject, staff.c.issuer != "")
    return read(tx.execute(select(staff).where(*found)).mappings().first())


def get(tx: Transaction, staff_id: str) -> StaffMember | None:
    """Return one account."""
    return read(tx.execute(select(staff).where(staff.c.id == staff_id)).mappings().first())


def read(row: RowMapping | None) -> StaffMember | None:
    """Return an account as its row has it."""
    if row is None:
        return None
    facts = {column.name: row[column.name] for column in staff.c}
    return StaffMember(**(facts | {"roles": tuple(json.loads(row["roles"]))}))


def every(tx: Transaction) -> tuple[StaffMember, ...]:
    """Return all accounts by name."""
    rows = tx.execute(select(staff).order_by(staff.c.name)).mappings()
    return tuple(found for row in rows if (found := read(row)) is not None)


def change_roles(tx: Transaction, staff_id: str, roles: Iterable[str]) -> None:
    """Give an account other roles."""
    tx.execute(update(staff).where(staff.c.id == staff_id).values(roles=_written(roles)))


def signed_in(tx: Transaction, staff_id: str, now_ms: int) -> None:
    """Note that an account signed in."""
    tx.execute(update(staff).where(staff.c.id == staff_id).values(signed_in_ms=now_ms))


def count(tx: Transaction) -> int:
    """Return how many accounts there are."""
    return int(tx.execute(select(func.count()).select_from(staff)).scalar_one())


def remove(tx: Transaction, staff_id: str) -> None:
    """Remove an account with all that is its own; who leaves may have made an invitation, so none is left open."""
    for table in _OF_AN_ACCOUNT:
        tx.execute(delete(table).where(table.c.staff_id == staff_id))
    tx.execute(delete(invitations).where(invitations.c.used_ms.is_(None)))
    tx.execute(delete(staff).where(staff.c.id == staff_id))


def change_password(tx: Transaction, staff_id: str, password_hash: str) -> None:
    """Give an account another password; its sessions and its other links to a new password end."""
    tx.execute(delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id))
    tx.execute(delete(invitations).where(invitations.c.used_ms.is_(None), invitations.c.staff_id == staff_id))
    tx.execute(update(staff).where(staff.c.id == staff_id).values(password_hash=password_hash))


def invite(tx: Transaction, token_hash: bytes, roles: Iterable[str], expires_ms: int, staff_id: str = "") -> None:
    """Keep an invitation: to make an account, or to choose a new password for the account of this id."""
    row = {"token_hash": token_hash, "roles": _written(roles), "expires_ms": expires_ms, "used_ms": None, "staff_id": staff_id}
    tx.execute(insert(invitations).values(**row))


def invitation(tx: Transaction, token_hash: bytes, now_ms: int) -> Invitation | None:
    """Return an invitation that can still be accepted."""
    condition = (invitations.c.token_hash == token_hash, invitations.c.used_ms.is_(None), invitations.c.expires_ms > now_ms)
    row = tx.execute(select(invitations).where(*condition)).mappings().first()
    return None if row is None else Invitation(**(dict(row) | {"roles": tuple(json.loads(row["roles"]))}))


def use_invitation(tx: Transaction, token_hash: bytes, now_ms: int) -> bool:
    """Use an invitation up; False when it was used or has expired. Decides a race: exactly one caller gets True."""
    condition = (invitations.c.token_hash == token_hash, invitations.c.used_ms.is_(None), invitations.c.expires_ms > now_ms)
    return tx.execute(update(invitations).where(*condition).values(used_ms=now_ms)).rowcount == 1


def add_failed(tx: Transaction, counts: Mapping[tuple[str, int], int]) -> None:
    """Add to the failed sign-ins of accounts ("" for names that nobody has) and hours."""
    for (staff_id, hour_ms), count in counts.items():
        add_to(tx, failed_sign_ins, {"staff_id": staff_id, "hour_ms": hour_ms}, {"count": count}, {"logged": 0})


def take_failed(tx: Transaction, before_ms: int, forget_ms: int) -> tuple[FailedSignIns, ...]:
    """Return what the audit log does not know of hours before a moment, and note that it does; forget older ones."""
    rows = failed_sign_ins.c
    tx.execute(delete(failed_sign_ins).where(rows.hour_ms < forget_ms, rows.logged == rows.count))
    waiting = (rows.hour_ms < before_ms, rows.logged < rows.count)
    wanted = select(rows.staff_id, rows.hour_ms, (rows.count - rows.logged).label("count")).where(*waiting)
    found = tuple(FailedSignIns(**row) for row in tx.execute(wanted.order_by(rows.hour_ms, rows.staff_id)).mappings())
    tx.execute(update(failed_sign_ins).where(*waiting).values(logged=rows.count))
    return found


def failed(tx: Transaction) -> dict[str, int]:
    """Return how many sign-ins failed by account ("" for names that nobody has), of the time that is kept."""
    wanted = select(failed_sign_ins.c.staff_id, func.sum(failed_sign_ins.c.count)).group_by(failed_sign_ins.c.staff_id)
    return {staff_id: int(count) for staff_id, count in tx.execute(wanted)}


def _written(roles: Iterable[str]) -> str:
    """Return roles in the one form in which they are kept and compared."""
    return json.dumps(sorted(set(roles)), separators=(",", ":"))
