"""What may become of a contested field, and on which grounds it is left as it is: each with its rule and plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from avow.policy.law import rules


class Outcome(StrEnum):
    """What a member of staff decides of one field."""

    CORRECTED = "corrected"
    DELETED = "deleted"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a field is left as it is: the rule, and how the person reads it, behind "because"."""

    rule: str
    words: str


#: What is said of a field in the plan, the letter and the proof, behind its name.
DID: Final[Mapping[Outcome, str]] = {
    Outcome.CORRECTED: "corrected",
    Outcome.DELETED: "deleted instead",
    Outcome.DENIED: "left as it is",
}
#: The grounds of a denial, by their codes. There is no other reason. Rule: 11 CCR 7023(b), (d), (f)-(h).
GROUNDS: Final[Mapping[str, Ground]] = {
    "accurate": Ground(rules.CORRECT_TOTALITY, "what we hold is, more likely than not, accurate, by everything that we know"),
    "undocumented": Ground(rules.CORRECT_DOCUMENTS, "what we were given does not show that it is wrong, and was needed for that"),
    "by-law": Ground(rules.CORRECT_DENIED, "a law, or an exception of the law, has us leave it as it is"),
    "disproportionate": Ground(rules.CORRECT_DENIED, "it is impossible, or would be a disproportionate effort"),
    "repeated": Ground(rules.CORRECT_REPEATED, "the same was asked and denied within the last six months, and nothing new came"),
    "abusive": Ground(
        rules.CORRECT_ABUSIVE, "we have a good-faith, reasonable and documented belief that it is fraudulent or abusive"
    ),
    "not-held": Ground(rules.CORRECT_DENIED, "we hold no such field of yours"),
}
