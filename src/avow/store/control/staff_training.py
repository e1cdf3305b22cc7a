"""Trainings of staff: who was trained on what, when, and until when that holds. Rule: 11 CCR 7100(a)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, insert, select

from avow.store.control.database import Transaction
from avow.store.control.tables import staff_training


@dataclass(frozen=True, slots=True)
class Training:
    """A training of an account, on something, on a day; it holds until a last day."""

    id: str
    staff_id: str
    topic: str
    trained_on: date
    until_on: date
    noted_by: str
    noted_ms: int


@dataclass(frozen=True, slots=True)
class Trained:
    """What is noted of a training."""

    topic: str
    trained_on: date
    until_on: date


def add(tx: Transaction, staff_id: str, training: Trained, by: str, now_ms: int) -> None:
    """Note a training."""
    values = {"topic": training.topic, "trained_on": training.trained_on, "until_on": training.until_on}
    noted = {"id": secrets.token_hex(8), "staff_id": staff_id, "noted_by": by, "noted_ms": now_ms}
    tx.execute(insert(staff_training).values(**noted, **values))


def of(tx: Transaction, staff_id: str) -> tuple[Training, ...]:
    """Return the trainings of an account, the one that holds longest first."""
    rows = staff_training.c
    wanted = select(staff_training).where(rows.staff_id == staff_id).order_by(rows.until_on.desc(), rows.noted_ms.desc())
    return tuple(Training(**row) for row in tx.execute(wanted).mappings())


def until(tx: Transaction) -> dict[str, date]:
    """Return until when each account that has any is trained."""
    rows = staff_training.c
    wanted = select(rows.staff_id, func.max(rows.until_on)).group_by(rows.staff_id)
    return {staff_id: last for staff_id, last in tx.execute(wanted)}  # noqa: C416 - a row is no pair for the type checker


def holds(tx: Transaction, staff_id: str, today: date) -> bool:
    """Return whether an account has a training that holds today."""
    found = (staff_training.c.staff_id == staff_id, staff_training.c.until_on >= today)
    return tx.execute(select(staff_training.c.id).where(*found).limit(1)).first() is not None


def remove(tx: Transaction, staff_id: str, training_id: str) -> bool:
    """Remove a training that was noted by mistake; False when there is none."""
    found = (staff_training.c.staff_id == staff_id, staff_training.c.id == training_id)
    return tx.execute(delete(staff_training).where(*found)).rowcount > 0
