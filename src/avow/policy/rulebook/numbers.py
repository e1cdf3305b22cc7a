"""Numbers that nobody should keep in free text, found by their form: payment card and United States social security numbers.

Rule: Cal. Civ. Code § 1798.100(c) (no more than is needed); 11 CCR 7024(d) (never disclosed, even to their owner).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import accumulate
from types import MappingProxyType
from typing import Final

#: What stands between digits: spaces, also those that do not break a line, full stops, hyphens and dashes.
_BETWEEN: Final = "[ \\t.\\u00a0\\u2000-\\u200b\\u202f\\u2010-\\u2015\\u2212\\ufe63\\uff0d-]"
#: Three, two and four digits with the same between them throughout, none of a series that is never given out.
_SSN: Final = re.compile(rf"(?<!\d)(?!000|666|9\d\d)\d{{3}}({_BETWEEN}{{1,3}})(?!00)\d{{2}}\1(?!0000)\d{{4}}(?!\d)")
#: 13 digits or more with little between them: a card's number among them, perhaps with what was written before and after it.
_RUN: Final = re.compile(rf"\d(?:{_BETWEEN}{{0,3}}\d){{12,}}")
_GROUP: Final = re.compile(r"\d+")
#: ISO/IEC 7812 numbers of cards have so many digits, and begin with 2 to 6.
_FEWEST, _MOST = 13, 19
_FIRST: Final = frozenset("23456")


def replace_card_numbers(text: str, words: str) -> str:
    """Return the text with `words` in place of each number that passes the check of card numbers (Luhn, ISO/IEC 7812-1).

    Digits that are written as groups may be a card's number and a date, an amount or another number next to it: whole groups that
    pass together are replaced, the most of them that do.
    Rule: Cal. Civ. Code § 1798.100(c); 11 CCR 7024(d).
    """
    return _RUN.sub(lambda found: _without_cards(found[0], words), text)


def replace_social_security_numbers(text: str, words: str) -> str:
    """Return the text with `words` in place of each number written as a social security number.

    Rule: Cal. Civ. Code § 1798.100(c); 11 CCR 7024(d).
    """
    return _SSN.sub(lambda _: words, text)


#: Kind of number, by the names of `NEVER_KEPT` -> what replaces it.
REPLACE: Final[Mapping[str, Callable[[str, str], str]]] = MappingProxyType(
    {"card-number": replace_card_numbers, "social-security-number": replace_social_security_numbers}
)


def _without_cards(run: str, words: str) -> str:
    """Return digits in groups with `words` in place of the groups that are a card's number."""
    groups = list(_GROUP.finditer(run))
    digits = [int(sign) for group in groups for sign in group[0]]
    ends = list(accumulate(len(group[0]) for group in groups))
    sums = _luhn_sums(digits)
    kept, copied, number = "", 0, 0
    while number < len(groups):
        first = ends[number] - len(groups[number][0])
        last = _card_ends(first, number, ends, sums) if str(digits[first]) in _FIRST else -1
        if last >= 0:
            kept += run[copied : groups[number].start()] + words
            copied, number = groups[last].end(), last
        number += 1
    return kept + run[copied:]


def _card_ends(first: int, number: int, ends: list[int], sums: tuple[list[int], list[int]]) -> int:
    """Return the last group of the longest card number that begins with this group, whose first digit is `first`; -1 for none."""
    found = -1
    for last in range(number, min(len(ends), number + _MOST)):
        length, added = ends[last] - first, sums[ends[last] % 2]
        if _FEWEST <= length <= _MOST and (added[ends[last]] - added[first]) % 10 == 0:
            found = last
    return found


def _luhn_sums(digits: list[int]) -> tuple[list[int], list[int]]:
    """Return the sums of the first digits with those at even places doubled, and with those at odd places (Luhn)."""
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits]

    def sums(parity: int) -> list[int]:
        return [0, *accumulate((doubled if place % 2 == parity else digits)[place] for place in range(len(digits)))]

    return sums(0), sums(1)
