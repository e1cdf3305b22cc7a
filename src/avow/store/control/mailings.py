"""Mailings: what was sent to everybody who subscribed, and how far it got. Nothing here is of anybody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import msgspec
from sqlalchemy import Integer, RowMapping, Select, Update, and_, bindparam, func, select, update

from avow.store import paging
from avow.store.control import deliveries as rows
from avow.store.control import submissions as submission_rows
from avow.store.control.database import Transaction
from avow.store.control.rows import add_new
from avow.store.control.tables import deliveries, delivery_people, mailings, submission_subjects, submissions
from avow.store.paging import Page, Part, Place

Figure = Literal["delivered", "measured", "failed", "unsubscribed"]


@dataclass(frozen=True, slots=True)
class Mailing:
    """One mailing; `measured_by` is its collection point by clear GIF, `looked_at` how far the list was gone through.

    `site` is the website whose subscribers get it, "" for everybody on the list.
    """

    id: str
    point: str
    measured_by: str
    rulebook_id: str
    subject_line: str
    text: str
    links: tuple[str, ...]
    created_ms: int
    looked_at: str = ""
    queued_ms: int | None = None
    recipients: int = 0
    refused: int = 0
    delivered: int = 0
    measured: int = 0
    failed: int = 0
    unsubscribed: int = 0
    site: str = ""


_ONE: Final = select(mailings).where(mailings.c.id == bindparam("mailing"))


def add(tx: Transaction, mailing: Mailing) -> bool:
    """Keep a mailing; return whether it is new."""
    values = {name: getattr(mailing, name) for name in Mailing.__dataclass_fields__}
    return add_new(tx, mailings, {**values, "links": json.dumps(mailing.links)})


def get(tx: Transaction, mailing_id: str) -> Mailing | None:
    """Return one mailing."""
    row = tx.execute(_ONE, {"mailing": mailing_id}).mappings().first()
    return None if row is None else _mailing(row)


def shown(tx: Transaction, mailing_id: str) -> Mailing | None:
    """Return one mailing to look at: a damaged one without its links, which nobody may send so."""
    row = tx.execute(select(mailings).where(mailings.c.id == mailing_id)).mappings().first()
    return None if row is None else _shown(row)


def listed(tx: Transaction, at: Place, limit: int) -> Page[Mailing]:
    """Return a page of mailings to look at, as `shown` does, the newest first."""
    return paging.page(tx, [Part(select(mailings), mailings.c.created_ms, mailings.c.id)], at, limit).each(_shown)


def newest(tx: Transaction, limit: int) -> tuple[Mailing, ...]:
    """Return the newest mailings to look at."""
    return listed(tx, Place(), limit).lines


def unfinished(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of the mailings of which somebody may have no message in the outbox yet, oldest first."""
    wanted = select(mailings.c.id).where(mailings.c.queued_ms.is_(None)).order_by(mailings.c.created_ms)
    return tuple(tx.scalars(wanted))


def advance(tx: Transaction, mailing: Mailing, looked_at: str) -> bool:
    """Note how far the list is gone through; False when another process was faster: then the batch is not the caller's."""
    moved = update(mailings).where(mailings.c.id == mailing.id, mailings.c.looked_at == mailing.looked_at)
    return bool(tx.execute(moved.values(looked_at=looked_at)).rowcount)


def queued(tx: Transaction, mailing_id: str, recipients: int, refused: int) -> None:
    """Count the people of a batch: who has a message in the outbox, and who may not be written to."""
    more = {"recipients": mailings.c.recipients + recipients, "refused": mailings.c.refused + refused}
    tx.execute(update(mailings).where(mailings.c.id == mailing_id).values(**more))


def finished(tx: Transaction, mailing_id: str, now_ms: int) -> bool:
    """Note that everybody's message is in the outbox; return whether that is new."""
    done = update(mailings).where(mailings.c.id == mailing_id, mailings.c.queued_ms.is_(None))
    return bool(tx.execute(done.values(queued_ms=now_ms)).rowcount)


def again(tx: Transaction, mailing_id: str) -> None:
    """Let the list be gone through once more, for those who subscribed since; nobody gets a second message."""
    done = update(mailings).where(mailings.c.id == mailing_id, mailings.c.queued_ms.is_not(None))
    tx.execute(done.values(queued_ms=None, looked_at="", refused=0))


def count(tx: Transaction, mailing_id: str, figure: Figure, by: int = 1) -> None:
    """Count one more, or one less of what failed and is sent again."""
    tx.execute(_counting(figure), {"mailing": mailing_id, "by": by})


@cache
def _counting(figure: Figure) -> Update:
    more = mailings.c[figure] + bindparam("by", type_=Integer)
    return update(mailings).where(mailings.c.id == bindparam("mailing")).values({figure: more})


def waiting(tx: Transaction, mailing_id: str) -> int:
    """Return how many messages of a mailing are still to leave."""
    return rows.count_batch(tx, mailing_id, ("waiting", "leaving"))


def has_message(tx: Transaction, mailing_id: str, subject: bytes) -> bool:
    """Return whether this person has a message of this mailing already."""
    return bool(rows.have_one(tx, mailing_id, [subject]))


def subscribers(tx: Transaction, point: str) -> int:
    """Return how many people are subscribed at a point; those of the demonstration left out."""
    joined = submission_subjects.join(submissions, submissions.c.record_id == submission_subjects.c.record_id)
    person = func.coalesce(submission_subjects.c.person, submission_subjects.c.subject)
    wanted = select(func.count(person.distinct())).select_from(joined)
    real = wanted.where(submissions.c.point == point, submissions.c.demonstration.is_(False))
    return int(tx.execute(real).scalar_one())


def forget_messages(tx: Transaction, point: str, subject: bytes) -> int:
    """Forget this person's messages of all mailings to a point, sent or not (`deliveries.let_go`); return how many."""
    own = delivery_people.c
    to_point = select(mailings.c.id).where(mailings.c.point == point)
    found = select(own.delivery).where(own.subject == subject, own.batch.in_(to_point))
    return rows.let_go(tx, tx.scalars(found).all())


def ended() -> Select[str]:
    """Return the statement that names the messages of mailings whose person has no subscription there any more."""
    own, sent = delivery_people.c, mailings.c
    held = and_(
        submissions.c.record_id == submission_subjects.c.record_id,
        submissions.c.point == sent.point,
        submission_rows.is_of(own.subject),
        sent.id == own.batch,
    )
    kept = select(submissions.c.record_id).where(held).correlate(delivery_people).exists()
    is_one = and_(deliveries.c.id == own.delivery, deliveries.c.kind == "mailing")
    return select(own.delivery).where(select(deliveries.c.id).where(is_one).correlate(delivery_people).exists(), ~kept)


def sweep_messages(tx: Transaction) -> int:
    """Forget the messages of mailings to people who have no subscription there any more; return how many."""
    return rows.let_go(tx, tx.scalars(ended()).all())


def _shown(row: RowMapping) -> Mailing:
    try:
        return _mailing(row)
    except (ValueError, TypeError):  # its links are no JSON, or no list
        return Mailing(**{**row, "links": ()})


def _mailing(row: RowMapping) -> Mailing:
    values = dict(row)
    return Mailing(**{**values, "links": msgspec.json.decode(values["links"], type=tuple[str, ...])})
