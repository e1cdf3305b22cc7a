"""Tell what a duration in prose is of: a promise about information, or the age of a shop.

Rule: Cal. Civ. Code § 1798.100(a)(3): a period that people are told must be one that somebody keeps to. Nobody keeps to
"we have kept shop for 40 years".
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from avow.policy.checks.durations import Said
from avow.policy.checks.prose import KEEPING


class Weight(Enum):
    """How much a duration says: something that must be so, something that may be meant so, or nothing of the kind."""

    PROMISE = "promise"
    DOUBT = "doubt"
    NOTHING = "nothing"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


#: What is kept of people.
_INFORMATION: Final = _words(
    r"\b(?:information|data|details?|records?|copy|copies|back-?ups?|logs?|log files?|cookies?|identifiers?|e-?mails?|messages?"
    r"|letters?|address(?:es)?|numbers?|names?|applications?|r[eé]sum[eé]s?|submissions?|forms?|answers?|recordings?|visits?"
    r"|requests?|accounts?|profiles?|files?|photos?|pictures?|orders?|invoices?|receipts?|lists?|statistics|histor(?:y|ies))\b"
)
#: What stands for it.
_IT: Final = _words(r"\b(?:it|them|they|this|these|those|that|which|what|any|anything|everything|nothing|all)\b")
#: What has a day that the law or a declaration gives, other than the end of keeping.
_CLOCK: Final = _words(
    r"\b(?:answer|respond|response|repl(?:y|ies|ied)|acknowledg|confirm|tell|told|notif|inform|announce|before|within|after|until"
    r"|expire|live|last|set|twice|times|ask|limit|wait|every|up to|no longer|period)\w*\b"
)
_ASKED: Final = _words(r"\b(?:requests?|rights?|breach(?:es)?|incidents?|changes?)\b")
_ABOUT: Final = r"(?:(?:about|some|over|nearly|almost|more than|well over|at least|the (?:last|past)) )*"
#: "we have ... for" before the number: what was done until now.
_UNTIL_NOW: Final = _words(rf"(?:\b(?:have|has|had|been)\b|['’]ve\b)[^,;:]*\b(?:for|in|these) {_ABOUT}$")  # noqa: RUF001 - typeset apostrophe
_FIRST: Final = _words(rf"^\W*(?:for|after|in) {_ABOUT}$")
_THEN: Final = _words(r"^,? ?(?:\w+ ){1,4}?(?:have|has|had)\b")
_OF_ANOTHER: Final = _words(
    r"^(?: (?:in|of) (?:business|trade|experience|practice|service|craft|tradition|history|(?:\w+ )?\w+ing)\b"
    r"|[ -](?:warrant(?:y|ies)|guarantees?|leases?|courses?|apprentice\w*|anniversar\w+|traditions?|long)\b)"
)


def weight(sentence: str, said: Said, *, statement: bool) -> Weight:
    """Return what a duration of this sentence is; a statement is an author's word that it is nothing to be carried out.

    Rule: Cal. Civ. Code § 1798.100(a)(3).
    """
    before, after = sentence[: said.start], sentence[said.end :]
    clause = re.split(r"[,;:]", before)[-1] + re.split(r"[,;:]", after)[0]
    is_past = _UNTIL_NOW.search(before) or (_FIRST.match(before) and _THEN.match(after)) or _OF_ANOTHER.match(after)
    if is_past and not _INFORMATION.search(clause):
        return Weight.NOTHING
    if KEEPING.search(sentence):
        is_known = not statement or _INFORMATION.search(sentence) or _IT.search(sentence)
        return Weight.PROMISE if is_known else Weight.DOUBT
    if statement:
        return Weight.PROMISE if _CLOCK.search(sentence) and _ASKED.search(sentence) else Weight.NOTHING
    return Weight.PROMISE if _CLOCK.search(sentence) or _INFORMATION.search(sentence) else Weight.DOUBT
