"""What contracts with recipients lacked, and when: what went meanwhile went to a third party, whatever is mended since.

    clause   one that was found to be missing: it was never there, so its gap begins with the first moment, or where the one
             before ended; over when it is mended, and no gap at all where it was noted by mistake
    ""       no contract: from the moment of its end until there is one again

Rule: 11 CCR 7051(c), 7053(c); Cal. Civ. Code § 1798.130(a)(5)(C).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, insert, select, update

from avow.store.control.database import Transaction
from avow.store.control.tables import contract_gaps

#: What stands for the whole contract in the place of a clause.
CONTRACT: Final = ""
_DAY_MS: Final = 86_400_000
_own: Final = contract_gaps.c


@dataclass(frozen=True, slots=True)
class Gap:
    """One clause ("" for the whole contract) that a recipient's contract lacked from a moment to another, None for until now."""

    recipient: str
    clause: str
    from_ms: int
    until_ms: int | None

    def holds(self, from_ms: int, until_ms: int) -> bool:
        """Return whether it does at some moment of a span, its last left out."""
        return self.from_ms < until_ms and (self.until_ms is None or self.until_ms > from_ms)


def every(tx: Transaction) -> tuple[Gap, ...]:
    """Return all of them: as many as were ever found."""
    rows = tx.execute(select(contract_gaps).order_by(_own.recipient, _own.clause, _own.from_ms)).mappings()
    return tuple(Gap(**row) for row in rows)


def lacked(gaps: Iterable[Gap], recipient: str, at_ms: int) -> tuple[str, ...]:
    """Return what the contract with a recipient lacked at a moment."""
    return tuple(sorted({one.clause for one in gaps if one.recipient == recipient and one.holds(at_ms, at_ms + 1)}))


def lacked_on(gaps: Iterable[Gap], recipient: str, day: int) -> tuple[str, ...]:
    """Return what it lacked as a day (since 1970, UTC) began: what ends within a day lets nothing go for the rest of it."""
    return lacked(gaps, recipient, day * _DAY_MS)


def begin(tx: Transaction, recipient: str, clause: str, now_ms: int) -> None:
    """Note that a clause was found to be missing, or that there is no contract any more; nothing where that is noted."""
    theirs = (_own.recipient == recipient, _own.clause == clause)
    if tx.execute(select(_own.clause).where(*theirs, _own.until_ms.is_(None))).first() is None:
        before = tx.execute(select(func.max(_own.until_ms)).where(*theirs)).scalar() or 0
        from_ms = now_ms if clause == CONTRACT else int(before)
        tx.execute(insert(contract_gaps).values(recipient=recipient, clause=clause, from_ms=from_ms))


def end(tx: Transaction, recipient: str, clause: str, now_ms: int) -> None:
    """Note that it is there from now on."""
    still = (_own.recipient == recipient, _own.clause == clause, _own.until_ms.is_(None))
    tx.execute(update(contract_gaps).where(*still).values(until_ms=now_ms))


def take_back(tx: Transaction, recipient: str, clause: str) -> None:
    """Note that it was there all along."""
    still = (_own.recipient == recipient, _own.clause == clause, _own.until_ms.is_(None))
    tx.execute(delete(contract_gaps).where(*still))
