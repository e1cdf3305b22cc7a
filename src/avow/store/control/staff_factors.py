"""Second factors of staff: the app that shows codes, passkeys, recovery codes; and what must not be taken a second time."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from avow.store.control.database import Transaction
from avow.store.control.rows import add_new
from avow.store.control.tables import staff_apps, staff_passkeys, staff_recovery_codes, staff_spent


@dataclass(frozen=True, slots=True)
class App:
    """The app of an account that shows codes, its secret sealed; `last_step` is that of the last code that was taken."""

    staff_id: str
    secret: bytes
    last_step: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of an account; `cloned_ms` is when its counter went back, since when it is refused."""

    credential_id: bytes
    number: str
    staff_id: str
    label: str
    public_key: bytes
    counter: int
    since_ms: int
    used_ms: int | None = None
    cloned_ms: int | None = None


def put_app(tx: Transaction, app: App) -> None:
    """Keep the app of an account, in place of an earlier one."""
    tx.execute(delete(staff_apps).where(staff_apps.c.staff_id == app.staff_id))
    values = {"staff_id": app.staff_id, "secret": app.secret, "last_step": app.last_step, "since_ms": app.since_ms}
    tx.execute(insert(staff_apps).values(**values))


def app(tx: Transaction, staff_id: str) -> App | None:
    """Return the app of an account."""
    row = tx.execute(select(staff_apps).where(staff_apps.c.staff_id == staff_id)).mappings().first()
    return App(**row) if row else None


def take_step(tx: Transaction, staff_id: str, step: int) -> bool:
    """Note that the code of a step was taken; False when that one or a later one was before. Decides a race."""
    found = (staff_apps.c.staff_id == staff_id, staff_apps.c.last_step < step)
    return tx.execute(update(staff_apps).where(*found).values(last_step=step)).rowcount == 1


def remove_app(tx: Transaction, staff_id: str) -> bool:
    """Remove the app of an account; False when there is none."""
    return tx.execute(delete(staff_apps).where(staff_apps.c.staff_id == staff_id)).rowcount > 0


def add_passkey(tx: Transaction, staff_id: str, credential: tuple[bytes, bytes, int], label: str, now_ms: int) -> bool:
    """Keep a passkey: its id, public key and counter; False when its id is there already."""
    credential_id, public_key, counter = credential
    values = {"credential_id": credential_id, "number": secrets.token_hex(8), "staff_id": staff_id, "label": label}
    known = {"public_key": public_key, "counter": counter, "since_ms": now_ms, "used_ms": None, "cloned_ms": None}
    return add_new(tx, staff_passkeys, values | known)


def passkey(tx: Transaction, credential_id: bytes) -> Passkey | None:
    """Return a passkey by its id."""
    row = tx.execute(select(staff_passkeys).where(staff_passkeys.c.credential_id == credential_id)).mappings().first()
    return Passkey(**row) if row else None


def passkeys(tx: Transaction, staff_id: str) -> tuple[Passkey, ...]:
    """Return the passkeys of an account, the oldest first."""
    rows = staff_passkeys.c
    wanted = select(staff_passkeys).where(rows.staff_id == staff_id).order_by(rows.since_ms, rows.number)
    return tuple(Passkey(**row) for row in tx.execute(wanted).mappings())


def use_passkey(tx: Transaction, credential_id: bytes, counter: int, now_ms: int) -> bool:
    """Note a use with its counter; False when the counter does not go on. One that is always 0 says nothing.

    Source: W3C Web Authentication, 6.1.1. Decides a race: of two uses with one counter the second is a copy's.
    """
    rows = staff_passkeys.c
    goes_on = (rows.counter < counter) | ((rows.counter == 0) & (counter == 0))
    found = (rows.credential_id == credential_id, rows.cloned_ms.is_(None), goes_on)
    return tx.execute(update(staff_passkeys).where(*found).values(counter=counter, used_ms=now_ms)).rowcount == 1


def note_clone(tx: Transaction, credential_id: bytes, now_ms: int) -> None:
    """Refuse a passkey from now on."""
    tx.execute(update(staff_passkeys).where(staff_passkeys.c.credential_id == credential_id).values(cloned_ms=now_ms))


def remove_passkey(tx: Transaction, staff_id: str, number: str) -> bool:
    """Remove a passkey of an account by its number; False when there is none."""
    found = (staff_passkeys.c.staff_id == staff_id, staff_passkeys.c.number == number)
    return tx.execute(delete(staff_passkeys).where(*found)).rowcount > 0


def put_recovery_codes(tx: Transaction, staff_id: str, digests: Iterable[bytes]) -> None:
    """Keep the digests of new recovery codes in place of all earlier ones."""
    tx.execute(delete(staff_recovery_codes).where(staff_recovery_codes.c.staff_id == staff_id))
    rows = [{"staff_id": staff_id, "digest": digest, "used_ms": None} for digest in digests]
    if rows:
        tx.execute(insert(staff_recovery_codes), rows)


def use_recovery_code(tx: Transaction, staff_id: str, digest: bytes, now_ms: int) -> bool:
    """Use a recovery code up; False when there is none, or it was used. Decides a race."""
    rows = staff_recovery_codes.c
    found = (rows.staff_id == staff_id, rows.digest == digest, rows.used_ms.is_(None))
    return tx.execute(update(staff_recovery_codes).where(*found).values(used_ms=now_ms)).rowcount == 1


def recovery_codes_left(tx: Transaction, staff_id: str) -> int:
    """Return how many recovery codes of an account are not used."""
    rows = staff_recovery_codes.c
    wanted = select(func.count()).select_from(staff_recovery_codes).where(rows.staff_id == staff_id, rows.used_ms.is_(None))
    return int(tx.execute(wanted).scalar_one())


def remove_all(tx: Transaction, staff_id: str) -> int:
    """Remove every factor and recovery code of an account; return how many factors there were."""
    count = tx.execute(delete(staff_apps).where(staff_apps.c.staff_id == staff_id)).rowcount
    count += tx.execute(delete(staff_passkeys).where(staff_passkeys.c.staff_id == staff_id)).rowcount
    tx.execute(delete(staff_recovery_codes).where(staff_recovery_codes.c.staff_id == staff_id))
    return count


def have(tx: Transaction) -> frozenset[str]:
    """Return the accounts that have a factor; a refused passkey is one, or its copy would undo the second factor."""
    with_app = tx.execute(select(staff_apps.c.staff_id)).scalars()
    with_passkey = tx.execute(select(staff_passkeys.c.staff_id)).scalars()
    return frozenset(with_app) | frozenset(with_passkey)


def spend(tx: Transaction, digest: bytes, expires_ms: int, now_ms: int) -> bool:
    """Note that something must not be taken again until a moment; False when it was noted before. Forgets what is over."""
    tx.execute(delete(staff_spent).where(staff_spent.c.expires_ms <= now_ms))
    return add_new(tx, staff_spent, {"digest": digest, "expires_ms": expires_ms})


def is_spent(tx: Transaction, digest: bytes, now_ms: int) -> bool:
    """Return whether something must not be taken again."""
    found = (staff_spent.c.digest == digest, staff_spent.c.expires_ms > now_ms)
    return tx.execute(select(staff_spent.c.digest).where(*found)).first() is not None
