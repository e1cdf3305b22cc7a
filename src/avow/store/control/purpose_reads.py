"""How often records were read for a purpose, and how often that was refused; nobody is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from avow.store.control.counts import add_to
from avow.store.control.database import Transaction
from avow.store.control.tables import purpose_reads


@dataclass(frozen=True, slots=True)
class PurposeReads:
    """How often a website's submissions of a point were read for a purpose on a day, and how often that was refused."""

    day: date
    point: str
    purpose: str
    allowed: int
    refused: int
    site: str = ""


def add(tx: Transaction, day: date, site: str, point: str, purpose: str, *, allowed: bool) -> None:
    """Count one read, or one refused read, for a purpose."""
    add_to(
        tx,
        purpose_reads,
        {"day": day, "site": site, "point": point, "purpose": purpose},
        {"allowed": int(allowed), "refused": int(not allowed)},
    )


def since(tx: Transaction, day: date) -> tuple[PurposeReads, ...]:
    """Return the counted reads since a day, newest first."""
    kept = purpose_reads.c
    wanted = select(purpose_reads).where(kept.day >= day).order_by(kept.day.desc(), kept.site, kept.point)
    return tuple(PurposeReads(**row) for row in tx.execute(wanted).mappings())
