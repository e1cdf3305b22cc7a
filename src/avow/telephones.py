"""Which texts are telephone numbers, and the one form of each: E.164 (ITU-T), however it was typed. Every door asks here.

A number without the country's own in front is read as one of the region that the policy names for the field. Asked is whether
a number can be one, not whether it is given out: plans of numbering change faster than their lists.
"""

from __future__ import annotations

from typing import Final

import phonenumbers

#: What a form says when a text is no number.
SENTENCE: Final = "needs a telephone number, such as +1 415 555 0132; begin with + and the number of your country"
#: Countries by the two letters of ISO 3166 whose numbers are known.
REGIONS: Final = frozenset(phonenumbers.SUPPORTED_REGIONS)
#: What stands between a number and its extension, which E.164 does not have.
_EXTENSION: Final = " ext. "


def number_of(text: str, region: str = "") -> str | None:
    """Return a number as it is kept, in E.164 and with its extension; None for what is no number. `region`: as in `REGIONS`."""
    try:
        found = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(found):
        return None
    number = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return f"{number}{_EXTENSION}{found.extension}" if found.extension else number


def normal(text: str) -> str:
    """Return the number by which somebody is found, without an extension; what is none in small letters."""
    number = number_of(text)
    return number.partition(_EXTENSION)[0] if number else text.strip().lower()
