"""Who is named anywhere in the control store: the subjects that have a row, in whatever table."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, select

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
_AMONG: Final = tuple(
    select(one.c.subject).where(one.c.subject.in_(bindparam("subjects", expanding=True))).distinct() for one in _OF
)


def everybody(tx: Transaction) -> frozenset[bytes]:
    """Return every subject that has a row: all tables are read from beginning to end."""
    return frozenset(subject for one in _EVERYBODY for subject in tx.scalars(one))


def among(tx: Transaction, subjects: Collection[bytes]) -> frozenset[bytes]:
    """Return those of some subjects that have a row."""
    return frozenset(subject for one in _AMONG for subject in tx.scalars(one, {"subjects": list(subjects)}))
