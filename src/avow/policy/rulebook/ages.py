"""What a form tells of an age under 16: the youngest that it can be. Pure: the mark that it leaves is `gate.minors`.

Rule: Cal. Civ. Code § 1798.120(c): to disregard an age is to know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.policy.law import LawTable
from avow.policy.law.counting import add_months
from avow.policy.rulebook.rulebook import Rulebook

#: Nobody is older, years; a number beyond it is no age.
_OLDEST: Final = 130


@dataclass(frozen=True, slots=True)
class Heard:
    """An age that a form told: the day on which its person is 13, and the one on which they are 16, at the latest."""

    thirteen: date
    sixteen: date


def known(rulebook: Rulebook, point: str, fields: Mapping[str, str], today: date) -> Heard | None:
    """Return what a form says of an age that is under 16 on a day; None for an older one, for none, and under other laws.

    Of two items the younger age counts. Rule: Cal. Civ. Code § 1798.120(c).
    """
    law, declared = rulebook.law_table, rulebook.points.get(point)
    if law.minors_opt_in_under is None or declared is None:
        return None
    born = [
        one
        for name in declared.fields
        if (says := rulebook.data[name].says_age) and (one := _born(says, fields.get(name, "").strip(), law, today)) is not None
    ]
    if not born:
        return None
    latest = max(born)
    heard = Heard(_on_birthday(latest, law.minors_parent_under), _on_birthday(latest, law.minors_opt_in_under))
    return heard if heard.sixteen > today else None


def _born(says: str, value: str, law: LawTable, today: date) -> date | None:
    """Return the last day on which somebody can have been born who says this of their age; None for what is no age."""
    if not value or law.minors_opt_in_under is None:
        return None
    if says == "birth-date":
        return _day(value)
    number = int(value) if value.isascii() and value.isdecimal() else -1
    if says == "age":
        return add_months(today, -12 * number) if 0 <= number <= _OLDEST else None
    if says == "birth-year":
        return date(number, 12, 31) if today.year - _OLDEST <= number <= today.year else None
    # A box that is ticked: as young as it can be.
    return add_months(today, -12 * law.minors_parent_under) if says == "13-to-15" else today


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _on_birthday(born: date, years: int) -> date:
    return add_months(born, 12 * years)
