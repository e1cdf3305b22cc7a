"""What a law table is: the values of one jurisdiction, each with its source, the day it was checked and how well.

Verified marks, from best to worst: P primary text; P20 statute as enacted in 2020; P23 regulation as of 2023/24;
C commentary; M from memory, to be verified. H is no mark of the law: a rule of the house, where the law says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

#: Marks that stand on a text that somebody read in the law itself.
READ: Final = frozenset({"P", "P20", "P23"})

#: What a value may be. Numbers are whole; a list of the data file is a tuple here.
Value: TypeAlias = int | str | date | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LawValue:
    """One number or word of the law, with where it was read, when, and how well it is verified."""

    value: Value
    unit: str
    source: str
    checked: date
    verified: str
    note: str = ""

    @property
    def is_read(self) -> bool:
        """Whether the value was read in the law's own text; if not, whoever shows it must say so."""
        return self.verified in READ


@dataclass(frozen=True, slots=True)
class DeletionException:
    """A ground on which personal information may be kept although its deletion was asked for; a denial names its code."""

    code: str
    source: str
    text: str
    checked: date
    verified: str


@dataclass(frozen=True, slots=True)
class LawTable:
    """The parameters of one jurisdiction: its name, its act, its values by name, and its grounds for keeping."""

    code: str
    name: str
    law: str
    values: Mapping[str, LawValue]
    exceptions: tuple[DeletionException, ...] = ()

    @property
    def effective(self) -> date:
        """The day on which the law came, or comes, into force."""
        value = self.values["effective"].value
        assert isinstance(value, date), f"{self.code}: effective is not a date"  # package data, checked by a test
        return value

    @property
    def respond_days(self) -> int:
        """Calendar days from receipt to the answer. Rule (US-CA): 11 CCR 7021(b)."""
        return self._number("respond_days")

    @property
    def extension_days(self) -> int:
        """Calendar days that one extension adds. Rule (US-CA): 11 CCR 7021(b)."""
        return self._number("extension_days")

    @property
    def acknowledge_business_days(self) -> int:
        """Business days from receipt to the confirmation. Rule (US-CA): 11 CCR 7021(a)."""
        return self._number("acknowledge_business_days")

    @property
    def optout_business_days(self) -> int:
        """Business days within which an opt-out must have its effect. Rule (US-CA): 11 CCR 7026(f)."""
        return self._number("optout_business_days")

    @property
    def resolicit_months(self) -> int:
        """Months during which a person who opted out is not asked again. Rule (US-CA): Cal. Civ. Code § 1798.135(c)(4)."""
        return self._number("resolicit_months")

    @property
    def record_months(self) -> int:
        """Months that the record of a consumer request is kept. Rule (US-CA): 11 CCR 7101(a)."""
        return self._number("record_months")

    @property
    def policy_update_months(self) -> int:
        """Months after which a policy must have been updated. Rule (US-CA): Cal. Civ. Code § 1798.130(a)(5)."""
        return self._number("policy_update_months")

    @property
    def timezone(self) -> str:
        """The zone whose local date counts for consumers of this jurisdiction."""
        return str(self.values["timezone"].value)

    def _number(self, name: str) -> int:
        value = self.values[name].value
        assert isinstance(value, int), f"{self.code}: {name} is not a number"  # the table is package data, checked by a test
        return value
