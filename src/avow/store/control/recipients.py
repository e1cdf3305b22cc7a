"""What the policy cannot say of a recipient: its contract's paper, whom to write to, when to look again.

The clauses of a contract are the policy's. What was found to be missing, whatever the policy says, is here, because a text that
was published is never changed. Rule: 11 CCR 7051, 7053; Cal. Civ. Code § 1798.140(ag)(1)(D).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import RowMapping, bindparam, func, select

from avow.store.control.database import Transaction
from avow.store.control.rows import insert_into
from avow.store.control.tables import recipients


@dataclass(frozen=True, slots=True)
class Registered:
    """One recipient by the policy's name; `document` names its contract among the files, `sha256` is that of what was given.

    `missing` are clauses that were found to be missing; `withdrawn_ms` is since when there is no contract any more.
    """

    name: str
    contact: str = ""
    signed: date | None = None
    review_on: date | None = None
    sub_processors: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    withdrawn_ms: int | None = None
    document: str = ""
    sha256: str = ""
    changed_ms: int = 0


_ONE: Final = select(recipients).where(recipients.c.name == bindparam("own"))


def get(tx: Transaction, name: str) -> Registered | None:
    """Return what is registered of one recipient."""
    row = tx.execute(_ONE, {"own": name}).mappings().first()
    return None if row is None else _registered(row)


def every(tx: Transaction) -> dict[str, Registered]:
    """Return what is registered, by the policy's names."""
    rows = tx.execute(select(recipients).order_by(recipients.c.name)).mappings()
    return {row["name"]: _registered(row) for row in rows}


def changes(tx: Transaction) -> int:
    """Return a number that is another one whenever something was written down: each recipient's moment only grows (`put`)."""
    return int(tx.execute(select(func.sum(recipients.c.changed_ms))).scalar() or 0)


def put(tx: Transaction, one: Registered) -> None:
    """Keep what is registered of a recipient in the place of what was; of two changes in one millisecond the second is later."""
    before = tx.execute(select(recipients.c.changed_ms).where(recipients.c.name == one.name)).scalar() or 0
    one = replace(one, changed_ms=max(one.changed_ms, int(before) + 1))
    values = asdict(one) | {"sub_processors": json.dumps(one.sub_processors), "missing": json.dumps(one.missing)}
    made = insert_into(tx, recipients).values(**values)
    rest = {name: value for name, value in values.items() if name != "name"}
    tx.execute(made.on_conflict_do_update(index_elements=["name"], set_=rest))


def _registered(row: RowMapping) -> Registered:
    texts = {name: msgspec.json.decode(row[name], type=tuple[str, ...]) for name in ("sub_processors", "missing")}
    return Registered(**{**row, **texts})
