"""The parts of a request that staff withhold: kept beyond a deletion, or left out of an answer, each by a code, after two looks.

    named      PART_WANTED, before the plan is made       the rest is carried out meanwhile, as if it were decided
    decided    PART_DECIDED, by somebody else             it stays withheld, or falls: then it is erased, or shown

What a history says of them, and what they do to a record; who may name and decide is `withholding`.
Rule: Cal. Civ. Code § 1798.105(d)(4)-(7), § 1798.145(a)(5), (b), (k), (p); 11 CCR 7022(f), 7024(e), (h). Why: decision 0088.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from avow.policy import Rulebook
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.plan import Keep, Withheld
from avow.rights.sealed_words import opened
from avow.rights.states import Entry, Step

#: What stands in an answer in the place of what is withheld.
_SAID: Final = "(held, and not shown here: code {})"


def every(case: Case) -> tuple[Withheld, ...]:
    """Return every part that was named, in their order, whatever was decided about it."""
    return tuple(_of_entry(one) for one in case.history if one.step is Step.PART_WANTED)


def of(case: Case) -> tuple[Withheld, ...]:
    """Return the parts that are withheld now: agreed to, or not decided yet."""
    said = decisions(case)
    return tuple(one for one in every(case) if one.number not in said or said[one.number].detail["agrees"])


def pending(case: Case) -> tuple[Withheld, ...]:
    """Return the parts about which nobody has decided yet."""
    said = decisions(case)
    return tuple(one for one in every(case) if one.number not in said)


def fallen(case: Case) -> tuple[Withheld, ...]:
    """Return the parts that are not withheld after all."""
    standing = {one.number for one in of(case)}
    return tuple(one for one in every(case) if one.number not in standing)


def agreed(case: Case) -> tuple[Withheld, ...]:
    """Return the parts that are withheld for good."""
    waiting = {one.number for one in pending(case)}
    return tuple(one for one in of(case) if one.number not in waiting)


def decisions(case: Case) -> Mapping[int, Entry]:
    """Return what was decided, by the number of the part; the first decision of a part is the one that counts."""
    found: dict[int, Entry] = {}
    for one in case.history:
        if one.step is Step.PART_DECIDED:
            found.setdefault(one.detail["part"], one)
    return found


def shown(fields: Mapping[str, str], point: str, record_id: str, withheld: Iterable[Withheld]) -> dict[str, str]:
    """Return the fields of a record as an answer shows them: that something is held is said, and what it is, is not.

    Rule: 11 CCR 7024(e).
    """
    hidden = {name: one.code for one in withheld if one.covers(point, record_id) for name in one.fields}
    return {name: _SAID.format(hidden[name]) if name in hidden else value for name, value in fields.items()}


def hides(item: str, point: str, record_id: str, withheld: Iterable[Withheld]) -> bool:
    """Return whether a field or file of a record is withheld."""
    return any(item in one.fields and one.covers(point, record_id) for one in withheld)


def keep(one: Withheld, fields: Collection[str], delete_on: date | None, rulebook: Rulebook) -> Keep:
    """Return what a part keeps of a record with these fields, which goes on `delete_on` by itself.

    What belongs to a household stays no longer than it would have stayed anyhow. Rule: Cal. Civ. Code § 1798.145(p).
    """
    named = tuple(sorted(one.fields & frozenset(fields)))
    return Keep(one.code, one.name, text(rulebook, one.code), one.rule, one.purpose, named, one.until or delete_on)


def text(rulebook: Rulebook, code: str) -> str:
    """Return what the law calls an exception; its code where no law of the policy has it."""
    return next((one.text for law in rulebook.law.values() for one in law.exceptions if one.code == code), code)


def reason(case: Case, one: Withheld, cases: Cases) -> str:
    """Return why a part is withheld, as its person reads it; "" once the record's key is gone. Rule: 11 CCR 7022(f)(1)."""
    entry = next(entry for entry in case.history if entry.seq == one.number)
    return opened(case, entry.detail["words"], cases)


def _of_entry(entry: Entry) -> Withheld:
    said = entry.detail
    return Withheld(
        number=entry.seq,
        name=said["name"],
        code=said["code"],
        rule=said["rule"],
        point=said.get("point", ""),
        fields=frozenset(said.get("fields", ())),
        records=frozenset(said.get("records", ())),
        purpose=said.get("purpose", ""),
        until=date.fromisoformat(said["until"]) if "until" in said else None,
        before=date.fromisoformat(said["before"]) if "before" in said else None,
        rulebook_id=said.get("rulebook", ""),
    )
