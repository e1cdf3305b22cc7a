"""Numbers that nobody should keep in free text, found by their form: payment card and United States social security numbers.

Rule: Cal. Civ. Code § 1798.100(c) (no more than is needed); 11 CCR 7024(d) (never disclosed, even to their owner).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

#: Three, two and four digits with one separator throughout, none of a series that is never given out.
_SSN: Final = re.compile(r"(?<![0-9])(?!000|666|9[0-9]{2})[0-9]{3}([- .])(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![0-9])")
#: 13 to 19 digits, each perhaps after one separator; ISO/IEC 7812 numbers of cards begin with 2 to 6.
_CARD: Final = re.compile(r"(?<![0-9])[2-6](?:[ .-]?[0-9]){12,18}(?![0-9])")


def replace_card_numbers(text: str, words: str) -> str:
    """Return the text with `words` in place of each number that passes the check of card numbers (Luhn, ISO/IEC 7812-1).

    Rule: Cal. Civ. Code § 1798.100(c); 11 CCR 7024(d).
    """
    return _CARD.sub(lambda found: words if _passes_luhn(found[0]) else found[0], text)


def replace_social_security_numbers(text: str, words: str) -> str:
    """Return the text with `words` in place of each number written as a social security number.

    Rule: Cal. Civ. Code § 1798.100(c); 11 CCR 7024(d).
    """
    return _SSN.sub(lambda _: words, text)


#: Kind of number, by the names of `NEVER_KEPT` -> what replaces it.
REPLACE: Final[Mapping[str, Callable[[str, str], str]]] = MappingProxyType(
    {"card-number": replace_card_numbers, "social-security-number": replace_social_security_numbers}
)


def _passes_luhn(text: str) -> bool:
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
