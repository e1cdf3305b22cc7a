"""Counts without anybody in them: what was refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Final

from sqlalchemy import Table, func, select

from avow.store.control.database import Transaction, alone
from avow.store.control.rows import adding_to
from avow.store.control.tables import refusals

#: Refusals of one day that are told apart by a field's name, and what stands for the names of the rest.
NAMED_PER_DAY: Final = 1000
OTHER: Final = "(other)"


@dataclass(frozen=True, slots=True)
class RefusalKind:
    """What was not kept on a day: a field ("" for a whole record), why, by which rule."""

    day: date
    site: str
    point: str
    reason: str
    rule: str
    field: str


def add_refusals(tx: Transaction, counts: Mapping[RefusalKind, int]) -> None:
    """Add to the counts of refusals; a name beyond those that a day has room for is counted as OTHER.

    Names come from anyone who sends; points, reasons and rules come from the policy and this program, so they are few.
    """
    alone(tx, "refusals")  # a day's room is counted before it is taken
    for day in {kind.day for kind in counts}:
        named = _named(tx, day)
        for kind, count in counts.items():
            if kind.day == day:
                counted = kind if kind in named or len(named) < NAMED_PER_DAY or not kind.field else replace(kind, field=OTHER)
                if counted.field not in {"", OTHER}:
                    named.add(counted)
                add_to(tx, refusals, asdict(counted), {"count": count})


def refused_by(tx: Transaction, day: date, rules: Collection[str]) -> dict[str, int]:
    """Return how often each of these rules refused something on a day."""
    wanted = (
        select(refusals.c.rule, func.sum(refusals.c.count))
        .where(refusals.c.day == day, refusals.c.rule.in_(rules))
        .group_by(refusals.c.rule)
    )
    found = {rule: int(count) for rule, count in tx.execute(wanted)}
    return {rule: found.get(rule, 0) for rule in rules}


def fields_refused_by(tx: Transaction, rule: str, since: date) -> dict[tuple[str, str], int]:
    """Return how often each field was refused by a rule since a day, by its point and name."""
    one = refusals.c
    wanted = select(one.point, one.field, func.sum(one.count)).where(one.day >= since, one.rule == rule)
    return {(point, field): int(count) for point, field, count in tx.execute(wanted.group_by(one.point, one.field))}


def _named(tx: Transaction, day: date) -> set[RefusalKind]:
    """Return what was refused by a name on a day."""
    wanted = select(refusals).where(refusals.c.day == day, refusals.c.field.not_in(["", OTHER])).limit(NAMED_PER_DAY)
    return {RefusalKind(**{name: row[name] for name in _KIND}) for row in tx.execute(wanted).mappings()}


def refused(tx: Transaction, since: date) -> tuple[tuple[RefusalKind, int], ...]:
    """Return the counted refusals since a day, newest and most frequent first."""
    wanted = select(refusals).where(refusals.c.day >= since).order_by(refusals.c.day.desc(), refusals.c.count.desc())
    rows = tx.execute(wanted).mappings()
    return tuple((RefusalKind(**{name: row[name] for name in _KIND}), row["count"]) for row in rows)


_KIND = ("day", "site", "point", "reason", "rule", "field")


def add_to(
    tx: Transaction, table: Table, key: Mapping[str, object], counts: Mapping[str, int], rest: Mapping[str, object] | None = None
) -> None:
    """Add counts to the row of a key, made when missing; `rest` are its other columns, the same whenever it is added to."""
    tx.execute(adding_to(tx, table, tuple(key), tuple(counts)), {**key, **(rest or {}), **counts})
