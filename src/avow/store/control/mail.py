"""E-mail that waits to be sent, or that was sent; sealed under the key of its consumer request or of its person."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import RowMapping, Select, and_, delete, func, insert, or_, select, update

from avow.store import paging
from avow.store.control.database import Transaction
from avow.store.control.tables import mail
from avow.store.paging import Page, Part, Place

State = Literal["waiting", "sent", "failed"]

#: A turn further away than any pause of ours, milliseconds, was written down while the clock was ahead: it has come.
BEYOND_MS: Final = 24 * 3_600_000
#: What a person has to see to; and what is tried again.
_FAILED: Final = mail.c.state == "failed"
_TRIED: Final = and_(mail.c.state == "waiting", mail.c.attempts > 0)


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
    trouble: str = ""
    code: int = 0
    sent_ms: int | None = None
    site: str = ""


def new_id() -> str:
    """Return the id of a message that is to be kept: a step of a consumer request names it."""
    return secrets.token_hex(16)


def add(
    tx: Transaction,
    sealed: bytes,
    created_ms: int,
    request_id: str | None,
    subject: bytes | None,
    publication: int | None = None,
    mailing: str | None = None,
    mail_id: str = "",
    *,
    site: str = "",
) -> str:
    """Keep a message to be sent and return its id; one of `request_id` and `subject` says whose key seals it.

    `publication` is the announced version of the policy that it tells of, `mailing` the mailing that it is one of; the same
    person gets one message of each. `site` is the website in whose name it goes.
    """
    mail_id = mail_id or new_id()
    owner = {"request_id": request_id, "subject": subject, "publication": publication, "mailing": mailing, "site": site}
    row = {"id": mail_id, "created_ms": created_ms, "sealed": sealed, "state": "waiting", "attempts": 0, "next_ms": created_ms}
    tx.execute(insert(mail).values(**row, **owner))
    return mail_id


def due(tx: Transaction, now_ms: int, limit: int) -> tuple[SealedMail, ...]:
    """Return the messages whose turn has come, the one that has waited for it longest first.

    Those that one person waits for go before those that go to everybody: about a change of the policy, then of mailings.
    """
    has_come = or_(mail.c.next_ms <= now_ms, mail.c.next_ms > now_ms + BEYOND_MS)
    wanted = select(mail).where(mail.c.state == "waiting", has_come)
    wanted = wanted.order_by(mail.c.mailing.is_not(None), mail.c.publication.is_not(None), mail.c.next_ms, mail.c.created_ms)
    return tuple(SealedMail(**row) for row in tx.execute(wanted.limit(limit)).mappings())


def longest_due_ms(tx: Transaction) -> int | None:
    """Return since when the message that waits longest for its turn has been due; None when there is none.

    Of those that one person waits for: a mailing to many takes its time.
    """
    waiting = (mail.c.state == "waiting", mail.c.mailing.is_(None), mail.c.publication.is_(None))
    return tx.execute(select(mail.c.next_ms).where(*waiting).order_by(mail.c.next_ms).limit(1)).scalar()


def count_failed(tx: Transaction) -> int:
    """Return how many messages failed for good."""
    return int(tx.execute(select(func.count()).select_from(mail).where(mail.c.state == "failed")).scalar_one())


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


def sent(tx: Transaction, mail_id: str, now_ms: int) -> None:
    """Note that a message has left."""
    done = {"state": "sent", "attempts": mail.c.attempts + 1, "sent_ms": now_ms, "trouble": "", "code": 0}
    tx.execute(update(mail).where(mail.c.id == mail_id).values(**done))


def passed_on(tx: Transaction, mail_id: str, now_ms: int) -> bool:
    """Note that a person passed a message on that had not left; False when there is no such one, or it belongs to a mailing."""
    done = {"state": "sent", "sent_ms": now_ms, "trouble": "", "code": 0}
    moved = update(mail).where(mail.c.id == mail_id, mail.c.state != "sent", mail.c.mailing.is_(None)).values(**done)
    return tx.execute(moved.returning(mail.c.id)).first() is not None


def kept(tx: Transaction, mail_id: str, trouble: str, code: int, next_ms: int | None) -> None:
    """Note a try that did not succeed; try again at `next_ms`, or only when somebody asks for it when it is None."""
    later = {"state": "failed"} if next_ms is None else {"next_ms": next_ms}
    noted = {"attempts": mail.c.attempts + 1, "trouble": trouble, "code": code, **later}
    has_not_left = mail.c.state != "sent"  # nor was it passed on by hand meanwhile
    tx.execute(update(mail).where(mail.c.id == mail_id, has_not_left).values(**noted))


def held(tx: Transaction, mail_id: str, trouble: str, next_ms: int) -> None:
    """Note that a message may not leave now; its turn comes again at `next_ms`, and nothing was tried."""
    tx.execute(update(mail).where(mail.c.id == mail_id).values(trouble=trouble, code=0, next_ms=next_ms))


def again(tx: Transaction, mail_id: str, now_ms: int, sealed: bytes | None = None) -> bool:
    """Let a message that has not left have its turn now, counted again; False when there is no such one.

    `sealed` takes the place of what is kept of it.
    """
    due = {"state": "waiting", "attempts": 0, "next_ms": now_ms, "trouble": "", "code": 0}
    content = {"sealed": sealed} if sealed is not None else {}
    moved = update(mail).where(mail.c.id == mail_id, mail.c.state != "sent").values(**due, **content)
    return tx.execute(moved.returning(mail.c.id)).first() is not None


def undelivered(tx: Transaction, at: Place, limit: int) -> Page[SealedMail]:
    """Return a page of what failed, and behind it what waits after a try that did not succeed, those of mailings too."""
    return paging.page(tx, _undelivered(select(mail)), at, limit).each(_sealed)


def listed(tx: Transaction, at: Place, limit: int, site: str = "") -> Page[SealedMail]:
    """Return a page of messages to single people of a site, "" for all: what has not left after a try, then the newest."""
    single = select(mail).where(mail.c.mailing.is_(None))
    if site:
        single = single.where(mail.c.site == site)
    has_left = single.where(~_FAILED, ~_TRIED)
    parts = (*_undelivered(single), Part(has_left, mail.c.created_ms, mail.c.id))
    return paging.page(tx, parts, at, limit).each(_sealed)


def untried(tx: Transaction, at: Place, limit: int) -> Page[SealedMail]:
    """Return a page of messages to single people that nobody tried to send yet, the newest first; none of mailings."""
    rows = select(mail).where(mail.c.mailing.is_(None), mail.c.state == "waiting", mail.c.attempts == 0)
    return paging.page(tx, (Part(rows, mail.c.created_ms, mail.c.id),), at, limit).each(_sealed)


def _undelivered(rows: Select[Any]) -> tuple[Part, ...]:
    """Return what has not left after a try: what failed, then what is tried again, each first for consumer requests."""
    has_request = mail.c.request_id.is_not(None)
    found = [rows.where(is_so, of_request) for is_so in (_FAILED, _TRIED) for of_request in (has_request, ~has_request)]
    return tuple(Part(one, mail.c.created_ms, mail.c.id) for one in found)


def of_request(tx: Transaction, request_id: str) -> tuple[SealedMail, ...]:
    """Return the messages of a consumer request, oldest first."""
    wanted = select(mail).where(mail.c.request_id == request_id).order_by(mail.c.created_ms, mail.c.id)
    return tuple(SealedMail(**row) for row in tx.execute(wanted).mappings())


def failed_requests(tx: Transaction) -> frozenset[str]:
    """Return the consumer requests that have a message which failed."""
    wanted = select(mail.c.request_id).where(mail.c.state == "failed", mail.c.request_id.is_not(None))
    return frozenset(tx.scalars(wanted.distinct()))


def newest(tx: Transaction, limit: int) -> tuple[SealedMail, ...]:
    """Return the newest messages to single people; those of mailings, which are many and alike, left out."""
    wanted = select(mail).where(mail.c.mailing.is_(None)).order_by(mail.c.created_ms.desc(), mail.c.id).limit(limit)
    return tuple(SealedMail(**row) for row in tx.execute(wanted).mappings())


def of_mailing(tx: Transaction, mailing: str) -> tuple[SealedMail, ...]:
    """Return the messages of a mailing."""
    return tuple(SealedMail(**row) for row in tx.execute(select(mail).where(mail.c.mailing == mailing)).mappings())


def _sealed(row: RowMapping) -> SealedMail:
    return SealedMail(**row)


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
