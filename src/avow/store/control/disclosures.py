"""Disclosures: what went to which recipient, for what, so that a person and the 12-month chart can be told."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from sqlalchemy import bindparam, delete, func, select, update

from avow.store.control import contract_gaps
from avow.store.control.counts import add_to
from avow.store.control.database import Transaction
from avow.store.control.rows import add_new, insert_into
from avow.store.control.tables import disclosure_totals, disclosures, standing_disclosures

#: What tells one figure of a day from another, and a day, milliseconds.
_OF_DAY: Final = ("recipient", "categories", "purpose", "point", "rulebook_id")
_DAY_MS: Final = 86_400_000
#: What a disclosure says once nobody need know whose it was.
NOBODY: Final = {"subject": None, "record": "", "delivery": ""}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Data of `count` records that went to a recipient; `categories` are the letters of § 1798.140(v)(1), e.g. "AB".

    `forget_on` is the day from which nobody need know whose it was; what names a person has one. `site` is the website on
    which it was given, `items` the policy's names of what went, with spaces between, `record` of which record that was, and
    `delivery` by which it left: its row has the receipt. A record of a person whom two identifiers find has a row for each, of
    which one counts.
    """

    at_ms: int
    recipient: str
    categories: str
    purpose: str
    point: str
    rulebook_id: str
    subject: bytes | None = None
    count: int = 1
    demonstration: bool = False
    forget_on: date | None = None
    site: str = ""
    items: str = ""
    record: str = ""
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class DisclosureTotal:
    """How many records went to a recipient for a purpose, from a point, under a version of the policy.

    `lacked` is what the contract with it lacked then (`contract_gaps`).
    """

    recipient: str
    categories: str
    purpose: str
    point: str
    rulebook_id: str
    count: int
    lacked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Whoever stores or carries for us all the time gets what a point takes in, under a version: from a moment to another."""

    recipient: str
    point: str
    purpose: str
    rulebook_id: str
    categories: str
    items: str
    from_ms: int
    until_ms: int

    def of(self, collected_ms: int, site: str) -> Disclosure:
        """Return what it is for somebody whose oldest record of the point is of a moment."""
        at_ms = max(self.from_ms, collected_ms)
        named = (self.recipient, self.categories, self.purpose, self.point, self.rulebook_id)
        return Disclosure(at_ms, *named, site=site, items=self.items)


def stand(tx: Transaction, one: Standing) -> None:
    """Keep that a disclosure stands, until the later moment where it is kept already."""
    made = insert_into(tx, standing_disclosures).values(**asdict(one))
    later = {"until_ms": made.excluded.until_ms}
    tx.execute(made.on_conflict_do_update(index_elements=["recipient", "point", "purpose", "rulebook_id"], set_=later))


def standing(tx: Transaction, since_ms: int = 0) -> tuple[Standing, ...]:
    """Return the standing disclosures that stood at a moment or later."""
    columns = standing_disclosures.c
    rows = select(standing_disclosures).where(columns.until_ms >= since_ms)
    ordered = rows.order_by(columns.recipient, columns.point, columns.purpose, columns.rulebook_id)
    return tuple(Standing(**row) for row in tx.execute(ordered).mappings())


def add(tx: Transaction, disclosure: Disclosure, own_id: str | None = None) -> bool:
    """Keep a disclosure, under an id of its own where it may come again; False when it is kept already.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(C); § 1798.110(a)(4).
    """
    is_new = add_new(tx, disclosures, {"id": own_id or secrets.token_hex(16), **asdict(disclosure)})
    if is_new and disclosure.count:
        _count(tx, disclosure)
    return is_new


def put_off(tx: Transaction, delivery: str, forget_on: date) -> None:
    """Keep until a later day whose it was that left by a delivery: it was handed over again."""
    own = disclosures.c
    again = update(disclosures).where(own.delivery == delivery, own.subject.is_not(None), own.forget_on < forget_on)
    tx.execute(again.values(forget_on=forget_on))


def add_up(tx: Transaction, disclosure: Disclosure, own_id: str) -> None:
    """Add a disclosure's count to the one that is kept under this id, or keep it: what happens often is counted by the day.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(C).
    """
    rest = asdict(disclosure)
    add_to(tx, disclosures, {"id": own_id}, {"count": rest.pop("count")}, rest)
    _count(tx, disclosure)


def _count(tx: Transaction, one: Disclosure) -> None:
    """Add to what went to whom on the day of a disclosure; an invented person's is no figure."""
    if not one.demonstration:
        key = {name: getattr(one, name) for name in _OF_DAY}
        add_to(tx, disclosure_totals, {"day": one.at_ms // _DAY_MS, **key}, {"count": one.count})


def totals(tx: Transaction, since_ms: int) -> tuple[DisclosureTotal, ...]:
    """Return what went to whom since the day of a moment, apart by the version under which it went and what was lacking then.

    No invented person's is in it.

    What stands all the time is one entry for each point, whatever it took in.
    """
    kept = disclosure_totals.c
    columns = (kept.recipient, kept.categories, kept.purpose, kept.point, kept.rulebook_id)
    gaps = contract_gaps.every(tx)
    names = {one.recipient for one in gaps}
    wanted = select(*columns, func.sum(kept.count)).where(kept.day >= since_ms // _DAY_MS, kept.recipient.not_in(names))
    went: Counter[tuple[str, str, str, str, str, tuple[str, ...]]] = Counter()
    for *key, count in tx.execute(wanted.group_by(*columns)):
        went[*key, ()] += int(count)
    if names:  # day by day, for those whose contract lacked something at some time
        by_day = select(*columns, kept.day, func.sum(kept.count)).where(
            kept.day >= since_ms // _DAY_MS, kept.recipient.in_(names)
        )
        for *key, day, count in tx.execute(by_day.group_by(*columns, kept.day)):
            went[*key, contract_gaps.lacked_on(gaps, key[0], day)] += int(count)
    for one in standing(tx, since_ms):
        span = (max(one.from_ms, since_ms), one.until_ms + 1)
        lacked = tuple(sorted({gap.clause for gap in gaps if gap.recipient == one.recipient and gap.holds(*span)}))
        went[one.recipient, one.categories, one.purpose, one.point, one.rulebook_id, lacked] += 1
    return tuple(DisclosureTotal(*key[:5], count, key[5]) for key, count in sorted(went.items()))


def of_subjects(tx: Transaction, wanted: Collection[bytes]) -> tuple[Disclosure, ...]:
    """Return the disclosures of these subjects' data, oldest first."""
    columns = [column for column in disclosures.c if column.name != "id"]
    chosen = select(*columns).where(disclosures.c.subject.in_(wanted)).order_by(disclosures.c.at_ms)
    return tuple(Disclosure(**row) for row in tx.execute(chosen).mappings())


def undated(tx: Transaction) -> tuple[tuple[str, str, str, int], ...]:
    """Return (id, version, recipient, moment) of those that name a person and have no day: of an earlier version."""
    own = disclosures.c
    wanted = select(own.id, own.rulebook_id, own.recipient, own.at_ms).where(own.subject.is_not(None), own.forget_on.is_(None))
    return tuple((row.id, row.rulebook_id, row.recipient, row.at_ms) for row in tx.execute(wanted))


def date_them(tx: Transaction, days: Mapping[str, date]) -> None:
    """Give disclosures their day, by id."""
    if days:
        one = update(disclosures).where(disclosures.c.id == bindparam("own")).values(forget_on=bindparam("day"))
        tx.execute(one, [{"own": row_id, "day": day} for row_id, day in days.items()])


def forget_subjects(tx: Transaction, wanted: Collection[bytes]) -> int:
    """Forget whose data it was; that it went to the recipient stays, for the 12-month chart."""
    return int(tx.execute(update(disclosures).where(disclosures.c.subject.in_(wanted)).values(**NOBODY)).rowcount)


def remove_demonstration(tx: Transaction) -> int:
    """Remove the disclosures of the demonstration."""
    return int(tx.execute(delete(disclosures).where(disclosures.c.demonstration)).rowcount)
