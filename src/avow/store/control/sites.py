"""The website of rows that were kept before rows named one."""

from __future__ import annotations

from typing import Final

from sqlalchemy import update

from avow.store.control.database import Transaction
from avow.store.control.tables import (
    choices,
    consumer_requests,
    deliveries,
    disclosures,
    integrity_changes,
    integrity_days,
    purpose_reads,
)

#: Tables whose rows are of one website. A mailing without a name is to everybody on its list, now as before.
_OF_ONE: Final = (choices, consumer_requests, deliveries, disclosures, purpose_reads, integrity_days, integrity_changes)


def name_unnamed(tx: Transaction, site: str) -> int:
    """Give the rows without a website this one; return how many they were. Safe to repeat."""
    return sum(int(tx.execute(update(table).where(table.c.site == "").values(site=site)).rowcount) for table in _OF_ONE)
