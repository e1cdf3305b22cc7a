"""Read the durations of prose as lawyers write them: figures, words, both in brackets, halves, hours.

Rule: Cal. Civ. Code § 1798.100(a)(3): a period that people are told must be one that somebody keeps to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

#: A number with its unit: "business days", "hours", "days" or "months"; whole days are days, weeks are days, years are months.
Duration = tuple[int, str]

_UNITS: Final = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS: Final = MappingProxyType(
    {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
)
_BELOW_TWENTY: Final[Mapping[str, int]] = MappingProxyType({word: number for number, word in enumerate(_UNITS.split(), 1)})
_UNIT_WORDS: Final = "|".join(sorted(_BELOW_TWENTY, key=len, reverse=True))
_TEN_WORDS: Final = "|".join(_TENS)
_BELOW_HUNDRED: Final = rf"(?:(?:{_TEN_WORDS})(?:[ -](?:{_UNIT_WORDS}))?|{_UNIT_WORDS})"
_SPELLED: Final = (
    rf"(?:(?:a|one|two|three|four|five|six|seven|eight|nine) hundred(?:(?: and)?[ -]{_BELOW_HUNDRED})?|{_BELOW_HUNDRED})"
)
_UNIT: Final = r"(?P<unit>hour|day|week|month|year|mo|yr)s?\b"
_DURATION: Final = re.compile(
    rf"\b(?:(?P<figures>\d{{1,5}}(?:\.5)?)|(?P<spelled>{_SPELLED}))(?: ?\((?P<brackets>\d{{1,5}}|{_SPELLED})\))?"
    r"(?P<half> and (?:a|one)[ -]half)?[ -](?P<kind>business |working |calendar |consecutive )?"
    rf"{_UNIT}(?P<later> and (?:a|one)[ -]half\b)?"
    rf"|\b(?P<only_half>half[ -](?:an? )?){_UNIT.replace('?P<unit>', '?P<of>')}",
    re.IGNORECASE,
)
#: What is no period but an age, a moment or how often something happens.
_NO_PERIOD: Final = re.compile(r"(?: of age| old|-old| ago\b| (?:a|per|each|every) (?:day|week|month|year)\b)", re.IGNORECASE)
_HOURS: Final = 24
_LONG: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        "hour": (1, "hours"),
        "day": (1, "days"),
        "week": (7, "days"),
        "month": (1, "months"),
        "mo": (1, "months"),
        "year": (12, "months"),
        "yr": (12, "months"),
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """A duration in the words of prose: where it is, and how long it is; None where words and figures disagree."""

    start: int
    end: int
    words: str
    duration: Duration | None


def durations(words: str) -> Iterator[Said]:
    """Yield the durations of a paragraph in their order. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    for found in _DURATION.finditer(words):
        if not _NO_PERIOD.match(words, found.end()):
            yield Said(found.start(), found.end(), found[0], _duration(found))


def _duration(found: re.Match[str]) -> Duration | None:
    if found["only_half"]:
        return _in_units(Fraction(1, 2), found["of"], "")
    number = Fraction(found["figures"]) if found["figures"] else Fraction(_spelled(found["spelled"]))
    again = found["brackets"]
    if again and number != (int(again) if again.isdigit() else _spelled(again)):
        return None
    half = Fraction(1, 2) if found["half"] or found["later"] else Fraction(0)
    return _in_units(number + half, found["unit"], found["kind"] or "")


def _in_units(number: Fraction, unit: str, kind: str) -> Duration:
    """Return the number in the units in which periods are compared; what is left of one is in the next smaller."""
    if kind.strip().lower() in {"business", "working"}:
        return round(number), f"business {unit.lower()}s"
    times, units = _LONG[unit.lower()]
    number *= times
    if number.denominator != 1:
        number, units = (number * 30, "days") if units == "months" else (number * _HOURS, "hours")
    if units == "hours" and number % _HOURS == 0:
        number, units = number / _HOURS, "days"
    return round(number), units


def _spelled(words: str) -> int:
    """Return a number below a thousand that is written in words: "thirty-six", "one hundred and eighty"."""
    total = 0
    for word in re.split(r"[ -]", words.lower()):
        if word == "hundred":
            total = max(total, 1) * 100
        elif word not in {"and", "a"}:
            total += _BELOW_TWENTY.get(word, 0) or _TENS[word]
    return total
