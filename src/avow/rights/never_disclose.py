"""What must never leave in an answer to a request to know, even to the person it belongs to.

Rule: 11 CCR 7024(d): social security number, financial account number and the like; the answer says that it is held.
Numbers are found by their form in free text: United States social security numbers, and card numbers that pass Luhn.
"""

from __future__ import annotations

from avow.policy.rulebook import numbers


def redact(text: str) -> str:
    """Return the text with each such number replaced by words that say what is held. Rule: 11 CCR 7024(d)."""
    without = numbers.replace_social_security_numbers(text, "[a Social Security number is held here]")
    return numbers.replace_card_numbers(without, "[a financial account number is held here]")
