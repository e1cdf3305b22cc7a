"""What a law table is: the values of one jurisdiction, each with its source, the day it was checked and how well.

Verified marks, from best to worst: P primary text; P20 statute as enacted in 2020; P23 regulation as of 2023/24;
C commentary; M from memory, to be verified. H is no mark of the law: a rule of the house, where the law says nothing.
A value that the law does not know (no appeal, no confirmation of receipt) is absent, and its property is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

#: Marks that stand on a text that somebody read in the law itself.
READ: Final = frozenset({"P", "P20", "P23"})

#: Every mark, with what it says to people.
MARKS: Final = {
    "P": "read in the law",
    "P20": "read in the statute as enacted in 2020",
    "P23": "read in the regulations of 2023/24",
    "C": "read in commentary only",
    "M": "from memory",
    "H": "rule of the house",
}

#: What a value may be. Numbers are whole; a list of the data file is a tuple here.
Value: TypeAlias = int | str | date | tuple[str, ...]


class Unit(StrEnum):
    """In what a period of the law is counted."""

    DAYS = "calendar days"
    BUSINESS_DAYS = "business days"
    MONTHS = "calendar months"
    HOURS = "hours"


class Counting(StrEnum):
    """By whose rules days are counted: the common holidays of the United States, or Regulation 1182/71 of the Union."""

    COMMON_HOLIDAYS = "common holidays"
    REGULATION_1182 = "Regulation 1182/71"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time in the law's own unit."""

    number: int
    unit: Unit

    @property
    def words(self) -> str:
        """The period as policies and letters say it: "45 days", "10 business days", "one month"."""
        unit = self.unit.removeprefix("calendar ")
        return f"{self.number} {unit[:-1] if self.number == 1 else unit}"

    def plus(self, more: Period | None) -> Period:
        """Return this period extended by another of the same unit. Rule: 11 CCR 7021(b); GDPR Art. 12(3)."""
        if more is None:
            return self
        assert more.unit is self.unit, f"{self.words} extended by {more.words}"  # package data, checked by a test
        return Period(self.number + more.number, self.unit)


