"""Compare the dates that prose states for the policy itself with those that it declares.

"Last updated: March 2, 2025" typed into a paragraph stays behind at the next review, and people take an old page for
the one in force. Rule: Bus. & Prof. Code § 22575(b)(4) (the effective date); Cal. Civ. Code § 1798.130(a)(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from avow.policy.checks.prose import sentences
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.parse import Document
from avow.policy.language.read import Entries

_MONTHS: Final = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - readable
)
_MONTH: Final = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in _MONTHS)
_DATE: Final = re.compile(
    rf"\b(?:(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})|(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? (?P<month2>{_MONTH})\.?,? (?P<year2>\d{{4}}))\b",
    re.IGNORECASE,
)
_ABOUT: Final = {
    "effective": re.compile(r"\beffective\b|\b(?:policy|notice|statement|page) (?:applies|holds|is in force)\b", re.IGNORECASE),
    "updated": re.compile(r"\blast (?:update|updated|revised|revision|modified|changed|reviewed?)\b", re.IGNORECASE),
}


def check_stated_dates(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Find a date of the policy in prose that [policy] does not have.

    Rule: Bus. & Prof. Code § 22575(b)(4); Cal. Civ. Code § 1798.130(a)(5).
    """
    for policy in entries.of("policy"):
        for prose in document.prose:
            for start, sentence in sentences(prose):
                for found in _DATE.finditer(sentence):
                    key = _key(sentence[: found.start()])
                    if key and _day(found) != policy.values[key]:
                        message = f'the prose says "{found[0]}", but [policy] has {key} = {policy.values[key]}'
                        mend = "leave the date out: the page prints both dates under its title"
                        yield diagnostic("AV0519", prose.span(start + found.start(), start + found.end()), message, mend)


def _key(before: str) -> str:
    """Return the key that the words before a date speak of: that of the last ones."""
    said = {key: max((one.start() for one in words.finditer(before)), default=-1) for key, words in _ABOUT.items()}
    key = max(said, key=lambda each: said[each])
    return key if said[key] >= 0 else ""


def _day(found: re.Match[str]) -> date | None:
    """Return the day, or None for one that there is not."""
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"])
        name, number, year = (found[key] or found[f"{key}2"] for key in ("month", "day", "year"))
        month = next(place for place, one in enumerate(_MONTHS, 1) if one.lower().startswith(name.lower()))
        return date(int(year), month, int(number))
    except ValueError:
        return None
