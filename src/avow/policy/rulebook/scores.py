"""Names of fields that look like the result of a program about a person: a score, a rank, a recommendation, a decision.

A guess by the words of a name, and no more: what is declared is judged by the policy, and what is not is dropped and told.
Rule: 11 CCR 7200 (automated decisions); LAW.md APP-06.
"""

from __future__ import annotations

import re
from typing import Final

#: Words of which one in a name is enough.
WORDS: Final = frozenset(
    {
        "score",
        "scores",
        "scoring",
        "scored",
        "rank",
        "ranks",
        "ranking",
        "ranked",
        "rating",
        "ratings",
        "rated",
        "recommendation",
        "recommendations",
        "recommended",
        "recommend",
        "decision",
        "decisions",
        "decided",
        "verdict",
        "suitability",
        "suitable",
        "fit",
        "fitness",
        "likelihood",
        "probability",
        "percentile",
        "prediction",
        "predicted",
        "propensity",
        "grade",
        "graded",
        "shortlist",
        "shortlisted",
        "rejected",
        "reject",
        "rejection",
        "autoreject",
        "knockout",
        "match",
        "matched",
        "eligibility",
        "eligible",
        "risk",
    }
)
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def looks_like_one(name: str) -> bool:
    """Return whether a field's name looks like a program's result about a person: "matchScore", "auto_reject"."""
    return any(part.lower() in WORDS for part in _PARTS.findall(name))
