"""E-mail that waits to be sent, or that was sent; sealed under the key of its consumer request or of its person."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, func, insert, select, update

from avow.store.control.database import Transaction
from avow.store.control.tables import mail

State = Literal["waiting", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class SealedMail:
    """One message; `request_id` or `subject` says under which key `sealed` lies."""

    id: str
    request_id: str | None
    subject: bytes | None
    created_ms: int
    sealed: bytes
    state: State
    attempts: int
    next_ms: int
    publication: int | None = None
    mailing: str | None = None


def add(
    tx: Transaction,
    sealed: bytes,
    created_ms: int,
    request_id: str | None,
    subject: bytes | None,
    publication: int | None = None,
    mailing: str | None = None,
) -> str:
    """Keep a message to be sent and return its id; one of `request_id` and `subject` says whose key seals it.

    `publication` is the announced version of the policy that it tells of, `mailing` the mailing that it is one of; the same
    person gets one message of each.
    """
    mail_id = secrets.token_hex(16)
    owner = {"request_id": request_id, "subject": subject, "publication": publication, "mailing": mailing}
    row = {"id": mail_id, "created_ms": created_ms, "sealed": sealed, "state": "waiting", "attempts": 0, "next_ms": created_ms}
    tx.execute(insert(mail).values(**row, **owner))
    return mail_id


def due(tx: Transaction, now_ms: int, limit: int) -> tuple[SealedMail, ...]:
    """Return the messages whose turn has come, oldest first; those of mailings after all others, which people wait for."""
    wanted = select(mail).where(mail.c.state == "waiting", mail.c.next_ms <= now_ms)
    wanted = wanted.order_by(mail.c.mailing.is_not(None), mail.c.created_ms)
    return tuple(SealedMail(**row) for row in tx.execute(wanted.limit(limit)).mappings())


def told(tx: Transaction, publication: int, subjects: Collection[bytes]) -> frozenset[bytes]:
    """Return those of the subjects for whom there is a message about this announced version already."""
    wanted = select(mail.c.subject).where(mail.c.publication == publication, mail.c.subject.in_(subjects))
    return frozenset(tx.scalars(wanted))


def count_told(tx: Transaction, publication: int) -> int:
    """Return how many messages about this announced version there are."""
    return int(tx.execute(select(func.count()).select_from(mail).where(mail.c.publication == publication)).scalar_one())


def cancel_told(tx: Transaction, publication: int) -> int:
    """Remove the messages about a version that was taken back and that have not left yet."""
    waiting = (mail.c.publication == publication, mail.c.state == "waiting")
    return int(tx.execute(delete(mail).where(*waiting)).rowcount)


def sent(tx: Transaction, mail_id: str) -> None:
    """Note that a message has left."""
    tx.execute(update(mail).where(mail.c.id == mail_id).values(state="sent", attempts=mail.c.attempts + 1))


def postponed(tx: Transaction, mail_id: str, next_ms: int | None) -> None:
    """Note that a message could not be sent; try again at `next_ms`, or never when it is None."""
    later = {"state": "failed"} if next_ms is None else {"next_ms": next_ms}
    tx.execute(update(mail).where(mail.c.id == mail_id).values(attempts=mail.c.attempts + 1, **later))


def newest(tx: Transaction, limit: int) -> tuple[SealedMail, ...]:
    """Return the newest messages to single people; those of mailings, which are many and alike, left out."""
    wanted = select(mail).where(mail.c.mailing.is_(None)).order_by(mail.c.created_ms.desc(), mail.c.id).limit(limit)
    return tuple(SealedMail(**row) for row in tx.execute(wanted).mappings())


def of_mailing(tx: Transaction, mailing: str) -> tuple[SealedMail, ...]:
    """Return the messages of a mailing."""
    return tuple(SealedMail(**row) for row in tx.execute(select(mail).where(mail.c.mailing == mailing)).mappings())


def get(tx: Transaction, mail_id: str) -> SealedMail | None:
    """Return one message."""
    row = tx.execute(select(mail).where(mail.c.id == mail_id)).mappings().first()
    return None if row is None else SealedMail(**row)


def remove(tx: Transaction, mail_id: str) -> None:
    """Remove one message."""
    tx.execute(delete(mail).where(mail.c.id == mail_id))


def of_subjects(tx: Transaction, subjects: Collection[bytes]) -> tuple[SealedMail, ...]:
    """Return the messages to these subjects, oldest first."""
    wanted = select(mail).where(mail.c.subject.in_(subjects)).order_by(mail.c.created_ms)
    return tuple(SealedMail(**row) for row in tx.execute(wanted).mappings())


def subjects(tx: Transaction) -> frozenset[bytes]:
    """Return every subject that has messages."""
    return frozenset(one for one in tx.scalars(select(mail.c.subject).distinct()) if one is not None)


def count_of_subjects(tx: Transaction, wanted: Collection[bytes]) -> int:
    """Return how many messages to these subjects are left."""
    return int(tx.execute(select(func.count()).select_from(mail).where(mail.c.subject.in_(wanted))).scalar_one())


def remove_of_subjects(tx: Transaction, wanted: Collection[bytes]) -> int:
    """Remove every message to these subjects; return how many."""
    return int(tx.execute(delete(mail).where(mail.c.subject.in_(wanted))).rowcount)
