"""Who is named anywhere in the control store: the subjects that have a row, in whatever table, and how many rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import bindparam, func, select

from avow.store.control.database import Transaction
from avow.store.control.tables import (
    choices,
    delivery_people,
    disclosures,
    opt_outs,
    pending_subscriptions,
    recordings,
    submission_subjects,
)

_OF: Final = (submission_subjects, choices, disclosures, delivery_people, recordings, pending_subscriptions, opt_outs)
_EVERYBODY: Final = tuple(select(one.c.subject).where(one.c.subject.is_not(None)).distinct() for one in _OF)
_IS_AMONG: Final = {one.name: one.c.subject.in_(bindparam("subjects", expanding=True)) for one in _OF}
_AMONG: Final = tuple(select(one.c.subject).where(_IS_AMONG[one.name]).distinct() for one in _OF)
#: One statement: to ask seven costs more than to look.
_COUNTS: Final = select(
    *(select(func.count()).select_from(one).where(_IS_AMONG[one.name]).scalar_subquery().label(one.name) for one in _OF)
)


def everybody(tx: Transaction) -> frozenset[bytes]:
    """Return every subject that has a row: all tables are read from beginning to end."""
    return frozenset(subject for one in _EVERYBODY for subject in tx.scalars(one))


def among(tx: Transaction, subjects: Collection[bytes]) -> frozenset[bytes]:
    """Return those of some subjects that have a row."""
    return frozenset(subject for one in _AMONG for subject in tx.scalars(one, {"subjects": list(subjects)}))


def counted(tx: Transaction, subjects: Collection[bytes]) -> Mapping[str, int]:
    """Return by table how many rows still name one of these subjects."""
    found = tx.execute(_COUNTS, {"subjects": list(subjects)}).mappings().one()
    return {name: int(count) for name, count in found.items()}
