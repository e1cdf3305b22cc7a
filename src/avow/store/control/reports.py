"""What other companies' reports of clicks said, by the id of each, so that another body under a known id is told apart.

Both columns are keyed hashes under a secret of the vault: nobody reads an order or a person out of them.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select

from avow.store.control.database import Transaction
from avow.store.control.rows import add_new
from avow.store.control.tables import reports


def is_said(tx: Transaction, mark: bytes, said: bytes, delete_on: date) -> bool:
    """Keep what the report of this mark said until a day; return whether it is what was said first."""
    if add_new(tx, reports, {"mark": mark, "said": said, "delete_on": delete_on}):
        return True
    return tx.execute(select(reports.c.said).where(reports.c.mark == mark)).scalar() == said


def sweep(tx: Transaction, today: date) -> int:
    """Forget the reports whose records are due; return how many."""
    return tx.execute(delete(reports).where(reports.c.delete_on <= today)).rowcount