@dataclass(frozen=True, slots=True)
class FreeRequests:
    """How many requests of which kinds are owed free of charge inside a window. Rule (US-CA): Cal. Civ. Code § 1798.130(b)."""

    count: int
    window_months: int
    kinds: tuple[str, ...]


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
        """Whether the value was read in the law's own text."""
        return self.verified in READ

    @property
    def doubt(self) -> str:
        """The words that are next to the value where staff see it, if nobody read it in the law; else none."""
        return "" if self.is_read or self.verified == "H" else "not yet verified in the text of the law"

    @property
    def words(self) -> str:
        """The value and its unit for people: "45 calendar days", "yes", "know, delete"."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if isinstance(self.value, tuple):
            return ", ".join(self.value)
        if isinstance(self.value, int):
            unit = self.unit[:-1] if self.value == 1 and self.unit in set(Unit) else self.unit
            return f"{self.value:,} {unit}"
        return str(self.value)


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
        """The day on which the law came, or comes, into force. Rule (US-CA): Cal. Civ. Code § 1798.198(a)."""
        found = self._date("effective")
        assert found, f"{self.code}: no day of effect"
        return found

    @property
    def is_in_force(self) -> bool:
        """Whether the law was in force when the table was checked. Rule (US-CA): Cal. Civ. Code § 1798.198(a)."""
        return self._words("status") == "in force"

    @property
    def timezone(self) -> str:
        """The zone whose local date counts for consumers of this jurisdiction."""
        return self._words("timezone")

    @property
    def counting(self) -> Counting:
        """By whose rules days are counted.

        Rule (US-CA): Cal. Civ. Code §§ 7, 9, 10; Gov. Code § 6700.
        Rule (EU-GDPR): Regulation (EEC, Euratom) 1182/71, Art. 3.
        """
        return Counting(self._words("counting"))

    @property
    def covers_applicants(self) -> bool:
        """Whether people who apply for a job have the rights. Rule (US-CA): Cal. Civ. Code § 1798.145."""
        return self._is("covers_applicants")

    @property
    def respond(self) -> Period:
        """From receipt to the answer. Rule: 11 CCR 7021(b); GDPR Art. 12(3)."""
        found = self.period("respond")
        assert found, f"{self.code}: no period to answer"
        return found

    @property
    def extension(self) -> Period | None:
        """What one extension adds to the period. Rule: 11 CCR 7021(b); GDPR Art. 12(3)."""
        return self.period("extension")

    @property
    def acknowledge(self) -> Period | None:
        """From receipt to its confirmation. Rule (US-CA): 11 CCR 7021(a)."""
        return self.period("acknowledge")

    @property
    def acknowledge_kinds(self) -> tuple[str, ...]:
        """The kinds of requests whose receipt is confirmed. Rule (US-CA): 11 CCR 7021(a)."""
        return self._list("acknowledge_kinds")

    @property
    def optout(self) -> Period:
        """Within which an opt-out must have its effect, at most. Rule: 11 CCR 7026(f); GDPR Art. 21(3)."""
        found = self.period("optout")
        assert found, f"{self.code}: no period for an opt-out"
        return found

    @property
    def optout_automated(self) -> Period:
        """Within which opting out of automated decisions must have its effect. Rule (US-CA): 11 CCR 7221."""
        return self.period("optout_automated") or self.optout

    @property
    def automated_from(self) -> date | None:
        """From when a significant decision by a program needs notice, opt-out and access; None where the law asks for none.

        Rule (US-CA): 11 CCR 7200(b).
        """
        return self._date("automated_from")

    @property
    def automated_methods(self) -> int:
        """Fewest ways to opt out of automated decisions. Rule (US-CA): 11 CCR 7221(c)."""
        return self._number("automated_methods") if "automated_methods" in self.values else 0

    @property
    def consent_revocation(self) -> Period | None:
        """Within which a revoked consent must have its effect, where the law says it apart. Rule (US-RI): 6-48.1."""
        return self.period("consent_revocation")

    @property
    def resolicit_months(self) -> int | None:
        """Months in which a person who opted out is not asked again. Rule (US-CA): Cal. Civ. Code § 1798.135(c)(4)."""
        found = self.period("resolicit")
        return found.number if found else None

    @property
    def incentive_again_months(self) -> int:
        """Months in which nobody is asked again for a yes to an incentive that they refused; 0 where the law names none.

        Rule (US-CA): Cal. Civ. Code § 1798.125(b)(3).
        """
        found = self.period("incentive_again")
        return found.number if found else 0

    @property
    def look_back_from(self) -> date | None:
        """The first day back to which somebody may ask what is held; None where the law names none.

        Rule (US-CA): Cal. Civ. Code § 1798.130(a)(2)(B); 11 CCR 7024(h).
        """
        found = self.values.get("look_back_from")
        return found.value if found is not None and isinstance(found.value, date) else None

    @property
    def look_back_months(self) -> int | None:
        """Months before receipt of which everything that is held is given, whatever effort it takes; None where no value says so.

        Rule (US-CA): Cal. Civ. Code § 1798.130(a)(2)(B); 11 CCR 7024(h).
        """
        return self._number("look_back") if "look_back" in self.values else None

    @property
    def minors_opt_in_under(self) -> int | None:
        """Of a consumer known to be younger, years, nothing is sold or shared without a yes; None where no value says so.

        Rule (US-CA): Cal. Civ. Code § 1798.120(c).
        """
        return self._number("minors_opt_in_under") if "minors_opt_in_under" in self.values else None

    @property
    def minors_parent_under(self) -> int:
        """Younger than so many years, a parent says that yes. Rule (US-CA): Cal. Civ. Code § 1798.120(c); 11 CCR 7070."""
        return self._number("minors_parent_under") if "minors_parent_under" in self.values else 0

    @property
    def minors_parent_methods(self) -> tuple[str, ...]:
        """By which ways a parent says it. Rule (US-CA): 11 CCR 7070(a)(2)."""
        return self._list("minors_parent_methods")

    @property
    def minors_ask_again(self) -> Period | None:
        """For how long a minor who refused, or whose parent did, is not asked. Rule (US-CA): Cal. Civ. Code § 1798.135(c)(5)."""
        return self.period("minors_ask_again")

    @property
    def appeal(self) -> Period | None:
        """From receipt of an appeal to its decision; None where the law knows no appeal.

        Rule (US-VA): Va. Code §§ 59.1-575 to -585.
        """
        return self.period("appeal")

    @property
    def appeal_extension(self) -> Period | None:
        """What one extension adds to the period of an appeal. Rule (US-CO): C.R.S. §§ 6-1-1301 to -1313."""
        return self.period("appeal_extension")

    @property
    def authority(self) -> str:
        """To whom a person can complain about a refusal; "" where the law says nothing of it.

        Rule: each state's own act, for a refused appeal; GDPR Art. 12(4), for every refusal.
        """
        return self._words("authority") if "authority" in self.values else ""

    @property
    def authority_address(self) -> str:
        """The address of the page on which that authority says how to complain; "" for none."""
        return self._words("authority_address") if "authority_address" in self.values else ""

    @property
    def names_court(self) -> bool:
        """Whether a refusal names the right to a judicial remedy. Rule: GDPR Art. 12(4)."""
        return "denial_names_court" in self.values and self._is("denial_names_court")

    @property
    def free(self) -> FreeRequests | None:
        """How many requests are owed free of charge; None where their number is not limited.

        Rule (US-CA): Cal. Civ. Code § 1798.130(b).
        """
        count, window = self.values.get("free_requests"), self.period("free_window")
        if count is None or window is None:
            return None
        return FreeRequests(self._number("free_requests"), window.number, self._list("free_kinds"))

    @property
    def know_categories_points(self) -> int:
        """Data points that a request to know categories needs; 0 where the law says no number. Rule (US-CA): 11 CCR 7062(b)."""
        return self._number("know_categories_data_points") if "know_categories_data_points" in self.values else 0

    @property
    def know_specific_points(self) -> int:
        """Data points that a request to know specific pieces needs; 0 where the law says none. Rule (US-CA): 11 CCR 7062(c)."""
        return self._number("know_specific_data_points") if "know_specific_data_points" in self.values else 0

    @property
    def reasonable_points(self) -> int:
        """Data points of a reasonable degree of certainty. Rule (US-CA): 11 CCR 7062(b), (d)."""
        return self._number("verification_reasonable_points") if "verification_reasonable_points" in self.values else 0

    @property
    def high_points(self) -> int:
        """Data points of a reasonably high degree of certainty. Rule (US-CA): 11 CCR 7062(c), (d)."""
        return self._number("verification_high_points") if "verification_high_points" in self.values else 0

    @property
    def needs_declaration(self) -> bool:
        """Whether a reasonably high degree needs a signed declaration as well. Rule (US-CA): 11 CCR 7062(c)."""
        return "verification_high_declaration" not in self.values or self._is("verification_high_declaration")

    @property
    def declaration_months(self) -> int:
        """Months that a signed declaration is kept after the answer. Rule (US-CA): 11 CCR 7062(c), 7101(a)."""
        return self._number("verification_declaration_record") if "verification_declaration_record" in self.values else 0

    @property
    def wrong_tries(self) -> int:
        """Wrong tries after which a request takes no more answers. Rule (US-CA): 11 CCR 7060(f)."""
        return self._number("verification_tries") if "verification_tries" in self.values else 0

    @property
    def verification_data(self) -> Period | None:
        """From the closing until what was collected to verify is destroyed. Rule (US-CA): 11 CCR 7060(d)."""
        return self.period("verification_data")

    @property
    def statement_words(self) -> int:
        """Most words of a person's statement on what is not corrected about their health; 0 where the law knows none.

        Rule (US-CA): 11 CCR 7023(f)(3).
        """
        return self._number("statement_words") if "statement_words" in self.values else 0

    @property
    def metrics_kinds(self) -> tuple[str, ...]:
        """The kinds of requests that are counted by calendar year, in their order; empty where no value says so.

        Rule (US-CA): 11 CCR 7102(a)(1).
        """
        return self._list("metrics_kinds") if "metrics_kinds" in self.values else ()

    @property
    def metrics_publish_by(self) -> tuple[int, int] | None:
        """Month and day by which a calendar year is published, in the year after it; None where no value says so.

        Rule (US-CA): 11 CCR 7102(a)(2).
        """
        if "metrics_publish_by" not in self.values:
            return None
        month, day = self._words("metrics_publish_by").split("-")
        return int(month), int(day)

    @property
    def signal_from(self) -> date | None:
        """Since when an opt-out preference signal must be obeyed; None where the law does not ask for it.

        Rule (US-CA): 11 CCR 7025.
        """
        return self._date("signal_from")

    @property
    def record_months(self) -> int:
        """Months that the record of a consumer request is kept after the answer. Rule (US-CA): 11 CCR 7101(a)."""
        return self._number("record")

    @property
    def policy_update_months(self) -> int:
        """Months after which a policy must have been updated. Rule (US-CA): Cal. Civ. Code § 1798.130(a)(5)."""
        return self._number("policy_update")

    @property
    def never_disclose(self) -> tuple[str, ...]:
        """Kinds of data that no answer contains. Rule (US-CA): 11 CCR 7024(d)."""
        return self._list("never_disclose")

    @property
    def third_party_list(self) -> bool:
        """Whether who asks to know may have the third parties by name. Rule (US-OR): ORS 646A.574(1)(a)(B)."""
        return "third_party_list" in self.values and self._is("third_party_list")

    @property
    def request_periods(self) -> frozenset[Period]:
        """Every period that a policy may name when it speaks of consumer requests under this law.

        Rule (US-CA): 11 CCR 7021, 7026(f), 7101(a); Cal. Civ. Code § 1798.130(a)(2)(B), (b), § 1798.135(c)(4).
        """
        names = ("acknowledge", "respond", "extension", "optout", "appeal", "appeal_extension", "look_back", "free_window")
        found = {self.period(name) for name in (*names, "resolicit", "incentive_again", "record")} | {
            self.respond.plus(self.extension)
        }
        return frozenset(period for period in found if period and period.number)

    def period(self, name: str) -> Period | None:
        """Return a value as a period; None where the law has none of this name."""
        value = self.values.get(name)
        return None if value is None else Period(self._number(name), Unit(value.unit))

    # The table is package data and every value is checked by tests/law; a table read from a stored text was one.
    def _number(self, name: str) -> int:
        value = self.values[name].value
        assert isinstance(value, int), f"{self.code}: {name} is not a number"
        return value

    def _words(self, name: str) -> str:
        value = self.values[name].value
        assert isinstance(value, str), f"{self.code}: {name} is not words"
        return value

    def _is(self, name: str) -> bool:
        return bool(self._number(name))

    def _list(self, name: str) -> tuple[str, ...]:
        value = self.values[name].value if name in self.values else ()
        assert isinstance(value, tuple), f"{self.code}: {name} is not a list"
        return value

    def _date(self, name: str) -> date | None:
        value = self.values[name].value if name in self.values else None
        assert value is None or isinstance(value, date), f"{self.code}: {name} is not a date"
        return value
