"""What is kept of a search on the site: the words without what could say who somebody is, and how many pages were found.

People type anything into a search field. What looks like an e-mail address, the number of a card, or any longer number is
masked before the disk, whatever the browser sent. Rule: Cal. Civ. Code § 1798.100(c): no more than the purpose needs.
"""

from __future__ import annotations

import re
from typing import Final

from avow.policy.rulebook import numbers

#: What stands in place of what was masked.
MASK: Final = "[removed]"
#: Nobody finds more pages than a search covers.
RESULTS_MAX: Final = 1_000_000
#: A whole word with an address in it: of "robin@kim@example.com" nothing is left.
_EMAIL: Final = re.compile(r"\S*[^\s@](?:@|%(?:25)*40)[^\s@]\S*", re.IGNORECASE)
#: Digits with at most one separator between them: telephone, account and order numbers.
_NUMBER: Final = re.compile(r"\+?\(?\d(?:[ .()/-]{0,2}\d){5,}")
_COUNT: Final = re.compile(r"[0-9]{1,7}")


def search_term(value: str) -> str:
    """Return what was searched for: small letters, single spaces, addresses and numbers of six digits and more masked."""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in value).split()).casefold()
    text = _EMAIL.sub(MASK, text)
    for replace in numbers.REPLACE.values():
        text = replace(text, MASK)
    return _NUMBER.sub(MASK, text)


def search_results(value: str) -> str:
    """Return a count of results; nothing for what is none."""
    return str(min(int(value), RESULTS_MAX)) if _COUNT.fullmatch(value) else ""
