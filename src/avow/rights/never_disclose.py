"""What must never leave in an answer to a request to know, even to the person it belongs to.

Rule: 11 CCR 7024(d): social security number, financial account number and the like; the answer says that it is held.
Numbers are found by their form in free text: United States social security numbers, and card numbers that pass Luhn.
"""

from __future__ import annotations

import re
from typing import Final

_SSN: Final = re.compile(r"\b(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}\b")
_CARD: Final = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")


def redact(text: str) -> str:
    """Return the text with each such number replaced by words that say what is held. Rule: 11 CCR 7024(d)."""
    return _CARD.sub(_card, _SSN.sub("[a Social Security number is held here]", text))


def _card(found: re.Match[str]) -> str:
    """Return the words for a card number, or the digits unchanged when they are not one."""
    digits = [int(sign) for sign in found[0] if sign.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return "[a financial account number is held here]" if sum(doubled) % 10 == 0 else found[0]
