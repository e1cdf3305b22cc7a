"""Choices: standing opt-outs and opt-ins, by link or by signal, and their count."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import bindparam, delete, func, select, update

from avow.store.control.counts import add_to
from avow.store.control.database import Transaction
from avow.store.control.rows import add_new
from avow.store.control.tables import choice_totals, choices


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice about one purpose. `subject` None: nobody known, or erased since. `proof` holds no personal information.

    `source` is how it was made: "link" (the choices page or a confirmed link), "banner", "script", "form" (a ticked box),
    "message" (the page behind a message's own link), or a signal, "gpc", "dnt". With "form-" before it, it was the browser's that
    sent a form, and nobody has proved that the form's address is its sender's. `site` is the website on which it was made; it
    holds on all of them.
    """

    at_ms: int
    purpose: str
    opted_out: bool
    source: str
    rulebook_id: str
    subject: bytes | None = None
    proof: str = ""
    demonstration: bool = False
    site: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceCount:
    """How often a choice was made."""

    purpose: str
    source: str
    opted_out: bool
    count: int


def add(tx: Transaction, choice: Choice, choice_id: str | None = None) -> str | None:
    """Keep a choice and return its id; None when it is kept already. Give an id where the same choice may come twice."""
    choice_id = choice_id or secrets.token_hex(16)
    if not add_new(tx, choices, {"id": choice_id, **asdict(choice)}):
        return None
    if not choice.demonstration:
        key = {"purpose": choice.purpose, "source": choice.source, "opted_out": choice.opted_out}
        add_to(tx, choice_totals, key, {"count": 1})
    return choice_id


def is_kept(tx: Transaction, choice_id: str) -> bool:
    """Return whether a choice of this id was kept."""
    return tx.execute(select(choices.c.id).where(choices.c.id == choice_id)).first() is not None


_OF_SUBJECTS: Final = (
    select(*(column for column in choices.c if column.name != "id"))
    .where(choices.c.subject.in_(bindparam("subjects", expanding=True)))
    .order_by(choices.c.at_ms)
)


def of_subjects(tx: Transaction, subjects: Collection[bytes]) -> tuple[Choice, ...]:
    """Return the choices of these subjects, oldest first; the last one about a purpose counts."""
    return tuple(Choice(**row) for row in tx.execute(_OF_SUBJECTS, {"subjects": list(subjects)}).mappings())


def opted_out(tx: Transaction, subject: bytes) -> frozenset[str]:
    """Return the purposes that this subject has opted out of now."""
    last = {choice.purpose: choice.opted_out for choice in of_subjects(tx, [subject])}
    return frozenset(purpose for purpose, is_out in last.items() if is_out)


def standing_noes(tx: Transaction, subject: bytes, purposes: Collection[str]) -> dict[str, Choice]:
    """Return, by their ids, the choices by which this subject has opted out of some of these purposes now; no invented one."""
    own = choices.c
    wanted = select(choices).where(own.subject == subject, own.purpose.in_(purposes), ~own.demonstration)
    last = {row["purpose"]: row for row in tx.execute(wanted.order_by(own.at_ms)).mappings()}
    noes = (dict(row) for row in last.values() if row["opted_out"])
    return {row.pop("id"): Choice(**row) for row in noes}


def opted_in(tx: Transaction, subject: bytes) -> frozenset[str]:
    """Return the purposes that this subject has said yes to, as the last word about them."""
    last = {choice.purpose: choice.opted_out for choice in of_subjects(tx, [subject])}
    return frozenset(purpose for purpose, is_out in last.items() if not is_out)


def counts(tx: Transaction) -> tuple[ChoiceCount, ...]:
    """Return how many choices were made by purpose and source; the demonstration left out."""
    kept = choice_totals.c
    rows = tx.execute(select(choice_totals).order_by(kept.purpose, kept.source, kept.opted_out)).mappings()
    return tuple(ChoiceCount(**row) for row in rows)


def subjects(tx: Transaction) -> frozenset[bytes]:
    """Return every subject that has choices."""
    return frozenset(tx.scalars(select(choices.c.subject).where(choices.c.subject.is_not(None)).distinct()))


def forget_subjects(tx: Transaction, wanted: Collection[bytes]) -> int:
    """Forget who made these choices; that they were made stays. Rule: 11 CCR 7101(a) (records kept 24 months)."""
    return int(tx.execute(update(choices).where(choices.c.subject.in_(wanted)).values(subject=None)).rowcount)


def count_demonstration(tx: Transaction) -> int:
    """Return how many choices are of the demonstration."""
    return int(tx.execute(select(func.count()).select_from(choices).where(choices.c.demonstration)).scalar_one())


def invented_subjects(tx: Transaction) -> frozenset[bytes]:
    """Return whose the choices of the demonstration are."""
    own = choices.c
    return frozenset(tx.scalars(select(own.subject).where(own.demonstration, own.subject.is_not(None)).distinct()))


def remove_demonstration(tx: Transaction) -> int:
    """Remove the choices of the demonstration."""
    return int(tx.execute(delete(choices).where(choices.c.demonstration)).rowcount)
