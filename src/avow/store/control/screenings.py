"""Orders to a screener: when the result came, when its person got the copy before a no, when it was disposed of.

Whose it is says the order's delivery, with which the row goes. Rule: 15 U.S.C. 1681b(b)(3); 16 CFR 682.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from avow.store.control.database import Transaction
from avow.store.control.rows import insert_into
from avow.store.control.tables import screenings


@dataclass(frozen=True, slots=True)
class Screening:
    """What became of one order; None is not yet."""

    delivery: str
    result_on: date | None = None
    copied_on: date | None = None
    disposed_on: date | None = None


def get(tx: Transaction, delivery: str) -> Screening:
    """Return what became of an order; one of which nothing is noted has no day."""
    row = tx.execute(select(screenings).where(screenings.c.delivery == delivery)).mappings().first()
    return Screening(delivery) if row is None else Screening(**row)


def put(tx: Transaction, one: Screening) -> None:
    """Keep what became of an order in the place of what was known."""
    days = {"result_on": one.result_on, "copied_on": one.copied_on, "disposed_on": one.disposed_on}
    made = insert_into(tx, screenings).values(delivery=one.delivery, **days)
    tx.execute(made.on_conflict_do_update(index_elements=["delivery"], set_=days))
